"""Tiny splits, batches and watchers for tests of the training loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from nlu.batching import EncodedText, collate
from nlu.checkpoint import EncoderCheckpoint
from nlu.finetuning.methods import make_method
from nlu.labels import LabelMap
from nlu.model import HeadSizes, JointModel, Targets
from nlu.text import SPELLING_LENGTH
from nlu.training.cache import cache_states
from nlu.training.config import TrainConfig
from nlu.training.dataset import CachedExample, TrainingBatch, encode_examples
from nlu.training.loop import TrainingSplits
from nlu.training.progress import Steps
from nlu.training.resume import TrainingState
from nlu.training.validation import EpochResult
from nlu.types import Example
from tests.fakes_nlu import text_encoder_of, tiny_encoder


def two_words(text: str = "hello hi") -> EncodedText:
    """Two words between special tokens."""
    return EncodedText(
        text=text,
        ids=np.asarray([2, 5, 6, 3], dtype=np.int64),
        offsets=((0, 0), (0, 5), (6, 8), (0, 0)),
        casing=np.zeros(4, dtype=np.int64),
        spelling=np.zeros((4, SPELLING_LENGTH), dtype=np.uint8),
        patterns=np.zeros((4, 0), dtype=np.float32),
        num_text_tokens=4,
    )


def tiny_batch(
    *, intents: torch.Tensor, teacher: torch.Tensor, spans: Sequence[tuple[int, int, int, int]] = ()
) -> TrainingBatch:
    """As many texts of two words as `intents` has rows; `spans` holds row, first, last and label + 1."""
    encoded = tuple(two_words() for _ in intents)
    labels = torch.zeros(len(encoded), 4, 4, dtype=torch.int64)
    for row, first, last, label in spans:
        labels[row, first, last] = label
    targets = Targets(intents, labels, teacher, torch.ones(len(encoded)))
    return TrainingBatch(collate(encoded), None, targets, encoded)


def make_splits(
    checkpoint: EncoderCheckpoint,
    config: TrainConfig,
    train: Sequence[Example],
    validation: Sequence[Example] = (),
    *,
    keep_states: bool = True,
) -> TrainingSplits:
    """Encode and cache."""
    label_map = LabelMap.from_examples((*train, *validation))
    encoder, text_encoder = tiny_encoder(checkpoint), text_encoder_of(checkpoint)
    first = make_method(config.finetuning).first_trained_layer(encoder)

    def cached(examples: Sequence[Example]) -> list[CachedExample]:
        encoded = encode_examples(examples, label_map, text_encoder)
        return cache_states(encoded, encoder, first_trained_layer=first, keep_states=keep_states)

    return TrainingSplits(cached(train), cached(validation), label_map, first)


def make_model(checkpoint: EncoderCheckpoint, config: TrainConfig, label_map: LabelMap) -> JointModel:
    """Draw heads from the configuration's seed and apply its method; sets torch's own generator."""
    torch.manual_seed(config.seed)
    sizes = HeadSizes(
        num_intents=len(label_map.intents),
        num_span_labels=len(label_map.span_labels),
        num_patterns=0,
        span_size=config.heads.span_size,
        dropout=config.heads.dropout,
    )
    encoder = tiny_encoder(checkpoint)
    encoder.set_dropout(config.encoder_dropout)
    model = JointModel(encoder, sizes)
    make_method(config.finetuning).prepare(model.encoder)
    return model


@dataclass
class RecordingWatcher:
    """Keeps what it hears; `on_result` may end the run by an exception."""

    on_result: Callable[[EpochResult], None] = lambda _: None
    labeller_steps: list[Steps] = field(default_factory=list)
    steps: list[Steps] = field(default_factory=list)
    states: list[TrainingState] = field(default_factory=list)

    def on_labeller_step(self, steps: Steps, epoch: int) -> None:
        self.labeller_steps.append(steps)

    def on_step(self, steps: Steps, epoch: int) -> None:
        self.steps.append(steps)

    def on_state(self, state: TrainingState) -> None:
        self.states.append(state)

    def on_epoch(self, steps: Steps, result: EpochResult) -> None:
        self.on_result(result)
