"""Conversations as numbers: which features each state has, and which action follows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch.nn.utils.rnn import pad_sequence

from app.dialogue.domain import Domain
from app.dialogue.events import ActionExecuted
from app.dialogue.history import applied
from app.dialogue.states import TurnState, conversation_states, story_events
from app.dialogue.stories import Step
from app.dialogue.story_features import learnable, state_features

MAX_STATES = 64  # of one conversation: training cuts longer ones, and later only so many last ones count
NO_ACTION = -100  # the target of padding, and where nothing is to be predicted


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The features and actions that a model knows; their places are the columns of its tensors."""

    features: tuple[str, ...]
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conversation:
    """The states before every action of a conversation, as features, and those actions."""

    features: tuple[Mapping[str, float], ...]
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Encoded:
    """One conversation or a batch of them as tensors.

    Attributes:
        features: `(seq, num_features)` float32, one row per state.
        actions: `(seq,)` int64, the action after each state; `NO_ACTION` at padding and for the empty name.
    """

    features: torch.Tensor
    actions: torch.Tensor


def read_conversation(steps: Sequence[Step], domain: Domain) -> Conversation:
    """Play the steps of a story and note what is seen and done; what is past `MAX_STATES` is left out."""
    states, actions = story_states(steps, domain)
    features = [state_features(state) for state in states]
    return Conversation(tuple(features[:MAX_STATES]), tuple(actions[:MAX_STATES]))


def story_states(steps: Sequence[Step], domain: Domain) -> tuple[list[TurnState], list[str]]:
    """Give the states before every action of a story, as a conversation would see them, and the actions.

    The slots have their initial values at the start; the first listening, which no story says, is left out.
    """
    events = story_events(steps, domain)
    states = conversation_states(events, domain)
    done = [event.action for event in applied(events) if isinstance(event, ActionExecuted)]
    seen = learnable(states[: len(done)])
    return seen, done[len(done) - len(seen) :]


def make_vocabulary(conversations: Iterable[Conversation]) -> Vocabulary:
    """Collect all features and actions; the empty name stands for none."""
    features: set[str] = set()
    actions: set[str] = set()
    for conversation in conversations:
        actions.update(filter(None, conversation.actions))
        for state in conversation.features:
            features.update(state)
    return Vocabulary(tuple(sorted(features)), tuple(sorted(actions)))


def encode_features(states: Sequence[Mapping[str, float]], places: Mapping[str, int]) -> torch.Tensor:
    """Give `(seq, num_features)` float32; features that were never learnt have no column."""
    rows = torch.zeros(len(states), len(places))
    for row, state in enumerate(states):
        for name, value in state.items():
            if name in places:
                rows[row, places[name]] = value
    return rows


def encode(conversations: Iterable[Conversation], vocabulary: Vocabulary) -> list[Encoded]:
    """Turn conversations into tensors."""
    of_feature = {name: place for place, name in enumerate(vocabulary.features)}
    of_action = {name: place for place, name in enumerate(vocabulary.actions)}
    return [
        Encoded(
            encode_features(one.features, of_feature),
            torch.tensor([of_action.get(action, NO_ACTION) for action in one.actions]),
        )
        for one in conversations
    ]


def make_batch(conversations: Sequence[Encoded]) -> Encoded:
    """Stack conversations: `(batch, seq, num_features)` and `(batch, seq)`, padded at their ends."""
    return Encoded(
        pad_sequence([one.features for one in conversations], batch_first=True),
        pad_sequence([one.actions for one in conversations], batch_first=True, padding_value=NO_ACTION),
    )
