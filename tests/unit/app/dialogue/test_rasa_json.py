from datetime import UTC, datetime
from typing import Any

import pytest
from rasa_sdk import Tracker as SdkTracker
from rasa_sdk import events as sdk

from app.dialogue.errors import ActionFailedError
from app.dialogue.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActionFailed,
    ActiveLoopChanged,
    AgentJoined,
    AgentUttered,
    AllSlotsReset,
    BotUttered,
    Button,
    DecisionMade,
    Event,
    FollowupActionSet,
    HandoffClosed,
    HandoffRequested,
    LoopInterrupted,
    RecordedEvent,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from app.dialogue.payload import parse_payload
from app.dialogue.rasa_json import event_from_rasa, event_to_rasa, parsed_to_rasa, tracker_to_rasa
from app.dialogue.tracker import Tracker, empty_tracker, fold, fold_recorded
from tests.fakes_dialogue import make_domain, not_understood, parsed

AT = datetime(2025, 5, 1, 12, 0, tzinfo=UTC)
SECONDS = AT.timestamp()
DOMAIN = make_domain()
LISTEN = ActionExecuted("action_listen", "rule", 1.0)
SHIRT = UserUttered(
    "a shirt", parsed("a shirt", "inform", ("product", "shirt", "new")), "m1", metadata={"page": "/cart"}
)


def recorded(*events: Event) -> Tracker:
    rows = [RecordedEvent(number, AT, event) for number, event in enumerate(events, 1)]
    return fold_recorded(empty_tracker("c1"), rows)


def test_a_parse_has_the_shape_of_model_parse() -> None:
    assert parsed_to_rasa(SHIRT.parsed) == {
        "text": "a shirt",
        "intent": {"name": "inform", "confidence": 0.9},
        "entities": [
            {
                "entity": "product",
                "start": 2,
                "end": 7,
                "confidence_entity": 0.9,
                "value": "shirt",
                "extractor": "SpanHead",
                "role": "new",
            }
        ],
        "intent_ranking": [{"name": "inform", "confidence": 0.9}],
    }


def test_below_the_thresholds_the_fallback_leads_the_ranking() -> None:
    written = parsed_to_rasa(not_understood("hm", "greet", "goodbye"))

    assert [item["name"] for item in written["intent_ranking"]] == ["nlu_fallback", "greet", "goodbye"]


def test_a_button_keeps_the_type_of_its_value() -> None:
    pressed = parse_payload('/inform{"product": 7}', DOMAIN)

    assert pressed is not None
    assert parsed_to_rasa(pressed)["entities"][0]["value"] == 7


def test_a_tracker_has_the_shape_of_the_tracker_endpoint() -> None:
    events: list[Event] = [SessionStarted(), LISTEN, SHIRT, ActiveLoopChanged("return_form")]

    written = tracker_to_rasa(recorded(*events, SlotSet("reason", "big")), DOMAIN)

    assert written | {"events": len(written["events"])} == {
        "sender_id": "c1",
        "slots": {
            "order_number": None,
            "reason": "big",
            "confirmed": None,
            "requested_slot": None,
            "session_started_metadata": None,
        },
        "latest_message": parsed_to_rasa(SHIRT.parsed) | {"message_id": "m1", "metadata": {"page": "/cart"}},
        "latest_event_time": SECONDS,
        "followup_action": None,
        "paused": False,
        "events": 5,
        "latest_input_channel": "web",
        "active_loop": {
            "name": "return_form",
            "is_interrupted": False,
            "rejected": False,
            "trigger_message": None,
        },
        "latest_action": {"action_name": "action_listen"},
        "latest_action_name": "action_listen",
    }


def test_an_empty_tracker_can_be_written() -> None:
    written = tracker_to_rasa(empty_tracker("c1"), DOMAIN)

    assert (written["active_loop"], written["latest_action"], written["latest_event_time"]) == ({}, {}, None)
    assert written["latest_message"]["intent"] == {}


