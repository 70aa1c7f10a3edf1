"""Stories in, a network that predicts the next action out: glue and augment, play, fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from torch.nn import functional

from app.dialogue.domain import Domain
from app.dialogue.stories import Story
from app.storyteller.augmentation import gather_material, make_conversations
from app.storyteller.data import (
    NO_ACTION,
    Encoded,
    Vocabulary,
    encode,
    make_batch,
    make_vocabulary,
    read_conversation,
)
from app.storyteller.model import NetworkShape, StoryNetwork
from app.storyteller.settings import StorySettings
from nlu.training.schedule import learning_rate_factor

_WARMUP_FRACTION = 0.05  # of all steps
_MAX_NORM = 1.0  # of the gradient

Report = Callable[[int, int, float], None]
"""Gets the steps done, the steps of the whole run, and the loss of the latest batch."""


class NoStoriesError(Exception):
    """There is nothing to learn from."""


@dataclass(frozen=True, slots=True)
class TrainedStories:
    """A network with the names of its columns; in evaluation mode, on the CPU.

    `thresholds`: of a network that tells what customers say, see `app.storyteller.intents`.
    """

    network: StoryNetwork
    vocabulary: Vocabulary
    shape: NetworkShape
    settings: StorySettings
    thresholds: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


def ignore_progress(*_: float) -> None:
    """Report nothing."""


def train_stories(
    stories: Sequence[Story], domain: Domain, settings: StorySettings, report: Report = ignore_progress
) -> TrainedStories:
    """Train; equal stories, settings and machines give equal weights.

    Raises:
        NoStoriesError: no story has a step.
    """
    rng = np.random.default_rng(settings.seed)
    material = gather_material([story for story in stories if story.steps], domain)
    made = make_conversations(material, settings, rng)
    conversations = [one for one in (read_conversation(steps, domain) for steps in made) if one.actions]
    if not conversations:
        raise NoStoriesError("got no story with a step, expected at least one; write some or train without")
    vocabulary = make_vocabulary(conversations)
    return train_network(encode(conversations, vocabulary), vocabulary, settings, rng, report)


def train_network(
    conversations: Sequence[Encoded],
    vocabulary: Vocabulary,
    settings: StorySettings,
    rng: np.random.Generator,
    report: Report,
) -> TrainedStories:
    """Fit a network to what comes after each state of these conversations."""
    shape = _shape(vocabulary, settings)
    network = _make_network(shape, settings)
    _fit(network, conversations, settings, rng, report)
    return TrainedStories(network.eval(), vocabulary, shape, settings)


def _shape(vocabulary: Vocabulary, settings: StorySettings) -> NetworkShape:
    return NetworkShape(
        num_features=len(vocabulary.features),
        num_actions=len(vocabulary.actions),
        hidden=settings.hidden,
        num_heads=settings.num_heads,
        num_layers=settings.num_layers,
        max_history=settings.max_history,
    )


def _make_network(shape: NetworkShape, settings: StorySettings) -> StoryNetwork:
    with torch.random.fork_rng(devices=[]):  # torch draws first weights from its global generator only
        torch.manual_seed(settings.seed)
        return StoryNetwork(shape, dropout=settings.dropout)


def _fit(
    network: StoryNetwork,
    conversations: Sequence[Encoded],
    settings: StorySettings,
    rng: np.random.Generator,
    report: Report,
) -> None:
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        partial(learning_rate_factor, num_steps=settings.num_steps, warmup_fraction=_WARMUP_FRACTION),
    )
    with _one_thread(), torch.random.fork_rng(devices=[]):  # for dropout, likewise
        torch.manual_seed(settings.seed)
        network.train()
        for step in range(settings.num_steps):
            chosen = rng.integers(len(conversations), size=settings.batch_size)
            batch = make_batch([conversations[place] for place in chosen])
            loss = action_loss(network(batch.features), batch.actions, settings.label_smoothing)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), _MAX_NORM)
            optimizer.step()
            schedule.step()
            report(step + 1, settings.num_steps, float(loss.detach()))


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep torch from spreading matrices over processors that are too small to gain from it."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def action_loss(logits: torch.Tensor, actions: torch.Tensor, label_smoothing: float) -> torch.Tensor:
    """Average the smoothed cross-entropy of the next action over all states that are no padding.

    Args:
        logits: `(batch, seq, num_actions)`.
        actions: `(batch, seq)`, `NO_ACTION` at padding.
        label_smoothing: the part of the probability that is spread over all actions.
    """
    return functional.cross_entropy(
        logits.flatten(0, 1), actions.flatten(), ignore_index=NO_ACTION, label_smoothing=label_smoothing
    )
