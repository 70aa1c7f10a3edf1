from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from app.dialogue.errors import ConflictError, NotFoundError
from app.dialogue.reminders import DueReminder
from app.serving.alarm import MAX_ATTEMPTS, ReminderAlarm


@dataclass
class FakeReminders:
    """Gives each reminder once, until it is made free again."""

    due: list[DueReminder]
    settled: list[DueReminder] = field(default_factory=list)
    is_away: bool = False

    def claim_due(self) -> DueReminder | None:
        if self.is_away:
            self.is_away = False
            raise OSError("the database is away")
        return self.due.pop(0) if self.due else None

    def settle(self, reminder: DueReminder) -> None:
        self.settled.append(reminder)


def refuses(error: Exception, *, of: str) -> Callable[[DueReminder], None]:
    def _fire(reminder: DueReminder) -> None:
        if reminder.conversation_id == of:
            raise error

    return _fire


FIRST, SECOND = DueReminder("a", 3), DueReminder("b", 5)


def test_all_that_is_due_is_fired_and_settled() -> None:
    fired: list[DueReminder] = []
    reminders = FakeReminders([FIRST, SECOND])

    assert ReminderAlarm(reminders, fire=fired.append).check() == 2
    assert (fired, reminders.settled) == ([FIRST, SECOND], [FIRST, SECOND])


def test_failed_reminder_stays_and_the_next_is_fired(caplog: pytest.LogCaptureFixture) -> None:
    reminders = FakeReminders([FIRST, SECOND])

    ReminderAlarm(reminders, fire=refuses(ConflictError("twice"), of="a")).check()

    assert reminders.settled == [SECOND]
    assert [record.message for record in caplog.records] == ["reminder_failed"]


def test_conflict_with_rivals_is_tried_again_at_once(caplog: pytest.LogCaptureFixture) -> None:
    reminders, conflicts = FakeReminders([FIRST]), [ConflictError("a rival")] * 5

    def fire(_: DueReminder) -> None:
        if conflicts:
            raise conflicts.pop()

    ReminderAlarm(reminders, fire=fire).check()

    assert (reminders.settled, conflicts, caplog.records) == ([FIRST], [], [])


def test_reminder_that_always_fails_is_given_up() -> None:
    last = DueReminder("a", 3, MAX_ATTEMPTS)
    reminders = FakeReminders([last])

    ReminderAlarm(reminders, fire=refuses(ConflictError("twice"), of="a")).check()

    assert reminders.settled == [last]


def test_reminder_of_an_unknown_intent_is_dropped_at_once(caplog: pytest.LogCaptureFixture) -> None:
    reminders = FakeReminders([FIRST])

    ReminderAlarm(reminders, fire=refuses(NotFoundError("no such intent"), of="a")).check()

    assert reminders.settled == [FIRST]
    assert [record.message for record in caplog.records] == ["reminder_dropped"]


def test_thread_outlives_a_database_that_is_away() -> None:
    fired = threading.Event()
    alarm = ReminderAlarm(FakeReminders([FIRST], is_away=True), fire=lambda _: fired.set(), interval_s=0.01)

    alarm.start()
    was_fired = fired.wait(timeout=9)
    alarm.close()

    assert was_fired


def test_alarm_that_never_started_can_be_closed() -> None:
    ReminderAlarm(FakeReminders([]), fire=lambda _: None).close()
