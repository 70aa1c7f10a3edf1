"""When reminders are due, and which process fires one: a row per reminder until it is settled.

A claim is an UPDATE that only one process can win; it runs out, so that a reminder outlives the process that
claimed it. Firing one twice has no effect (`DueReminder.message_id`), so it happens once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from app.db.clock import utc_now
from app.db.engine import Sessions, reading, writing
from app.db.tables import ReminderRow
from app.dialogue.events import RecordedEvent, ReminderScheduled
from app.dialogue.ports import Clock
from app.dialogue.reminders import DueReminder

CLAIM = timedelta(seconds=120)  # longer than a turn with slow actions


class ReminderStore:
    """The reminders of all conversations; safe for many threads and processes."""

    def __init__(self, sessions: Sessions, *, clock: Clock = utc_now) -> None:
        self._sessions = sessions
        self._clock = clock

    def claim_due(self) -> DueReminder | None:
        """Take the reminder that has been due longest and that nobody else has; None when there is none."""
        now = self._clock()
        tried: set[tuple[str, int]] = set()
        while (key := self._first_due(now)) is not None and key not in tried:
            claimed = self._claim(*key, now)
            if claimed is not None:
                return claimed
            tried.add(key)  # a rival was faster; what it holds is no longer due
        return None

    def settle(self, reminder: DueReminder) -> None:
        """Forget a reminder that was fired or is not wanted any more."""
        with writing(self._sessions) as session:
            session.execute(delete(ReminderRow).where(*_is(reminder.conversation_id, reminder.sequence)))

    def _first_due(self, now: datetime) -> tuple[str, int] | None:
        query = (
            select(ReminderRow.conversation_id, ReminderRow.sequence)
            .where(ReminderRow.due_at <= now, _is_free(now))
            .order_by(ReminderRow.due_at, ReminderRow.conversation_id, ReminderRow.sequence)
            .limit(1)
        )
        with reading(self._sessions) as session:
            row = session.execute(query).one_or_none()
        return None if row is None else (row.conversation_id, row.sequence)

    def _claim(self, conversation_id: str, sequence: int, now: datetime) -> DueReminder | None:
        statement = (
            update(ReminderRow)
            .where(*_is(conversation_id, sequence), _is_free(now))
            .values(claimed_until=now + CLAIM, num_attempts=ReminderRow.num_attempts + 1)
            .returning(ReminderRow.num_attempts)
        )
        with writing(self._sessions) as session:
            num_attempts = session.execute(statement).scalar_one_or_none()
        return None if num_attempts is None else DueReminder(conversation_id, sequence, num_attempts)


def keep_reminders(session: Session, conversation_id: str, recorded: Sequence[RecordedEvent]) -> None:
    """Note the reminders among events that were just stored."""
    for item in recorded:
        if isinstance(item.event, ReminderScheduled):
            row = ReminderRow(
                conversation_id=conversation_id,
                sequence=item.sequence,
                due_at=item.event.due_at,
                claimed_until=None,
                num_attempts=0,
            )
            session.add(row)


def _is(conversation_id: str, sequence: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return ReminderRow.conversation_id == conversation_id, ReminderRow.sequence == sequence


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(ReminderRow.claimed_until.is_(None), ReminderRow.claimed_until <= now)
