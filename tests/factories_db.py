"""Events and a clock for tests of the stores."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from app.dialogue.events import (
    ActionExecuted,
    ActionFailed,
    AgentJoined,
    BotUttered,
    Button,
    DecisionMade,
    Event,
    FaqSource,
    SlotSet,
    UserUttered,
)
from nlu.types import EntitySpan, IntentPrediction, ParsedUtterance

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


class TickingClock:
    """Gives a time one second later at each look; `advance` jumps."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


def user_said(text: str, *, client_message_id: str | None = None, intent: str = "greet") -> UserUttered:
    parsed = ParsedUtterance(text=text, intent=IntentPrediction(intent, 0.9))
    return UserUttered(text=text, parsed=parsed, client_message_id=client_message_id, bundle_id="bundle-1")


def full_turn() -> list[Event]:
    """One event with every field filled, of each kind that has fields of its own shape."""
    text = "where is FH-10482 😀"
    parsed = ParsedUtterance(
        text=text,
        intent=IntentPrediction("track_order", 0.97),
        ranking=(IntentPrediction("track_order", 0.97), IntentPrediction("late_delivery", 0.02)),
        entities=(EntitySpan(9, 17, "order_number", "FH-10482", "FH-10482", 0.99, role="first", group="1"),),
        out_of_scope_score=0.25,
    )
    return [
        UserUttered(text, parsed, "m-1", "web", "bundle-1", "Where is it?", {"page": "/", "n": [1, None]}),
        DecisionMade("RunAction", "action_track_order", "rule", ("rule 'track order' matched", "because")),
        ActionExecuted("action_track_order", "rule", 1.0, hide_rule_turn=True),
        SlotSet("order", {"number": "FH-10482", "lines": [1, 2.5, None, True]}),
        BotUttered(
            "It is on its way.",
            (Button("Thanks", "/thank"),),
            image="/truck.png",
            attachment="/label.pdf",
            custom={"map": {"lat": 1.5}},
            response="utter_status",
            faq=FaqSource("delivery", "When?", "/help/delivery", 0, 6, 0.8),
        ),
        ActionFailed("action_x", "ValueError: no", "ref-1"),
        AgentJoined("a-1", "Ann"),
    ]
