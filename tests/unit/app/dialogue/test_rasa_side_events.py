from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from rasa_sdk import events as sdk

from app.dialogue.errors import ActionFailedError
from app.dialogue.events import (
    ActionExecuted,
    ActionReverted,
    AgentUttered,
    BotUttered,
    Event,
    LoopInterrupted,
    NoteKept,
    ReminderCancelled,
    ReminderScheduled,
    SlotSet,
    UserUttered,
)
from app.dialogue.rasa_json import event_from_rasa, event_to_rasa
from app.dialogue.reminders import read_entities
from app.dialogue.tracker import empty_tracker, fold
from tests.fakes_dialogue import parsed

DUE = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)


def test_reminder_of_the_sdk_is_read() -> None:
    raw = sdk.ReminderScheduled(
        "EXTERNAL_x", DUE, entities={"plant": "fern"}, name="x", kill_on_user_message=False
    )

    assert event_from_rasa(raw) == ReminderScheduled(
        "EXTERNAL_x", DUE, "x", kill_on_user_message=False, entities=read_entities({"plant": "fern"})
    )


def test_cancelled_reminder_of_the_sdk_is_read() -> None:
    raw = sdk.ReminderCancelled("x", "EXTERNAL_x", [{"entity": "plant", "value": "fern"}])

    assert event_from_rasa(raw) == ReminderCancelled("x", "EXTERNAL_x", read_entities({"plant": "fern"}))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (sdk.SessionEnded(), NoteKept("session_ended", {"metadata": None})),
        (sdk.StoryExported(), NoteKept("export")),
        (sdk.AgentUttered("Hello", {"agent_name": "Ann"}), AgentUttered("Hello", "", "Ann")),
        (sdk.AgentUttered("Hello"), AgentUttered("Hello", "", "")),
        (sdk.ActionReverted(), ActionReverted()),
        ({"event": "form_validation", "validate": False}, LoopInterrupted(is_interrupted=True)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_events_of_the_sdk_are_read(raw: dict[str, Any], expected: Event) -> None:
    assert event_from_rasa(raw) == expected


@pytest.mark.parametrize(
    "event",
    [
        ReminderScheduled("EXTERNAL_x", DUE, "x", kill_on_user_message=False),
        ReminderScheduled(
            "EXTERNAL_x", DUE, entities=read_entities([{"entity": "p", "value": 1, "role": "r"}])
        ),
        ReminderCancelled("x"),
        ReminderCancelled(entities=read_entities({"plant": ["a", {"b": None}]})),
        NoteKept("export", {"path": "/x"}),
        ActionReverted(),
    ],
    ids=lambda event: type(event).__name__,
)
def test_events_survive_the_way_there_and_back(event: Event) -> None:
    written = event_to_rasa(event, 12.0)

    assert written is not None
    assert written["timestamp"] == 12.0
    assert event_from_rasa(written) == event


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"event": "reminder", "intent": "x", "date_time": "soon"}, "reminder of 'x': .*expected ISO 8601"),
        ({"event": "reminder", "intent": "x"}, "got the reminder's time 'None'"),
        ({"event": "reminder", "date_time": DUE.isoformat()}, "a reminder of the intent 'None'"),
        ({"event": "reminder", "intent": "x", "date_time": DUE.isoformat(), "entities": 3}, "entities '3'"),
        ({"event": "cancel_reminder", "entities": ["x"]}, "cancel_reminder: got the entities"),
        ({"event": "agent", "data": 3}, "a 'agent' event that cannot be read"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_broken_events_are_named(raw: dict[str, Any], expected: str) -> None:
    with pytest.raises(ActionFailedError, match=expected):
        event_from_rasa(raw)


# --- what they change ----------------------------------------


def test_reverted_action_takes_its_changes_back() -> None:
    before = [UserUttered("hi", parsed("hi", "greet")), ActionExecuted("action_a"), SlotSet("x", 1)]
    tracker = fold(
        empty_tracker("c"), [*before, ActionExecuted("action_b"), SlotSet("x", 2), BotUttered("B")]
    )

    tracker = fold(tracker, [ActionReverted()])

    assert (tracker.slots, tracker.latest_action, tracker.followup_action) == ({"x": 1}, "action_a", None)
    assert tracker.latest_message == before[0]


@pytest.mark.parametrize(
    "event", [NoteKept("session_ended"), ReminderScheduled("x", DUE), ReminderCancelled()], ids=str
)
def test_side_events_leave_the_dialogue_alone(event: Event) -> None:
    before = fold(empty_tracker("c"), [ActionExecuted("action_a"), SlotSet("x", 1)])

    after = fold(before, [event])

    assert (after.slots, after.latest_action, after.mode) == (before.slots, before.latest_action, before.mode)
