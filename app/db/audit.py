"""Who did what, when: append-only. Stores write their own entries in the transaction of the change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.clock import utc_now
from app.db.engine import Sessions, reading, writing
from app.db.tables import AuditRow
from app.dialogue.ports import Clock


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act; `detail` never holds secrets or customer text."""

    recorded_at: datetime
    actor: str
    action: str  # "area.verb", such as "model.promote"
    target: str
    detail: Mapping[str, Any]


class AuditLog:
    """The audit log for acts that change no table of ours (logins, failed gates)."""

    def __init__(self, sessions: Sessions, *, clock: Clock = utc_now) -> None:
        self._sessions = sessions
        self._clock = clock

    def record(
        self, actor: str, action: str, target: str, detail: Mapping[str, Any] | None = None
    ) -> AuditEntry:
        """Append one entry."""
        entry = AuditEntry(self._clock(), actor, action, target, detail or {})
        with writing(self._sessions) as session:
            add_entry(session, entry)
        return entry

    def entries(self, *, limit: int = 100) -> list[AuditEntry]:
        """Give the newest entries, newest first."""
        query = select(AuditRow).order_by(AuditRow.entry_id.desc()).limit(limit)
        with reading(self._sessions) as session:
            return [
                AuditEntry(row.recorded_at, row.actor, row.action, row.target, row.detail)
                for row in session.scalars(query)
            ]


def add_entry(session: Session, entry: AuditEntry) -> None:
    """Append an entry within a store's own transaction."""
    session.add(
        AuditRow(
            recorded_at=entry.recorded_at,
            actor=entry.actor,
            action=entry.action,
            target=entry.target,
            detail=dict(entry.detail),
        )
    )
