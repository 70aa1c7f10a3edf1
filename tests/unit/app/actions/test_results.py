"""What actions return: events of every kind of the SDK, unknown ones, and nonsense."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from rasa_sdk import events as sdk

from app.actions.results import read_result
from app.dialogue.errors import ActionFailedError
from app.dialogue.events import BotUttered, SlotSet

EVERY_EVENT = (
    sdk.ReminderScheduled("EXTERNAL_late", datetime(2030, 1, 1, tzinfo=UTC)),
    sdk.ReminderCancelled(),
    sdk.ActionReverted(),
    sdk.StoryExported(),
    sdk.AgentUttered("hi"),
    sdk.SessionEnded(),
    {"event": "form_validation", "name": None, "validate": True},  # sdk.FormValidation warns
    sdk.UserUtteranceReverted(),
    sdk.ConversationPaused(),
    sdk.FollowupAction("action_x"),
    sdk.LoopInterrupted(is_interrupted=False),
)


@pytest.mark.parametrize("event", EVERY_EVENT, ids=lambda event: str(event["event"]))
def test_no_event_of_the_sdk_discards_the_rest(
    event: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    result = {"events": [sdk.SlotSet("a", 1), event, sdk.SlotSet("b", 2)], "responses": [{"text": "Hi"}]}
    first, *others = read_result("action_x", result)

    assert first == BotUttered("Hi")
    assert (others[0], others[-1]) == (SlotSet("a", 1), SlotSet("b", 2))
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        ({"event": "slots"}, "slots"),
        ({"event": ""}, ""),
        ({"event": ["slot"]}, "['slot']"),
        ({"name": "a"}, "{'name': 'a'}"),
        ("slot", "slot"),
        (None, "None"),
    ],
    ids=str,
)
def test_an_unknown_event_is_an_error_in_the_log_and_the_rest_counts(
    event: Any, shown: str, caplog: pytest.LogCaptureFixture
) -> None:
    events = read_result("action_x", {"events": [event, {"event": "slot", "name": "a", "value": 1}]})

    assert events == [SlotSet("a", 1)]
    (record,) = caplog.records
    assert (record.levelno, record.message) == (logging.ERROR, "event_unknown")
    assert (vars(record)["action"], vars(record)["event"]) == ("action_x", shown)


def test_an_event_without_effect_is_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    assert read_result("action_x", {"events": [{"event": "hide_rule_turn"}]}) == []
    assert [record.message for record in caplog.records] == ["event_without_effect"]


def test_nothing_may_be_null() -> None:
    assert read_result("action_x", {"events": None, "responses": None}) == []


def test_what_refers_to_itself_is_a_named_error() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(ActionFailedError, match="gave a value that is not JSON"):
        read_result("action_x", {"events": deep})
