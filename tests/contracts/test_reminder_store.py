"""Reminders that are due, over every database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.db.conversation_store import ConversationStore
from app.db.engine import Sessions, writing
from app.db.reminder_store import CLAIM, ReminderStore
from app.db.tables import EventRow
from app.db.tracker_store import SqlTrackerStore
from app.dialogue.errors import ConflictError
from app.dialogue.events import EventUnreadable, NoteKept, ReminderCancelled, ReminderScheduled
from app.dialogue.reminders import DueReminder, external_utterance, read_entities
from tests.factories_db import START, TickingClock, user_said


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock()


@pytest.fixture
def trackers(sessions: Sessions, clock: TickingClock) -> SqlTrackerStore:
    return SqlTrackerStore(sessions, clock=clock)


@pytest.fixture
def reminders(sessions: Sessions, clock: TickingClock) -> ReminderStore:
    return ReminderStore(sessions, clock=clock)


def due_in(minutes: float, name: str | None = None) -> ReminderScheduled:
    return ReminderScheduled("EXTERNAL_x", START + timedelta(minutes=minutes), name)


def test_nothing_is_due(trackers: SqlTrackerStore, reminders: ReminderStore) -> None:
    trackers.append("c", [user_said("hi"), due_in(60)], expected_version=0)

    assert reminders.claim_due() is None


def test_reminder_comes_when_it_is_due_and_to_one_only(
    trackers: SqlTrackerStore, reminders: ReminderStore, clock: TickingClock
) -> None:
    trackers.append("c", [user_said("hi"), due_in(60)], expected_version=0)
    clock.advance(timedelta(hours=1))

    assert reminders.claim_due() == DueReminder("c", 2)
    assert reminders.claim_due() is None


def test_reminder_of_the_past_is_due_at_once(trackers: SqlTrackerStore, reminders: ReminderStore) -> None:
    trackers.append("c", [due_in(-10_000)], expected_version=0)

    assert reminders.claim_due() == DueReminder("c", 1)


def test_longest_due_comes_first(trackers: SqlTrackerStore, reminders: ReminderStore) -> None:
    trackers.append("c", [due_in(-1), due_in(-3), due_in(-2)], expected_version=0)

    claimed = [reminders.claim_due() for _ in range(4)]

    assert claimed == [DueReminder("c", 2), DueReminder("c", 3), DueReminder("c", 1), None]


def test_claim_of_a_process_that_died_runs_out(
    trackers: SqlTrackerStore, reminders: ReminderStore, clock: TickingClock
) -> None:
    trackers.append("c", [due_in(-1)], expected_version=0)
    reminders.claim_due()

    clock.advance(CLAIM)

    assert reminders.claim_due() == DueReminder("c", 1, num_attempts=2)


def test_settled_reminder_never_comes_again(
    trackers: SqlTrackerStore, reminders: ReminderStore, clock: TickingClock
) -> None:
    trackers.append("c", [due_in(-1)], expected_version=0)
    due = reminders.claim_due()
    assert due is not None

    reminders.settle(due)
    reminders.settle(due)
    clock.advance(10 * CLAIM)

    assert reminders.claim_due() is None


def test_many_processes_get_each_reminder_once(trackers: SqlTrackerStore, sessions: Sessions) -> None:
    trackers.append("c", [due_in(-1) for _ in range(20)], expected_version=0)

    def _claim_all(_: int) -> list[DueReminder]:
        store = ReminderStore(sessions, clock=lambda: START + timedelta(minutes=1))
        return list(iter(store.claim_due, None))

    with ThreadPoolExecutor(4) as pool:
        claimed = [due for part in pool.map(_claim_all, range(4)) for due in part]

    assert sorted(due.sequence for due in claimed) == list(range(1, 21))


def test_refused_events_schedule_nothing(trackers: SqlTrackerStore, reminders: ReminderStore) -> None:
    trackers.append("c", [user_said("hi", client_message_id="m1")], expected_version=0)

    with pytest.raises(ConflictError):
        trackers.append("c", [user_said("hi", client_message_id="m1"), due_in(-1)], expected_version=1)
    assert reminders.claim_due() is None


def test_new_events_are_read_as_they_were(trackers: SqlTrackerStore) -> None:
    events = [
        ReminderScheduled(
            "EXTERNAL_x",
            START,
            "x",
            kill_on_user_message=False,
            entities=read_entities({"p": [1, "a"]}),
        ),
        ReminderCancelled(entities=read_entities([{"entity": "p", "value": 1, "role": "r", "group": "g"}])),
        NoteKept("export", {"path": "/x"}),
        external_utterance("EXTERNAL_x", read_entities({"p": None}), channel="web", message_id="reminder:1"),
    ]
    trackers.append("c", events, expected_version=0)

    assert [item.event for item in trackers.recorded("c")] == events


def test_event_of_another_version_is_a_named_gap(trackers: SqlTrackerStore, sessions: Sessions) -> None:
    trackers.append("c", [user_said("hi"), NoteKept("export"), user_said("bye")], expected_version=0)
    with writing(sessions) as session:
        row = session.get_one(EventRow, ("c", 2))
        row.schema_version = 0

    recorded = SqlTrackerStore(sessions).recorded("c")

    assert [item.sequence for item in recorded] == [1, 2, 3]
    gap = recorded[1].event
    assert isinstance(gap, EventUnreadable)
    assert (gap.type, "got schema version 0, expected 1" in gap.problem) == ("note_kept", True)
    assert SqlTrackerStore(sessions).load("c").is_damaged


def test_intent_from_outside_is_no_turn_of_the_customer(
    trackers: SqlTrackerStore, sessions: Sessions
) -> None:
    trackers.append(
        "c", [user_said("hi"), external_utterance("EXTERNAL_x", (), channel="web")], expected_version=0
    )

    line = ConversationStore(sessions).find("c")

    assert line is not None
    assert (line.last_text, line.num_customer_turns, line.last_sequence) == ("hi", 1, 2)
