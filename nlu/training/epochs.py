"""The training loop: epochs of steps, early stopping on one score, the best kept, resumable.

It knows neither files nor what is trained: it begins from a state and gives one away after every epoch.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from torch import nn

from nlu.training.compute import Compute
from nlu.training.config import OptimiserSettings
from nlu.training.progress import Steps
from nlu.training.resume import TrainingState

Result = TypeVar("Result")
Step = TypeVar("Step")


class Trainee(Protocol[Step, Result]):
    """What is trained, how a step of it goes, and how good it is."""

    @property
    def settings(self) -> OptimiserSettings:
        """Say how long and how fast."""

    @property
    def compute(self) -> Compute:
        """Say where."""

    @property
    def optimiser(self) -> torch.optim.Optimizer:
        """Give what changes the parameters."""

    @property
    def num_batches(self) -> int:
        """Count the batches of an epoch."""

    @property
    def can_validate(self) -> bool:
        """Say whether there is anything to judge epochs by; without, the last counts as the best."""

    def batches(self, epoch: int, rng: np.random.Generator) -> Iterable[Step]:
        """Give the batches of an epoch, counted from 1."""

    def step(self, batch: Step, number: int, num_steps: int) -> float:
        """Change the parameters once; `number` counts from 0. Gives the loss before."""

    def validate(self, epoch: int, train_loss: float, started_at_s: float) -> Result:
        """Measure what an epoch that began at `started_at_s` on the monotonic clock made of it."""

    def score(self, result: Result) -> float:
        """Give what decides which epoch is the best; higher is better."""

    def trained_parameters(self) -> Mapping[str, nn.Parameter]:
        """Give everything that steps change, by name."""

    def kept_parameters(self) -> Mapping[str, nn.Parameter]:
        """Give those of them that are kept of the best epoch."""


class EpochWatcher(Protocol[Result]):
    """Told what the loop does."""

    def on_step(self, steps: Steps, epoch: int) -> None:
        """Hear of every step."""

    def on_state(self, state: TrainingState[Result]) -> None:
        """Hear after every epoch from where a run could go on."""

    def on_epoch(self, steps: Steps, result: Result) -> None:
        """Hear of every epoch, after its state; an exception ends the run."""


def run_epochs(
    trainee: Trainee[Step, Result],
    watcher: EpochWatcher[Result],
    *,
    seed: int,
    start: TrainingState[Result] | None = None,
) -> list[Result]:
    """Train in place and leave the best epoch's values in the kept parameters.

    Args:
        trainee: ready for its first step; frozen parameters do not change.
        watcher: told of steps, states and epochs.
        seed: of the generator that orders the examples; dropout draws from torch's own.
        start: the state of the same run after some epochs.

    Returns:
        The result of every epoch, those before `start` included.
    """
    run: _Run[Step, Result] = _Run(trainee, np.random.default_rng(seed))
    if start is not None:
        run.resume(start)
    while not run.is_over:
        result = run.run_epoch(watcher)
        watcher.on_state(run.state())
        watcher.on_epoch(run.steps(), result)
    set_parameters(trainee.kept_parameters(), run.best)
    return run.results


def copy_parameters(parameters: Mapping[str, nn.Parameter]) -> dict[str, torch.Tensor]:
    """Copy values, where they are."""
    return {name: parameter.detach().clone() for name, parameter in parameters.items()}


def set_parameters(parameters: Mapping[str, nn.Parameter], values: Mapping[str, torch.Tensor]) -> None:
    """Overwrite parameters in place."""
    with torch.no_grad():
        for name, value in values.items():
            parameters[name].copy_(value)


@dataclass(slots=True, eq=False)
class _Run(Generic[Step, Result]):
    """A run under way."""

    trainee: Trainee[Step, Result]
    rng: np.random.Generator
    results: list[Result] = field(default_factory=list)
    best_epoch: int = 0
    best: dict[str, torch.Tensor] = field(default_factory=dict)
    num_epochs_before: int = 0  # of the process that was killed

    @property
    def is_over(self) -> bool:
        epoch, settings = len(self.results), self.trainee.settings
        return epoch >= settings.max_epochs or epoch - self.best_epoch >= settings.patience

    def steps(self, in_epoch: int = 0) -> Steps:
        per_epoch = self.trainee.num_batches
        done = len(self.results) * per_epoch + in_epoch
        total = self.trainee.settings.max_epochs * per_epoch
        return Steps(done, total, done - self.num_epochs_before * per_epoch)

    def run_epoch(self, watcher: EpochWatcher[Result]) -> Result:
        started_at_s = time.monotonic()
        epoch, before = len(self.results) + 1, self.steps()
        losses: list[float] = []
        for batch in self.trainee.batches(epoch, self.rng):
            losses.append(self.trainee.step(batch, before.done + len(losses), before.total))
            watcher.on_step(self.steps(len(losses)), epoch)
        result = self.trainee.validate(epoch, float(np.mean(losses)), started_at_s)
        self._add(result)
        return result

    def state(self) -> TrainingState[Result]:
        return TrainingState(
            results=tuple(self.results),
            best_epoch=self.best_epoch,
            trained=copy_parameters(self.trainee.trained_parameters()),
            best=self.best,
            optimiser=_optimiser_tensors(self.trainee.optimiser),
            generators=_generator_states(self.trainee.compute),
            rng=dict(self.rng.bit_generator.state),
        )

    def resume(self, state: TrainingState[Result]) -> None:
        self.results = list(state.results)
        self.best_epoch, self.best = state.best_epoch, dict(state.best)
        self.num_epochs_before = len(state.results)
        self.rng.bit_generator.state = state.rng
        set_parameters(self.trainee.trained_parameters(), state.trained)
        _restore_optimiser(self.trainee.optimiser, state)
        _restore_generators(state)

    def _add(self, result: Result) -> None:
        trainee = self.trainee
        best = trainee.score(self.results[self.best_epoch - 1]) if self.best_epoch else float("-inf")
        self.results.append(result)
        if trainee.score(result) > best or not trainee.can_validate:
            self.best_epoch = len(self.results)
            self.best = copy_parameters(trainee.kept_parameters())


def _optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    moments = optimiser.state_dict()["state"]
    return {
        f"{number}.{name}": tensor.clone()
        for number, tensors in moments.items()
        for name, tensor in tensors.items()
    }


def _restore_optimiser(optimiser: torch.optim.Optimizer, state: TrainingState[Any]) -> None:
    moments: dict[int, dict[str, Any]] = {}
    for key, tensor in state.optimiser.items():
        number, _, name = key.partition(".")
        moments.setdefault(int(number), {})[name] = tensor
    optimiser.load_state_dict({"state": moments, "param_groups": optimiser.state_dict()["param_groups"]})


def _generator_states(compute: Compute) -> dict[str, torch.Tensor]:
    states = {str(device): torch.cuda.get_rng_state(device) for device in compute.rng_devices}
    return states | {"cpu": torch.get_rng_state()}


def _restore_generators(state: TrainingState[Any]) -> None:
    for device, generator in state.generators.items():
        if device == "cpu":
            torch.set_rng_state(generator)
        else:
            torch.cuda.set_rng_state(generator, device)
