"""Turns that no story makes likely, with a model that says what it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from app.dialogue.events import ActionExecuted, BotUttered, SlotSet, UserUttered
from app.dialogue.policies.unexpected import decide_unexpected
from app.dialogue.policy_settings import PolicySettings, UnexpectedTurns
from app.dialogue.rasa_json import event_from_rasa, event_to_rasa
from app.dialogue.script import BotScript
from app.dialogue.states import TurnState
from app.dialogue.tracker import Tracker, empty_tracker, fold
from tests.fakes_dialogue import Conversation, does, given, gives, loop, make_bot, parsed, rule, said, story
from tests.fakes_story_test import judged

UNLIKELY = "action_unlikely_intent"
LEVELS = {"greet": 0.0, "goodbye": 0.0, "stop": 0.0, "affirm": -2.0}


@dataclass
class DoubtingModel:
    """Gives always the same scores, and keeps what it was asked about."""

    told: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(LEVELS, -1.0) | {"greet": 1.0})
    asked: list[list[TurnState]] = field(default_factory=list)

    def scores(self, states: Sequence[TurnState]) -> Mapping[str, float]:
        self.asked.append(list(states))
        return self.told

    def thresholds(self, tolerance: float) -> Mapping[str, float]:
        return {intent: level - tolerance for intent, level in LEVELS.items()}


@dataclass
class SureModel:
    """Knows one action for everything."""

    action: str
    asked: list[list[TurnState]] = field(default_factory=list)

    def likelihoods(self, states: Sequence[TurnState]) -> Mapping[str, float]:
        self.asked.append(list(states))
        return (
            {self.action: 0.9, "action_listen": 0.1}
            if states[-1].previous_action == "action_listen"
            else {"action_listen": 0.9}
        )


def doubting(unexpected: UnexpectedTurns | None = None, **parts: Any) -> BotScript:
    settings = parts.pop("settings", PolicySettings())
    script = make_bot(**({"rules": ()} | parts), settings=settings)
    settings = replace(script.settings, unexpected=unexpected or UnexpectedTurns())
    return replace(
        script, settings=settings, intent_model=DoubtingModel(), story_model=SureModel("utter_goodbye")
    )


def heard(*intents: str) -> Tracker:
    events: list[Any] = []
    for intent in intents:
        events += [ActionExecuted("action_listen"), UserUttered(intent, parsed(intent, intent))]
    return fold(empty_tracker("c1"), events)


def talking(script: BotScript, **parts: Any) -> Conversation:
    return given(script=script, **parts)


def test_an_unlikely_intent_is_signalled_and_then_answered() -> None:
    conversation = talking(doubting()).says("bye", "goodbye")

    assert conversation.executed == [UNLIKELY, "utter_goodbye"]
    signal = next(event for event in conversation.of_type(ActionExecuted) if event.action == UNLIKELY)
    assert (signal.policy, signal.confidence) == ("UnexpecTEDIntentPolicy", 1.0)
    assert conversation.replies == ["Bye!"]


@pytest.mark.parametrize(
    ("intent", "unexpected"),
    [
        ("greet", UnexpectedTurns()),
        ("affirm", UnexpectedTurns()),
        ("ask_help", UnexpectedTurns()),
        ("goodbye", UnexpectedTurns(ignored_intents=frozenset({"goodbye"}))),
        ("goodbye", UnexpectedTurns(tolerance=1.0)),
        ("nowhere", UnexpectedTurns()),
    ],
    ids=["likeliest", "above its threshold", "in no story", "ignored", "tolerated", "unknown"],
)
def test_an_intent_is_not_signalled_if_it_is(intent: str, unexpected: UnexpectedTurns) -> None:
    assert decide_unexpected(heard(intent), doubting(unexpected)) is None


def test_the_likeliest_of_all_is_likely_even_below_its_threshold() -> None:
    model = DoubtingModel(dict.fromkeys(LEVELS, -2.0) | {"goodbye": -1.0})

    assert decide_unexpected(heard("goodbye"), replace(doubting(), intent_model=model)) is None


@pytest.mark.parametrize(
    "change",
    [{"intent_model": None}, {"settings": PolicySettings()}],
    ids=["no model", "no policy"],
)
def test_a_bot_without_the_policy_signals_nothing(change: dict[str, Any]) -> None:
    assert decide_unexpected(heard("goodbye"), replace(doubting(), **change)) is None


def test_the_model_sees_what_came_before_the_message_and_nothing_of_it() -> None:
    script = doubting()

    decide_unexpected(heard("greet", "goodbye"), script)

    assert isinstance(script.intent_model, DoubtingModel)
    assert [(state.previous_action, state.intent) for state in script.intent_model.asked[0]] == [
        (None, None),
        ("action_listen", "greet"),
    ]


def test_rules_and_stories_go_before_the_doubt() -> None:
    by_rule = doubting(rules=[rule("bye", said("goodbye"), does("utter_goodbye"))])
    by_story = doubting(stories=[story("bye", said("goodbye"), does("utter_goodbye"))])

    assert talking(by_rule).says("bye", "goodbye").executed == ["utter_goodbye"]
    assert talking(by_story).says("bye", "goodbye").executed == ["utter_goodbye"]


def test_a_rule_may_follow_the_doubt_up() -> None:
    follow_up = rule("hand over", does(UNLIKELY), does("utter_stopped"))

    assert talking(doubting(rules=[follow_up])).says("bye", "goodbye").executed == [UNLIKELY, "utter_stopped"]


def test_a_custom_action_of_that_name_takes_its_place_and_finds_how_unlikely_it_is() -> None:
    seen: list[Tracker] = []

    def own(tracker: Tracker) -> list[Any]:
        seen.append(tracker)
        return [SlotSet("order_number", "FH-1"), BotUttered("Really?")]

    conversation = talking(doubting(), actions={UNLIKELY: own}).says("bye", "goodbye")

    assert conversation.replies == ["Really?", "Bye!"]
    assert conversation.tracker.slots["order_number"] == "FH-1"
    written = [event_to_rasa(event, 0.0) for event in conversation.of_type(ActionExecuted)]
    metadata = next(item["metadata"] for item in written if item and item["name"] == UNLIKELY)
    assert metadata["query_intent"] == {"name": "goodbye", "score": -1.0, "threshold": 0.0, "severity": 1.0}
    assert metadata["ranking"][0]["name"] == "greet"


def test_what_a_policy_knows_survives_the_wire() -> None:
    event = ActionExecuted(UNLIKELY, "UnexpecTEDIntentPolicy", 1.0, hide_rule_turn=True, metadata={"a": 1})

    assert event_from_rasa(event_to_rasa(event, 0.0)) == event


def test_stories_and_what_was_learnt_do_not_see_the_doubt() -> None:
    stories = [story("two", said("stop"), does("utter_goodbye"), said("deny"), does("utter_stopped"))]
    script = doubting(stories=stories)
    script = replace(script, intent_model=DoubtingModel({**dict.fromkeys(LEVELS, -1.0), "deny": 1.0}))
    conversation = talking(script).says("bye", "goodbye")
    assert conversation.executed == [UNLIKELY, "utter_goodbye"]

    assert isinstance(script.story_model, SureModel)
    assert UNLIKELY not in {state.previous_action for asked in script.story_model.asked for state in asked}


def test_memoization_goes_on_after_a_doubt() -> None:
    told = replace(
        doubting(
            stories=[story("two", said("stop"), does("utter_goodbye"), said("deny"), does("utter_stopped"))]
        ),
        story_model=SureModel("utter_goodbye"),
    )
    events = [
        ActionExecuted("action_listen"),
        UserUttered("stop", parsed("stop", "stop")),
        ActionExecuted(UNLIKELY, "UnexpecTEDIntentPolicy"),
        ActionExecuted("utter_goodbye"),
        ActionExecuted("action_listen"),
        UserUttered("no", parsed("no", "deny")),
    ]
    from app.dialogue.policy import decide

    assert decide(fold(empty_tracker("c1"), events), told).policy == "MemoizationPolicy"


def test_a_form_that_takes_the_message_leaves_no_doubt() -> None:
    script = doubting(rules=[rule("ret", said("return_item"), does("return_form"), loop("return_form"))])
    conversation = talking(script).says("return it", "return_item")

    conversation.says("it is FH-1", "stop", ("order_number", "FH-1"))

    assert UNLIKELY not in conversation.executed


def test_a_form_that_rejects_lets_the_doubt_be_known() -> None:
    script = doubting(rules=[rule("ret", said("return_item"), does("return_form"), loop("return_form"))])
    conversation = talking(script).says("return it", "return_item")

    conversation.says("well", "stop")

    assert conversation.executed[0] == UNLIKELY


def test_a_bot_with_comfort_falls_back_as_if_there_had_been_no_doubt() -> None:
    script = doubting(settings=PolicySettings(has_comfort=True))
    script = replace(script, story_model=None)

    doubtful = talking(script).says("well", "stop")
    sure = talking(replace(script, intent_model=None)).says("well", "stop")

    assert UNLIKELY in doubtful.executed
    assert doubtful.replies == sure.replies != []


def test_a_test_story_that_goes_on_all_the_same_has_a_warning() -> None:
    found = judged(said("goodbye"), does("utter_goodbye"), script=doubting())

    assert (found.is_correct, found.has_warnings) == (True, True)


def test_it_is_signalled_once_per_message() -> None:
    conversation = talking(doubting(), actions={UNLIKELY: gives()}).says("bye", "goodbye")

    assert conversation.executed.count(UNLIKELY) == 1
