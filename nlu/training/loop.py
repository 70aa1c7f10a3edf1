"""The training loop: epochs of steps, early stopping on the primary metric, the best kept, resumable.

The loop knows no files: it begins from a state and gives one away after every epoch.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, Protocol

import numpy as np
import torch

from nlu.labels import LabelMap
from nlu.model import JointModel
from nlu.training.compute import EXACT_CPU, Compute
from nlu.training.config import OptimiserSettings, TrainConfig
from nlu.training.dataset import CachedExample, make_batches
from nlu.training.losses import class_weights
from nlu.training.pairs import PairBatch, PairSet, spread_pair_batches
from nlu.training.progress import Steps
from nlu.training.resume import TrainingState
from nlu.training.steps import (
    Stepper,
    copy_parameters,
    make_stepper,
    set_parameters,
    trained_parameters,
)
from nlu.training.validation import EpochResult, validate


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


class LoopWatcher(Protocol):
    """Told what the loop does."""

    def on_step(self, steps: Steps, epoch: int) -> None:
        """Hear of every step."""

    def on_state(self, state: TrainingState[EpochResult]) -> None:
        """Hear after every epoch from where a run could go on."""

    def on_epoch(self, steps: Steps, result: EpochResult) -> None:
        """Hear of every epoch, after its state; an exception ends the run."""


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
    run = _start_run(model, splits, config, compute)
    if start is not None:
        run.resume(start)
    while not run.is_over:
        result = run.run_epoch(watcher)
        watcher.on_state(run.state())
        watcher.on_epoch(run.steps(), result)
    set_parameters(trained_parameters(model), run.best)
    model.eval()
    return run.results


@dataclass(slots=True, eq=False)
class _Run:
    """A run under way."""

    stepper: Stepper
    splits: TrainingSplits
    rng: np.random.Generator
    results: list[EpochResult] = field(default_factory=list)
    best_epoch: int = 0
    best: dict[str, torch.Tensor] = field(default_factory=dict)
    num_epochs_before: int = 0  # of the process that was killed

    @property
    def settings(self) -> OptimiserSettings:
        return self.stepper.config.optimiser

    @property
    def is_over(self) -> bool:
        epoch = len(self.results)
        return epoch >= self.settings.max_epochs or epoch - self.best_epoch >= self.settings.patience

    def steps(self, in_epoch: int = 0) -> Steps:
        per_epoch = _steps_per_epoch(len(self.splits.train), self.settings.batch_size)
        done = len(self.results) * per_epoch + in_epoch
        return Steps(done, self.stepper.num_steps, done - self.num_epochs_before * per_epoch)

    def run_epoch(self, watcher: LoopWatcher) -> EpochResult:
        started_at_s = time.monotonic()
        epoch, first_step = len(self.results) + 1, self.steps().done
        losses: list[float] = []
        pairs = self._pair_batches()
        for batch in make_batches(self.splits.train, batch_size=self.settings.batch_size, rng=self.rng):
            losses.append(self.stepper.step(batch, first_step + len(losses), next(pairs)))
            watcher.on_step(self.steps(len(losses)), epoch)
        quality = validate(
            self.stepper.model,
            self.splits.validation,
            self.splits.label_map,
            first_trained_layer=self.splits.first_trained_layer,
            compute=self.stepper.compute,
        )
        seconds = time.monotonic() - started_at_s
        result = EpochResult(
            epoch=epoch,
            train_loss=float(np.mean(losses)),
            intent_accuracy=quality.intent_accuracy,
            span_f1=quality.spans.f1,
            frame_accuracy=quality.frame_accuracy,
            seconds=seconds,
        )
        self._add(result)
        return result

    def _pair_batches(self) -> Iterator[PairBatch | None]:
        """Give a batch of pairs or None for every step of an epoch."""
        pairs, batch_size = self.splits.pairs, self.stepper.config.retrieval.batch_size
        if pairs is None:
            return repeat(None)
        num_steps = _steps_per_epoch(len(self.splits.train), self.settings.batch_size)
        return spread_pair_batches(pairs, num_steps=num_steps, batch_size=batch_size, rng=self.rng)

    def state(self) -> TrainingState[EpochResult]:
        return TrainingState(
            results=tuple(self.results),
            best_epoch=self.best_epoch,
            trained=copy_parameters(self.stepper.trained_parameters()),
            best=self.best,
            optimiser=_optimiser_tensors(self.stepper.optimiser),
            generators=_generator_states(self.stepper.compute),
            rng=dict(self.rng.bit_generator.state),
        )

    def resume(self, state: TrainingState[EpochResult]) -> None:
        self.results = list(state.results)
        self.best_epoch, self.best = state.best_epoch, dict(state.best)
        self.num_epochs_before = len(state.results)
        self.rng.bit_generator.state = state.rng
        set_parameters(self.stepper.trained_parameters(), state.trained)
        _restore_optimiser(self.stepper.optimiser, state)
        _restore_generators(state)

    def _add(self, result: EpochResult) -> None:
        metric = self.stepper.config.primary_metric
        best = getattr(self.results[self.best_epoch - 1], metric) if self.best_epoch else float("-inf")
        self.results.append(result)
        if getattr(result, metric) > best or not self.splits.validation:
            self.best_epoch = result.epoch
            self.best = copy_parameters(trained_parameters(self.stepper.model))


def _start_run(model: JointModel, splits: TrainingSplits, config: TrainConfig, compute: Compute) -> _Run:
    per_epoch = _steps_per_epoch(len(splits.train), config.optimiser.batch_size)
    intents = torch.stack([example.example.weight * example.example.intents for example in splits.train])
    stepper = make_stepper(
        model,
        config,
        class_weights(intents, config.class_weighting),
        compute=compute,
        first_trained_layer=splits.first_trained_layer,
        num_steps=config.optimiser.max_epochs * per_epoch,
    )
    return _Run(stepper, splits, np.random.default_rng(config.seed))


def _steps_per_epoch(num_examples: int, batch_size: int) -> int:
    return -(-num_examples // batch_size)


def _optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    moments = optimiser.state_dict()["state"]
    return {
        f"{number}.{name}": tensor.clone()
        for number, tensors in moments.items()
        for name, tensor in tensors.items()
    }


def _restore_optimiser(optimiser: torch.optim.Optimizer, state: TrainingState[EpochResult]) -> None:
    moments: dict[int, dict[str, Any]] = {}
    for key, tensor in state.optimiser.items():
        number, _, name = key.partition(".")
        moments.setdefault(int(number), {})[name] = tensor
    optimiser.load_state_dict({"state": moments, "param_groups": optimiser.state_dict()["param_groups"]})


def _generator_states(compute: Compute) -> dict[str, torch.Tensor]:
    states = {str(device): torch.cuda.get_rng_state(device) for device in compute.rng_devices}
    return states | {"cpu": torch.get_rng_state()}


def _restore_generators(state: TrainingState[EpochResult]) -> None:
    for device, generator in state.generators.items():
        if device == "cpu":
            torch.set_rng_state(generator)
        else:
            torch.cuda.set_rng_state(generator, device)
