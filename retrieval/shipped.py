"""Where the reader that ships lies: every bot uses it that brings none of its own."""

from __future__ import annotations

from pathlib import Path

SHIPPED_READER = Path(__file__).parent / "english_reader"