def test_the_sdk_reads_the_tracker() -> None:
    written = tracker_to_rasa(recorded(LISTEN, SHIRT, SlotSet("reason", "big")), DOMAIN)

    tracker = SdkTracker.from_dict(written)

    assert tracker.get_slot("reason") == "big"
    assert list(tracker.get_latest_entity_values("product", entity_role="new")) == ["shirt"]
    assert tracker.get_intent_of_latest_message() == "inform"
    assert tracker.get_latest_input_channel() == "web"
    assert tracker.slots_to_validate() == {"reason": "big"}


def test_with_an_agent_the_tracker_is_paused() -> None:
    assert tracker_to_rasa(recorded(AgentJoined("1", "Ann")), DOMAIN)["paused"] is True


def test_new_events_have_the_time_of_their_turn_or_of_the_last_event() -> None:
    later = datetime(2025, 5, 2, tzinfo=UTC)
    tracker = fold(fold(recorded(LISTEN), [SlotSet("a", 1)]), [SlotSet("b", 1)], at=later)

    written = tracker_to_rasa(tracker, DOMAIN)

    assert [event["timestamp"] for event in written["events"]] == [SECONDS, SECONDS, later.timestamp()]
    assert written["latest_event_time"] == later.timestamp()


def test_the_events_may_be_fewer() -> None:
    form = ActionExecuted("return_form")
    before: list[Event] = [SlotSet("a", 1), SessionStarted(), form, ActiveLoopChanged("return_form"), LISTEN]
    tracker = recorded(*before, SHIRT, form, LISTEN, SHIRT, UserUtteranceReverted())

    def _names(include: Any) -> list[str]:
        return [
            event.get("name") or event["event"]
            for event in tracker_to_rasa(tracker, DOMAIN, include_events=include)["events"]
        ]

    assert len(_names("ALL")) == 10
    assert _names("AFTER_RESTART") == ["return_form", "return_form", "action_listen", "user", "return_form"]
    assert _names("APPLIED") == ["return_form", "return_form"]
    assert _names("NONE") == []


WRITTEN: list[tuple[Event, dict[str, Any]]] = [
    (SessionStarted(), {"event": "session_started"}),
    (SlotSet("a", [1]), {"event": "slot", "name": "a", "value": [1]}),
    (AllSlotsReset(), {"event": "reset_slots"}),
    (
        ActionExecuted("x", "rule", 0.5, hide_rule_turn=True),
        {
            "event": "action",
            "name": "x",
            "policy": "rule",
            "confidence": 0.5,
            "action_text": None,
            "hide_rule_turn": True,
        },
    ),
    (
        ActionExecutionRejected("x"),
        {"event": "action_execution_rejected", "name": "x", "policy": None, "confidence": None},
    ),
    (ActiveLoopChanged(None), {"event": "active_loop", "name": None}),
    (LoopInterrupted(is_interrupted=True), {"event": "loop_interrupted", "is_interrupted": True}),
    (FollowupActionSet("x"), {"event": "followup", "name": "x"}),
    (UserUtteranceReverted(), {"event": "rewind"}),
    (Restarted(), {"event": "restart"}),
    (AgentJoined("1", "Ann"), {"event": "pause"}),
    (HandoffClosed(), {"event": "resume"}),
    (AgentUttered("hi", "1", "Ann"), {"event": "agent", "text": "hi", "data": {"agent_name": "Ann"}}),
]


@pytest.mark.parametrize(("event", "expected"), WRITTEN, ids=[type(event).__name__ for event, _ in WRITTEN])
def test_an_event_is_written_as_rasa_does(event: Event, expected: dict[str, Any]) -> None:
    assert event_to_rasa(event, 1.5) == expected | {"timestamp": 1.5}


def test_the_utterances_are_written_with_all_that_rasa_has() -> None:
    said = event_to_rasa(SHIRT, 1.5)
    answered = event_to_rasa(BotUttered("Hi", (Button("Yes", "/affirm"),), response="utter_x"), 1.5)

    assert said is not None
    assert answered is not None
    assert (said["text"], said["input_channel"], said["message_id"]) == ("a shirt", "web", "m1")
    own = {"text": "a shirt", "message_id": "m1", "metadata": dict(SHIRT.metadata)}
    assert said["parse_data"] == parsed_to_rasa(SHIRT.parsed) | own
    assert answered["data"]["buttons"] == [{"title": "Yes", "payload": "/affirm"}]
    assert answered["metadata"] == {"utter_action": "utter_x"}


