"""The learned policy, with a model that says what it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from app.dialogue.action_names import ACTION_LISTEN, ACTION_SESSION_START
from app.dialogue.decision import Reply, Stay
from app.dialogue.domain import SlotDefinition
from app.dialogue.events import ActionExecuted, ActiveLoopChanged, UserUttered
from app.dialogue.features import ANY_SET, slot_features
from app.dialogue.policies.learned import decide_learned, predict
from app.dialogue.policy import decide
from app.dialogue.policy_settings import LEARNED_POLICY, MEMOIZATION_POLICY, RULE_POLICY
from app.dialogue.script import BotScript
from app.dialogue.states import TurnState
from app.dialogue.story_features import learnable, state_features
from app.dialogue.tracker import Tracker, empty_tracker, fold
from nlu.types import FALLBACK_INTENT
from tests.fakes_dialogue import does, make_bot, parsed, rule, said, story

LISTENED = TurnState(previous_action=ACTION_LISTEN, intent="thanks")


@dataclass
class TellingModel:
    """Gives always the same likelihoods, and keeps what it was asked about."""

    told: Mapping[str, float]
    asked: list[list[TurnState]] = field(default_factory=list)

    def likelihoods(self, states: Sequence[TurnState]) -> Mapping[str, float]:
        self.asked.append(list(states))
        return self.told


def _script(told: Mapping[str, float], *, threshold: float = 0.3, **parts: object) -> BotScript:
    script = make_bot(**({"rules": ()} | parts))  # type: ignore[arg-type]
    settings = replace(script.settings, core_fallback_threshold=threshold)
    return replace(script, story_model=TellingModel(told), settings=settings)


def _heard(intent: str) -> Tracker:
    events = [ActionExecuted(ACTION_LISTEN), UserUttered("so", parsed("so", intent))]
    return fold(empty_tracker("c1"), events)


def test_the_likeliest_action_is_done_with_its_confidence() -> None:
    decided = decide_learned(_heard("thanks"), _script({"utter_greet": 0.6, ACTION_LISTEN: 0.4}))

    assert decided is not None
    assert (decided.decision, decided.policy, decided.confidence) == (
        Reply("utter_greet"),
        LEARNED_POLICY,
        0.6,
    )
    assert decided.reasons == ("learnt from the stories (0.60)",)


def test_listening_can_be_learnt() -> None:
    decided = decide_learned(_heard("thanks"), _script({ACTION_LISTEN: 0.9}))

    assert decided is not None
    assert decided.decision == Stay()


@pytest.mark.parametrize(
    ("confidence", "threshold", "is_sure"),
    [(0.3, 0.3, False), (0.31, 0.3, True), (0.7, 0.8, False), (0.81, 0.8, True)],
)
def test_up_to_the_bots_threshold_the_fallback_wins(
    confidence: float, threshold: float, is_sure: bool
) -> None:
    decided = decide(_heard("thanks"), _script({"utter_greet": confidence}, threshold=threshold))

    assert (decided.policy == LEARNED_POLICY) == is_sure


def test_a_bot_that_lists_other_policies_does_without() -> None:
    script = _script({"utter_greet": 0.9})
    others = replace(script, settings=replace(script.settings, policies=frozenset({RULE_POLICY})))

    assert decide_learned(_heard("thanks"), others) is None


def test_without_a_model_there_is_no_decision() -> None:
    assert decide_learned(_heard("thanks"), make_bot()) is None


def test_before_the_bot_listened_there_is_no_decision() -> None:
    assert decide_learned(empty_tracker("c1"), _script({"utter_greet": 0.9})) is None
    assert predict([], TellingModel({"utter_greet": 0.9})) is None


def test_of_equally_likely_actions_always_the_same_is_chosen() -> None:
    told = {"utter_b": 0.5, "utter_a": 0.5}

    assert predict([LISTENED], TellingModel(told)) == predict(
        [LISTENED], TellingModel(dict(reversed(told.items())))
    )


def test_a_rule_and_a_story_go_before_what_was_learnt() -> None:
    told = {"utter_learnt": 1.0}
    by_rule = _script(told, rules=[rule("r", said("thanks"), does("utter_greet"))])
    by_story = _script(told, stories=[story("s", said("thanks"), does("utter_greet"))])

    assert decide(_heard("thanks"), by_rule).policy == RULE_POLICY
    assert decide(_heard("thanks"), by_story).policy == MEMOIZATION_POLICY
    assert decide(_heard("thanks"), _script(told)).policy == LEARNED_POLICY


def test_what_was_not_understood_is_not_answered_from_what_was_learnt() -> None:
    assert decide(_heard(FALLBACK_INTENT), _script({"utter_greet": 1.0})).policy != LEARNED_POLICY


def test_turns_that_only_rules_know_are_hidden_from_the_model() -> None:
    model = TellingModel({"utter_greet": 0.9})
    events = [
        ActionExecuted(ACTION_LISTEN),
        UserUttered("hi", parsed("hi", "greet")),
        ActionExecuted("utter_hidden", hide_rule_turn=True),
        ActionExecuted(ACTION_LISTEN, hide_rule_turn=True),
        UserUttered("so", parsed("so", "thanks")),
    ]

    decide_learned(fold(empty_tracker("c1"), events), replace(make_bot(), story_model=model))

    assert [(state.previous_action, state.intent) for state in model.asked[0]] == [(ACTION_LISTEN, "thanks")]


def test_what_is_said_after_a_form_that_only_rules_end_is_heard() -> None:
    model = TellingModel({"utter_greet": 0.9})
    events = [
        ActionExecuted(ACTION_LISTEN),
        UserUttered("return", parsed("return", "return_item")),
        ActionExecuted("return_form"),
        ActiveLoopChanged("return_form"),
        ActionExecuted(ACTION_LISTEN),
        UserUttered("FH-1", parsed("FH-1", "inform")),
        ActionExecuted("return_form", hide_rule_turn=True),
        ActiveLoopChanged(None),
        ActionExecuted("utter_returned", hide_rule_turn=True),
        ActionExecuted(ACTION_LISTEN, hide_rule_turn=True),
        UserUttered("so", parsed("so", "thanks")),
    ]

    decide_learned(fold(empty_tracker("c1"), events), replace(make_bot(), story_model=model))

    (asked,) = model.asked
    assert (asked[-1].previous_action, asked[-1].intent) == (ACTION_LISTEN, "thanks")


# --- features ----------------------------------------


def test_all_that_a_state_states_is_a_feature() -> None:
    slots = {"vip": (1.0, 0.0), "kind": (0.0, 1.0)}
    state = TurnState(ACTION_LISTEN, "book", frozenset({"city", "city#to"}), "trip_form", slots)

    assert state_features(state) == {
        "action action_listen": 1.0,
        "intent book": 1.0,
        "entity city": 1.0,
        "entity city#to": 1.0,
        "loop trip_form": 1.0,
        "slot vip 0": 1.0,
        "slot kind 1": 1.0,
    }


def test_what_was_said_belongs_to_the_state_in_which_it_was_heard() -> None:
    state = TurnState("utter_greet", "book", frozenset({"city"}))

    assert state_features(state) == {"action utter_greet": 1.0}


@pytest.mark.parametrize(
    ("slot", "value", "features"),
    [
        (SlotDefinition("s", "text"), "Rome", {"slot s 0": 1.0}),
        (SlotDefinition("s", "list"), ["a"], {"slot s 0": 1.0}),
        (SlotDefinition("s", "list"), [], {}),
        (SlotDefinition("s", "bool"), True, {"slot s 0": 1.0, "slot s 1": 1.0}),
        (SlotDefinition("s", "bool"), False, {"slot s 0": 1.0}),
        (SlotDefinition("s", "float", max_value=4.0), 1, {"slot s 0": 1.0, "slot s 1": 0.25}),
        (SlotDefinition("s", "categorical", values=("a", "b")), "b", {"slot s 1": 1.0}),
        (SlotDefinition("s", "categorical", values=("a", "b")), "c", {"slot s 2": 1.0}),
        (SlotDefinition("s", "text"), None, {}),
    ],
    ids=["text", "list", "empty list", "true", "false", "float", "category", "other", "unset"],
)
def test_slots_are_seen_by_their_features(
    slot: SlotDefinition, value: object, features: Mapping[str, float]
) -> None:
    assert state_features(TurnState(slots={"s": slot_features(slot, value)})) == features


def test_a_slot_that_is_set_to_anything_is_just_set() -> None:
    assert state_features(TurnState(slots={"s": ANY_SET})) == {"slot s 0": 1.0}


def test_the_start_of_a_session_is_not_learnt_from() -> None:
    states = [TurnState(), TurnState(previous_action=ACTION_SESSION_START), LISTENED]

    assert learnable(states) == [LISTENED]
