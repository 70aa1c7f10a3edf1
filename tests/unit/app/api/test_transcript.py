from datetime import UTC, datetime

from app.api.frames import WireCorrection, WireDecision, WireEntity, WireIntent
from app.api.transcript import build_transcript
from app.dialogue.events import (
    ActionExecuted,
    ActionFailed,
    AgentJoined,
    AgentUttered,
    AnswerRated,
    BotUttered,
    Button,
    DecisionMade,
    Event,
    FaqSource,
    HandoffClosed,
    HandoffRequested,
    RecordedEvent,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from app.dialogue.reminders import external_utterance
from nlu.types import EntitySpan, IntentPrediction, ParsedUtterance

AT = datetime(2026, 1, 1, tzinfo=UTC)
TRACK = IntentPrediction("track_order", 0.9)


def record(*events: Event, first: int = 1) -> list[RecordedEvent]:
    return [RecordedEvent(sequence, AT, event) for sequence, event in enumerate(events, first)]


def said(text: str, *entities: EntitySpan, display_text: str | None = None) -> UserUttered:
    parsed = ParsedUtterance(text, TRACK, (TRACK,), entities, out_of_scope_score=0.25)
    return UserUttered(text, parsed, "m1", bundle_id="b1", display_text=display_text)


def test_turn_shows_what_was_understood_decided_and_failed() -> None:
    recorded = record(
        SessionStarted(),
        said("where is FH-1", EntitySpan(9, 13, "order_number", "FH-1", "FH-1", 0.8)),
        DecisionMade("RunAction", "action_track", "rule", ("rule track order",)),
        ActionFailed("action_track", "KeyError", "ref-1"),
        BotUttered("Sorry"),
    )

    turn, answer = build_transcript("c1", recorded, {})

    assert turn.intent == WireIntent(name="track_order", confidence=0.9)
    assert turn.ranking == [WireIntent(name="track_order", confidence=0.9)]
    assert turn.entities == [WireEntity(start=9, end=13, entity="order_number", value="FH-1", confidence=0.8)]
    assert turn.out_of_scope_score == 0.25
    assert turn.bundle_id == "b1"
    assert turn.decisions == [
        WireDecision(decision="RunAction", target="action_track", policy="rule", reasons=["rule track order"])
    ]
    assert turn.failures == ["action_track: KeyError (reference ref-1)"]
    assert (answer.utterance.kind, answer.utterance.text) == ("bot", "Sorry")


def test_decisions_belong_to_the_turn_before_them() -> None:
    decision = DecisionMade("Reply", "utter_x", "story", ())

    first, second = build_transcript("c1", record(said("one"), decision, said("two")), {})

    assert len(first.decisions) == 1
    assert second.decisions == []


def test_events_without_anything_to_see_are_left_out() -> None:
    assert build_transcript("c1", record(SlotSet("a", 1), ActionExecuted("action_listen")), {}) == []


def test_correction_stands_under_its_turn() -> None:
    correction = WireCorrection(intent="cancel", entities=[], corrected_by="Ada", corrected_at=AT)

    items = build_transcript("c1", record(said("one"), said("two")), {2: correction})

    assert [item.correction for item in items] == [None, correction]


def test_pressed_button_shows_its_title_and_entities_without_a_place() -> None:
    span = EntitySpan(5, 20, "entry_id", '"x"', "x", 1.0)

    (item,) = build_transcript("c1", record(said('/ask{"entry_id": "x"}', span, display_text="Ask x")), {})

    assert item.utterance.text == "Ask x"
    assert (item.entities[0].start, item.entities[0].end, item.entities[0].value) == (0, 0, "x")


def test_bot_utterance_carries_all_that_it_shows() -> None:
    source = FaqSource("shipping", "How long?", "/help", 0, 5, 0.9)
    said_by_bot = BotUttered(
        "3 days", (Button("Yes", "/affirm"),), "i.png", "a.pdf", {"k": 1}, "utter_x", source
    )

    (item,) = build_transcript("c1", record(said_by_bot, first=4), {})

    assert item.utterance.model_dump() == {
        "type": "utterance",
        "conversation_id": "c1",
        "sequence": 4,
        "sent_at": AT,
        "kind": "bot",
        "text": "3 days",
        "client_message_id": None,
        "buttons": [{"title": "Yes", "payload": "/affirm"}],
        "image": "i.png",
        "attachment": "a.pdf",
        "custom": {"k": 1},
        "faq": {
            "entry_id": "shipping",
            "question": "How long?",
            "source": "/help",
            "span_start": 0,
            "span_end": 5,
        },
        "agent_name": None,
        "notice": None,
    }


def test_handoff_is_seen_as_notices_and_the_agents_words() -> None:
    recorded = record(
        HandoffRequested("asked"), AgentJoined("a1", "Ada"), AgentUttered("Hi", "a1", "Ada"), HandoffClosed()
    )

    items = [item.utterance for item in build_transcript("c1", recorded, {})]

    assert [(item.kind, item.notice, item.agent_name, item.text) for item in items] == [
        ("notice", "handoff_requested", None, ""),
        ("notice", "agent_joined", "Ada", ""),
        ("agent", None, "Ada", "Hi"),
        ("notice", "handoff_closed", None, ""),
    ]


def test_last_rating_stands_at_its_answer_and_is_no_item() -> None:
    answer = BotUttered("3 days", faq=FaqSource("shipping", "How long?", "/help", 0, 5, 0.9))
    ratings = [AnswerRated(2, is_helpful=True), AnswerRated(2, is_helpful=False)]

    items = build_transcript("c1", record(said("how long?"), answer, *ratings, answer), {})

    assert [(item.utterance.sequence, item.is_helpful) for item in items] == [
        (1, None),
        (2, False),
        (5, None),
    ]


def test_intent_from_outside_is_not_shown_but_what_the_bot_said_is() -> None:
    outside = external_utterance("EXTERNAL_x", (), channel="web")
    decided = DecisionMade("Reply", "utter_x", "rule", ("rule 'x'",))

    items = build_transcript("c", record(said("hi"), outside, decided, BotUttered("Time is up.")), {})

    assert [(item.utterance.kind, item.utterance.text) for item in items] == [
        ("customer", "hi"),
        ("bot", "Time is up."),
    ]
    assert items[0].decisions == []
