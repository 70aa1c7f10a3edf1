from dataclasses import replace

import pytest
import torch

from app.dialogue.stories import Story
from app.storyteller.data import (
    MAX_STATES,
    NO_ACTION,
    encode,
    make_batch,
    make_vocabulary,
    read_conversation,
    story_states,
)
from app.storyteller.model import NetworkShape, StoryNetwork
from app.storyteller.predictor import StoryPredictor
from app.storyteller.train import NoStoriesError, action_loss, train_stories
from tests.fakes_dialogue import does, said
from tests.fakes_storyteller import DOMAIN, STORIES, TINY, UNTRAINED


def _predicted(predictor: StoryPredictor, story: Story) -> list[str]:
    states, actions = story_states(story.steps, DOMAIN)
    found = [predictor.likelihoods(states[: place + 1]) for place in range(len(actions))]
    return [max(likelihoods, key=lambda name: likelihoods[name]) for likelihoods in found]


@pytest.fixture(scope="module")
def predictor() -> StoryPredictor:
    return StoryPredictor(train_stories(STORIES, DOMAIN, TINY))


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_the_stories_are_learnt(predictor: StoryPredictor, story: Story) -> None:
    assert _predicted(predictor, story) == story_states(story.steps, DOMAIN)[1]


def test_an_aside_where_no_story_has_one_changes_nothing(predictor: StoryPredictor) -> None:
    joke = (said("joke"), does("utter_joke"))
    steps = (*STORIES[1].steps[:2], *joke, *joke, *STORIES[1].steps[2:])

    assert _predicted(predictor, Story("new", steps)) == story_states(steps, DOMAIN)[1]


def test_likelihoods_sum_to_one(predictor: StoryPredictor) -> None:
    states, _ = story_states(STORIES[0].steps, DOMAIN)

    assert sum(predictor.likelihoods(states).values()) == pytest.approx(1.0, abs=1e-5)


def test_what_was_never_learnt_is_not_seen(predictor: StoryPredictor) -> None:
    states, _ = story_states(STORIES[0].steps, DOMAIN)
    strange = [replace(states[0], entities=frozenset({"ghost"}))]

    assert predictor.likelihoods(strange) == predictor.likelihoods(states[:1])


def test_after_an_intent_that_no_story_has_no_action_is_likely(predictor: StoryPredictor) -> None:
    states, actions = story_states(STORIES[0].steps, DOMAIN)

    likelihoods = predictor.likelihoods([replace(states[0], intent="never heard")])

    assert max(likelihoods.values()) < 0.3 < predictor.likelihoods(states[:1])[actions[0]]
    assert sum(likelihoods.values()) == pytest.approx(1.0, abs=1e-5)


def test_after_an_action_that_no_story_has_the_bot_listens(predictor: StoryPredictor) -> None:
    states, _ = story_states(STORIES[0].steps, DOMAIN)

    likelihoods = predictor.likelihoods([*states[:1], replace(states[1], previous_action="action_of_a_rule")])

    assert likelihoods["action_listen"] == sum(likelihoods.values()) == 1.0


def test_a_long_conversation_counts_only_at_its_end(predictor: StoryPredictor) -> None:
    states, _ = story_states(STORIES[0].steps, DOMAIN)
    long = [*states * MAX_STATES, *states]

    assert predictor.likelihoods(long) == predictor.likelihoods(long[-MAX_STATES:])


def test_a_bounded_history_is_all_that_counts() -> None:
    predictor = StoryPredictor(train_stories(STORIES, DOMAIN, replace(UNTRAINED, max_history=2)))
    one, other = (story_states(STORIES[place].steps, DOMAIN)[0] for place in (0, 4))

    assert predictor.likelihoods([*one[:1], *one]) == predictor.likelihoods([*other[:1], *one])


def test_two_runs_agree_and_other_seeds_differ() -> None:
    first, second, third = (
        train_stories(STORIES, DOMAIN, replace(UNTRAINED, seed=seed)).network.actions.weight
        for seed in (1, 1, 2)
    )

    assert torch.equal(first, second)
    assert not torch.equal(first, third)


def test_training_leaves_the_random_numbers_of_others_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)

    train_stories(STORIES, DOMAIN, UNTRAINED)

    assert torch.equal(torch.rand(1), expected)


def test_every_step_is_reported() -> None:
    reports: list[tuple[int, int]] = []

    train_stories(STORIES, DOMAIN, replace(TINY, num_steps=3), lambda *report: reports.append(report[:2]))

    assert reports == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("stories", [(), (Story("empty", ()),)], ids=["none", "empty"])
def test_without_stories_nothing_is_trained(stories: tuple[Story, ...]) -> None:
    with pytest.raises(NoStoriesError, match="got no story with a step"):
        train_stories(stories, DOMAIN, TINY)


def test_padding_changes_nothing_before_it() -> None:
    network = StoryNetwork(NetworkShape(5, 3, 8, 2, 2, None)).eval()
    features = torch.randn(1, 4, 5, generator=torch.Generator().manual_seed(0))
    padded = torch.cat([features, torch.zeros(1, 3, 5)], dim=1)

    assert torch.allclose(network(padded)[:, :4], network(features), atol=1e-6)


@pytest.mark.parametrize(("max_history", "is_seen"), [(None, True), (3, True), (2, False)])
def test_a_state_is_seen_as_far_back_as_the_history_reaches(max_history: int | None, is_seen: bool) -> None:
    network = StoryNetwork(NetworkShape(5, 3, 8, 2, 1, max_history)).eval()
    features = torch.zeros(1, 3, 5)
    features[0, 0] = 1.0

    same = torch.allclose(network(features)[0, 2], network(torch.zeros(1, 3, 5))[0, 2], atol=1e-6)

    assert same != is_seen


def test_padding_has_no_loss_and_the_rest_its_average() -> None:
    logits = torch.tensor([[[2.0, 0.0], [0.0, 0.0], [9.0, -9.0]]])
    actions = torch.tensor([[0, 1, NO_ACTION]])

    expected = (torch.log1p(torch.exp(torch.tensor(-2.0))) + torch.log(torch.tensor(2.0))) / 2
    assert action_loss(logits, actions, 0.0).item() == pytest.approx(expected.item(), abs=1e-6)


def test_conversations_are_padded_to_one_batch() -> None:
    conversations = [read_conversation(story.steps, DOMAIN) for story in STORIES]
    vocabulary = make_vocabulary(conversations)

    batch = make_batch(encode(conversations, vocabulary))

    longest = max(len(one.actions) for one in conversations)
    assert batch.features.shape == (len(STORIES), longest, len(vocabulary.features))
    assert batch.actions.shape == (len(STORIES), longest)
    assert batch.actions[2, -1] == NO_ACTION


def test_a_conversation_is_read_as_it_would_be_seen() -> None:
    conversation = read_conversation(STORIES[2].steps, DOMAIN)

    assert conversation.actions == ("utter_free", "action_listen")
    assert conversation.features[0] == {
        "action action_listen": 1.0,
        "intent member": 1.0,
        "slot vip 0": 1.0,
        "slot vip 1": 1.0,
    }
