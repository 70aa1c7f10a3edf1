from __future__ import annotations

from app.db.audit import AuditLog
from app.db.engine import Sessions
from tests.factories_db import TickingClock


def test_entries_are_read_newest_first(sessions: Sessions) -> None:
    log = AuditLog(sessions, clock=TickingClock())
    first = log.record("ann", "staff.login", "ann")
    second = log.record("bob", "staff.login", "bob", {"channel": "web"})

    assert log.entries() == [second, first]
    assert log.entries(limit=1) == [second]
