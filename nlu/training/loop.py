"""Training of the joint model: what an epoch of it is, for the loop of `nlu.training.epochs`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import TypeAlias

import numpy as np
import torch
from torch import nn

from nlu.labels import LabelMap
from nlu.model import JointModel
from nlu.training.compute import EXACT_CPU, Compute
from nlu.training.config import OptimiserSettings, TrainConfig
from nlu.training.dataset import CachedExample, TrainingBatch, make_batches
from nlu.training.epochs import EpochWatcher, run_epochs
from nlu.training.losses import class_weights
from nlu.training.pairs import PairBatch, PairSet, spread_pair_batches
from nlu.training.resume import TrainingState
from nlu.training.steps import Stepper, make_stepper, trained_parameters
from nlu.training.validation import EpochResult, validate

_Step: TypeAlias = tuple[TrainingBatch, PairBatch | None]


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSplits:
    """What is trained on, what decides when to stop, their labels, and the layer above their states.

    `pairs` teach the query embedding, if there are any.
    """

    train: Sequence[CachedExample]
    validation: Sequence[CachedExample]
    label_map: LabelMap
    first_trained_layer: int
    pairs: PairSet | None = None


LoopWatcher: TypeAlias = EpochWatcher[EpochResult]


def train_loop(
    model: JointModel,
    splits: TrainingSplits,
    config: TrainConfig,
    *,
    watcher: LoopWatcher,
    compute: Compute = EXACT_CPU,
    start: TrainingState[EpochResult] | None = None,
) -> list[EpochResult]:
    """Train the model's trainable parameters in place and leave the best epoch's values in them.

    Args:
        model: prepared by a fine-tuning method; frozen parameters do not change.
        splits: cached examples; without validation examples the last epoch counts as the best.
        config: what to do; the order of examples follows its seed, dropout torch's own generator.
        watcher: told of steps, states and epochs.
        compute: where the model is, and its precision in training.
        start: the state of the same run after some epochs.

    Returns:
        The result of every epoch, those before `start` included.
    """
    trainee = _JointTrainee(splits, config, _make_stepper(model, splits, config, compute))
    results = run_epochs(trainee, watcher, seed=config.seed, start=start)
    model.eval()
    return results


@dataclass(frozen=True, slots=True, eq=False)
class _JointTrainee:
    """The joint model with its data; implements `nlu.training.epochs.Trainee`."""

    splits: TrainingSplits
    config: TrainConfig
    stepper: Stepper

    @property
    def settings(self) -> OptimiserSettings:
        return self.config.optimiser

    @property
    def compute(self) -> Compute:
        return self.stepper.compute

    @property
    def optimiser(self) -> torch.optim.Optimizer:
        return self.stepper.optimiser

    @property
    def num_batches(self) -> int:
        return _count_batches(self.splits, self.config)

    @property
    def can_validate(self) -> bool:
        return len(self.splits.validation) > 0

    def batches(self, epoch: int, rng: np.random.Generator) -> Iterator[_Step]:  # noqa: ARG002  # all alike
        batches = make_batches(self.splits.train, batch_size=self.settings.batch_size, rng=rng)
        return zip(batches, self._pair_batches(rng), strict=False)

    def step(self, batch: _Step, number: int, num_steps: int) -> float:
        return self.stepper.step(batch[0], number, num_steps, batch[1])

    def validate(self, epoch: int, train_loss: float, started_at_s: float) -> EpochResult:
        quality = validate(
            self.stepper.model,
            self.splits.validation,
            self.splits.label_map,
            first_trained_layer=self.splits.first_trained_layer,
            compute=self.compute,
        )
        return EpochResult(
            epoch=epoch,
            train_loss=train_loss,
            intent_accuracy=quality.intent_accuracy,
            span_f1=quality.spans.f1,
            frame_accuracy=quality.frame_accuracy,
            seconds=time.monotonic() - started_at_s,
        )

    def score(self, result: EpochResult) -> float:
        return float(getattr(result, self.config.primary_metric))

    def trained_parameters(self) -> Mapping[str, nn.Parameter]:
        return self.stepper.trained_parameters()

    def kept_parameters(self) -> Mapping[str, nn.Parameter]:
        return trained_parameters(self.stepper.model)

    def _pair_batches(self, rng: np.random.Generator) -> Iterator[PairBatch | None]:
        """Give a batch of pairs or None for every step of an epoch."""
        pairs, batch_size = self.splits.pairs, self.config.retrieval.batch_size
        if pairs is None:
            return repeat(None)
        return spread_pair_batches(pairs, num_steps=self.num_batches, batch_size=batch_size, rng=rng)


def _make_stepper(
    model: JointModel, splits: TrainingSplits, config: TrainConfig, compute: Compute
) -> Stepper:
    intents = torch.stack([example.example.weight * example.example.intents for example in splits.train])
    return make_stepper(
        model,
        config,
        class_weights(intents, config.class_weighting),
        compute=compute,
        first_trained_layer=splits.first_trained_layer,
    )


def _count_batches(splits: TrainingSplits, config: TrainConfig) -> int:
    return -(-len(splits.train) // config.optimiser.batch_size)
