"""The real clock, injected by default; tests bring their own."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Give the present time in UTC."""
    return datetime.now(UTC)