@pytest.mark.parametrize(
    "event", [DecisionMade("Reply", "x", "rule", ()), ActionFailed("x", "y", "z"), HandoffRequested("x")]
)
def test_what_rasa_does_not_know_is_left_out(event: Event) -> None:
    assert event_to_rasa(event, 1.5) is None


READ: list[tuple[Any, Event]] = [
    (sdk.SlotSet("a", 1), SlotSet("a", 1)),
    (sdk.SlotSet("a"), SlotSet("a", None)),
    (sdk.AllSlotsReset(), AllSlotsReset()),
    (sdk.Restarted(), Restarted()),
    (sdk.SessionStarted(), SessionStarted()),
    (sdk.UserUtteranceReverted(), UserUtteranceReverted()),
    (sdk.FollowupAction("x"), FollowupActionSet("x")),
    (sdk.ConversationPaused(), HandoffRequested("an action paused the conversation")),
    (sdk.ConversationResumed(), HandoffClosed()),
    (sdk.ActionExecuted("x"), ActionExecuted("x")),
    (sdk.ActionExecuted("x", "p", 0.0), ActionExecuted("x", "p", 0.0)),
    (sdk.ActiveLoop("f"), ActiveLoopChanged("f")),
    (sdk.ActiveLoop(None), ActiveLoopChanged(None)),
    ({"event": "form", "name": "f"}, ActiveLoopChanged("f")),
    (sdk.LoopInterrupted(True), LoopInterrupted(is_interrupted=True)),
    (sdk.ActionExecutionRejected("f"), ActionExecutionRejected("f")),
    (sdk.BotUttered("hi"), BotUttered("hi")),
    (
        sdk.BotUttered(
            "hi", {"buttons": [{"title": "A", "payload": "/a"}], "image": "i", "custom": {"k": 1}}
        ),
        BotUttered("hi", (Button("A", "/a"),), "i", custom={"k": 1}),
    ),
]


@pytest.mark.parametrize(("raw", "expected"), READ)
def test_an_event_of_the_sdk_is_read(raw: Any, expected: Event) -> None:
    assert event_from_rasa(raw) == expected


def test_an_utterance_of_the_sdk_is_read_with_its_parse() -> None:
    raw = sdk.UserUttered("a shirt", parsed_to_rasa(SHIRT.parsed), input_channel="rest")

    event = event_from_rasa(raw)

    assert isinstance(event, UserUttered)
    assert (event.text, event.parsed.intent, event.channel) == ("a shirt", SHIRT.parsed.intent, "rest")
    assert (event.parsed.entities[0].value, event.parsed.entities[0].role) == ("shirt", "new")


def test_an_utterance_of_the_sdk_without_parse_is_not_understood() -> None:
    event = event_from_rasa(sdk.UserUttered("hi"))

    assert isinstance(event, UserUttered)
    assert event.parsed.intent.name == "nlu_fallback"


@pytest.mark.parametrize(
    "raw", [None, "slot", {}, {"event": "alarm"}, {"event": ["slot"]}, {"name": "a"}], ids=str
)
def test_an_unknown_event_is_refused(raw: Any) -> None:
    with pytest.raises(ActionFailedError, match="expected one of session_started"):
        event_from_rasa(raw)


@pytest.mark.parametrize(
    "raw",
    [
        {"event": "slot"},
        {"event": "action"},
        {"event": "action", "name": "x", "confidence": "high"},
        {"event": "bot", "data": {"buttons": [{}]}},
        {"event": "user", "text": "x", "parse_data": {"entities": [{}]}},
    ],
    ids=str,
)
def test_an_event_that_lacks_something_is_refused(raw: Any) -> None:
    with pytest.raises(ActionFailedError, match="event that cannot be read"):
        event_from_rasa(raw)
