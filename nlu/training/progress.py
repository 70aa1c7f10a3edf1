"""How far a training run is; values for a progress bar or a console page, and the clock that makes them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

_MIN_INTERVAL_S = 2.0  # between two reports of one stage
CACHE_AT, TRAIN_AT, CALIBRATE_AT = 0.02, 0.1, 0.9  # fractions of the whole run


@dataclass(frozen=True, slots=True)
class Progress:
    """One report.

    Attributes:
        stage: what is being done: ``prepare``, ``cache``, ``train``, ``calibrate``, ``evaluate``, ``save``.
        fraction: of the whole run, in [0, 1], never falling.
        eta_s: seconds that the run will still take, or None while nothing is known.
        message: one line for a person.
    """

    stage: str
    fraction: float
    eta_s: float | None
    message: str


Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Steps:
    """How far training is: steps done, steps of all epochs at most, and steps that this process did."""

    done: int
    total: int
    done_here: int


class RunClock:
    """Turns steps and elapsed time into reports.

    The time left is that of the steps left, if no epoch is spared, and of what follows them, which takes
    about as long as what came before.
    """

    def __init__(self, progress: Report, now_s: Callable[[], float] = time.monotonic) -> None:
        self._progress = progress
        self._now_s = now_s
        self._started_at_s = self._reported_at_s = now_s()
        self._training_at_s: float | None = None
        self._measured_from = (0.0, 0)  # a time, and the steps of this process that were done then

    @property
    def elapsed_s(self) -> float:
        """Give the seconds since the run began."""
        return self._now_s() - self._started_at_s

    def report(self, stage: str, fraction: float, message: str) -> None:
        """Report a stage; the time left is guessed from the fraction, unless folds may be trained now."""
        is_known = fraction > 0 and fraction != CALIBRATE_AT
        eta_s = self.elapsed_s * (1.0 - fraction) / fraction if is_known else None
        self._send(Progress(stage, fraction, eta_s, message))

    def report_caching(self, done: int, total: int) -> None:
        """Report, not too often, how many texts have passed the frozen layers."""
        if self._is_due():
            fraction = CACHE_AT + (TRAIN_AT - CACHE_AT) * done / total
            self._send(Progress("cache", fraction, None, f"{done} of {total} texts"))

    def start_training(self) -> None:
        """Begin to measure steps, perhaps afresh."""
        self._training_at_s = self._now_s()
        self._measured_from = (self._training_at_s, 0)

    def report_labeller(self, message: str) -> None:
        """Report, not too often, that something is done before training; steps are measured from then on."""
        self.start_training()
        if self._is_due():
            self._send(Progress("train", TRAIN_AT, None, message))

    def report_step(self, steps: Steps, message: str) -> None:
        """Report, not too often, that a step is done; the first says nothing of the others' duration."""
        if steps.done_here == 1:
            self._measured_from = (self._now_s(), 1)
        if self._is_due():
            self.report_epoch(steps, message)

    def report_epoch(self, steps: Steps, message: str) -> None:
        """Report that an epoch is done."""
        fraction = TRAIN_AT + (CALIBRATE_AT - TRAIN_AT) * steps.done / max(steps.total, 1)
        self._send(Progress("train", fraction, self._training_left_s(steps), message))

    def report_fold(self, message: str) -> None:
        """Report, not too often, that something is done for calibration."""
        if self._is_due():
            self._send(Progress("calibrate", CALIBRATE_AT, None, message))

    def _training_left_s(self, steps: Steps) -> float | None:
        since_s, done_then = self._measured_from
        if self._training_at_s is None or steps.done_here <= done_then:
            return None
        per_step_s = (self._now_s() - since_s) / (steps.done_here - done_then)
        around_s = self._training_at_s - self._started_at_s
        return per_step_s * (steps.total - steps.done) + around_s

    def _is_due(self) -> bool:
        return self._now_s() - self._reported_at_s >= _MIN_INTERVAL_S

    def _send(self, progress: Progress) -> None:
        self._reported_at_s = self._now_s()
        self._progress(progress)
