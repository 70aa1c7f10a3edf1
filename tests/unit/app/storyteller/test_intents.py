"""What customers say next, as learnt from stories."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from app.dialogue.action_names import ACTION_LISTEN
from app.dialogue.decision import RunAction
from app.dialogue.events import ActionExecuted, UserUttered
from app.dialogue.policy import decide
from app.dialogue.policy_settings import UNEXPECTED_POLICY, PolicySettings, UnexpectedTurns
from app.dialogue.script import make_script
from app.dialogue.states import TurnState, conversation_states, story_events
from app.dialogue.stories import Story
from app.dialogue.tracker import empty_tracker, fold
from app.storyteller.intents import NUM_PERCENTILES, pick_thresholds, read_heard, train_intents
from app.storyteller.predictor import IntentPredictor
from app.storyteller.train import NoStoriesError
from tests.fakes_dialogue import does, parsed, said, slot, story
from tests.fakes_storyteller import DOMAIN, STORIES, TINY, UNTRAINED


def test_what_is_heard_belongs_to_the_state_in_which_the_bot_began_to_listen() -> None:
    conversation = read_heard(STORIES[0].steps, DOMAIN)

    assert conversation.actions == ("order", "", "yes", "", "")
    assert conversation.features[0] == {}
    assert conversation.features[2] == {"action utter_sure": 1.0}


def test_a_slot_that_the_message_itself_sets_gives_nothing_away() -> None:
    steps = (said("order"), does("utter_sure"), said("member"), slot("vip", True), does("utter_free"))

    conversation = read_heard(steps, DOMAIN)

    assert conversation.actions[2] == "member"
    assert conversation.features[2] == {"action utter_sure": 1.0}


def test_at_the_end_nothing_is_heard() -> None:
    steps = (said("joke"), does("utter_joke"), said("joke"), does("utter_joke"))

    assert read_heard(steps, DOMAIN).actions == ("joke", "", "joke", "", "")


@pytest.fixture(scope="module")
def predictor() -> IntentPredictor:
    return IntentPredictor(train_intents(STORIES, DOMAIN, TINY))


def test_what_the_stories_make_likely_is_above_its_threshold(predictor: IntentPredictor) -> None:
    thresholds = predictor.thresholds(0.0)

    scores = predictor.scores(_states(STORIES[0]))

    likely = {intent for intent, score in scores.items() if score >= thresholds[intent]}
    assert {"yes", "no"} <= likely
    assert "member" not in likely


def test_no_conversation_that_it_learns_from_begins_late() -> None:
    late = replace(TINY, late_start=1.0)

    predictor = IntentPredictor(train_intents(STORIES, DOMAIN, late))

    first = predictor.scores([TurnState()])
    assert first == IntentPredictor(train_intents(STORIES, DOMAIN, TINY)).scores([TurnState()])


@pytest.mark.parametrize(("intent", "is_doubted"), [("yes", False), ("joke", False), ("member", True)])
def test_a_bot_doubts_what_its_stories_do_not_make_likely(
    predictor: IntentPredictor, intent: str, *, is_doubted: bool
) -> None:
    settings = PolicySettings(frozenset({UNEXPECTED_POLICY}), unexpected=UnexpectedTurns())
    script = replace(make_script(DOMAIN, (), STORIES, settings=settings), intent_model=predictor)
    events = [
        ActionExecuted(ACTION_LISTEN),
        UserUttered("a pizza", parsed("a pizza", "order")),
        ActionExecuted("utter_sure"),
        ActionExecuted(ACTION_LISTEN),
        UserUttered("well", parsed("well", intent)),
    ]

    decided = decide(fold(empty_tracker("c1"), events), script)

    assert (decided.decision == RunAction("action_unlikely_intent")) is is_doubted


def test_two_trainings_agree() -> None:
    first, second = (train_intents(STORIES, DOMAIN, UNTRAINED) for _ in range(2))

    assert first.thresholds == second.thresholds
    assert torch.equal(first.network.actions.weight, second.network.actions.weight)


def test_without_anything_said_nothing_is_trained() -> None:
    with pytest.raises(NoStoriesError, match="got no story in which the customer says something"):
        train_intents([story("silent", does("utter_joke"))], DOMAIN, UNTRAINED)


LOGITS = torch.tensor([[3.0, 0.0], [2.0, 1.0], [0.0, 5.0], [1.0, 4.0]])
COMES = torch.tensor([[True, False], [True, False], [False, True], [False, True]])


def test_without_tolerance_all_that_came_less_sure_than_everything_else_is_unlikely() -> None:
    thresholds = pick_thresholds(LOGITS, COMES, ["first", "second"])

    assert len(thresholds["first"]) == NUM_PERCENTILES
    assert thresholds["first"][0] == 1.0
    assert thresholds["second"][0] == 1.0


def test_tolerance_lowers_the_threshold() -> None:
    thresholds = pick_thresholds(LOGITS, COMES, ["first", "second"])

    assert thresholds["first"][50] == 0.0
    assert thresholds["first"][100] == 0.0


def test_no_threshold_is_above_a_score_with_which_the_intent_came() -> None:
    comes = torch.tensor([[True, True], [False, True], [True, True], [False, True]])

    thresholds = pick_thresholds(LOGITS, comes, ["first", "second"])

    assert set(thresholds["first"]) == {0.0}
    assert set(thresholds["second"]) == {0.0}


@pytest.mark.parametrize(("tolerance", "place"), [(0.0, 0), (0.1, 10), (0.999, 99), (1.0, 100)])
def test_a_tolerance_is_a_percentile(tolerance: float, place: int) -> None:
    trained = train_intents(STORIES, DOMAIN, UNTRAINED)

    thresholds = IntentPredictor(trained).thresholds(tolerance)

    assert thresholds == {intent: levels[place] for intent, levels in trained.thresholds.items()}


def _states(one: Story) -> list[TurnState]:
    return conversation_states(story_events(one.steps[:2], DOMAIN), DOMAIN)[:-1]
