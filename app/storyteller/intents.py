"""Which intents come next: what the customer may say where the bot listens, learnt from the same stories.

In the place of Rasa's UnexpecTEDIntentPolicy. The network is that of the next action, trained anew for
another question: after the states up to the one in which the bot began to listen, what does the customer say?
A score is that intent's logit. From the scores of training come an intent's thresholds: one for each
percentile of the scores that it has where it does not come, none above the least that it has where it does.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch

from app.dialogue.action_names import ACTION_LISTEN
from app.dialogue.domain import Domain
from app.dialogue.events import ActionExecuted
from app.dialogue.history import applied
from app.dialogue.states import conversation_states, story_events
from app.dialogue.stories import IntentStep, Step, Story
from app.dialogue.story_features import state_features
from app.storyteller.augmentation import gather_material, make_conversations
from app.storyteller.data import MAX_STATES, NO_ACTION, Conversation, Encoded, encode, make_vocabulary
from app.storyteller.settings import StorySettings
from app.storyteller.train import NoStoriesError, Report, TrainedStories, ignore_progress, train_network

NUM_PERCENTILES = 101
NOTHING_SAID = ""  # in the place of an intent where the bot did not listen

Thresholds = Mapping[str, tuple[float, ...]]
"""By intent: the threshold for each tolerance of 0, 1, … 100 percent, falling."""


def train_intents(
    stories: Sequence[Story], domain: Domain, settings: StorySettings, report: Report = ignore_progress
) -> TrainedStories:
    """Train a network whose actions are intents; equal stories, settings and machines give equal ones.

    Conversations begin as the stories do, whatever `settings` say: of those that begin late, every intent may
    be the first, and none would be unexpected there.

    Raises:
        NoStoriesError: in no story the customer says anything that has an intent.
    """
    rng = np.random.default_rng(settings.seed)
    material = gather_material([story for story in stories if _is_heard(story)], domain)
    made = make_conversations(material, replace(settings, late_start=0.0), rng)
    conversations = [one for one in (read_heard(steps, domain) for steps in made) if any(one.actions)]
    if not conversations:
        raise NoStoriesError("got no story in which the customer says something, expected at least one")
    vocabulary = make_vocabulary(conversations)
    encoded = encode(conversations, vocabulary)
    trained = train_network(encoded, vocabulary, settings, rng, report)
    comes = _what_comes(conversations, vocabulary.actions, settings.max_history)
    thresholds = pick_thresholds(_scores(trained, encoded), comes, vocabulary.actions)
    return replace(trained, thresholds=thresholds)


def read_heard(steps: Sequence[Step], domain: Domain) -> Conversation:
    """Play the steps of a story and note, after each state in which the bot listens, what it then hears."""
    events = story_events(steps, domain)
    states = conversation_states(events, domain)
    done = [event.action for event in applied(events) if isinstance(event, ActionExecuted)]
    heard = [
        (after.intent or NOTHING_SAID) if action == ACTION_LISTEN and place + 1 < len(done) else NOTHING_SAID
        for place, (action, after) in enumerate(zip(done, states[1:], strict=True))
    ]
    features = [state_features(state) for state in states[: len(done)]]
    return Conversation(tuple(features[:MAX_STATES]), tuple(heard[:MAX_STATES]))


def pick_thresholds(logits: torch.Tensor, comes: torch.Tensor, intents: Sequence[str]) -> Thresholds:
    """Give each intent's threshold for every tolerance.

    At a tolerance of `t` percent as many of the places at which the intent does not come have at least the
    threshold; but the threshold is never above a score with which the intent does come.

    Args:
        logits: `(num_places, num_intents)`, the scores where the bot listened.
        comes: `(num_places, num_intents)` bool, what some conversation has there; true for each intent once.
        intents: the names of the columns.
    """
    scores, where = logits.numpy(), comes.numpy()
    shares = 1.0 - np.linspace(0.0, 1.0, NUM_PERCENTILES)
    thresholds: dict[str, tuple[float, ...]] = {}
    for column, intent in enumerate(intents):
        least = scores[where[:, column], column].min()
        others = scores[~where[:, column], column]
        levels = (
            np.quantile(others, shares, method="lower") if len(others) else np.full(NUM_PERCENTILES, least)
        )
        thresholds[intent] = tuple(float(min(level, least)) for level in levels)
    return thresholds


def _is_heard(story: Story) -> bool:
    return any(isinstance(step, IntentStep) for step in story.steps)


def _scores(trained: TrainedStories, encoded: Sequence[Encoded]) -> torch.Tensor:
    """Give `(num_places, num_intents)` logits of all places at which something is heard, in order."""
    with torch.inference_mode():
        rows = [trained.network(one.features[None])[0][one.actions != NO_ACTION] for one in encoded]
    return torch.cat(rows)


def _what_comes(
    conversations: Sequence[Conversation], intents: Sequence[str], max_history: int | None
) -> torch.Tensor:
    """Give `(num_places, num_intents)` bool: what any conversation has after the same states."""
    column = {intent: place for place, intent in enumerate(intents)}
    places = [
        (tuple(map(_key, one.features[max(place + 1 - (max_history or place + 1), 0) : place + 1])), intent)
        for one in conversations
        for place, intent in enumerate(one.actions)
        if intent
    ]
    after: dict[Hashable, set[int]] = {}
    for states, intent in places:
        after.setdefault(states, set()).add(column[intent])
    comes = torch.zeros(len(places), len(intents), dtype=torch.bool)
    for row, (states, _) in enumerate(places):
        comes[row, list(after[states])] = True
    return comes


def _key(features: Mapping[str, float]) -> Hashable:
    return frozenset(features.items())
