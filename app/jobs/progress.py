"""Writes the progress of a job for people to watch, not more than once a second; and hears a stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from app.db.training_store import TrainingJob, TrainingStore
from app.dialogue.errors import ChatbotError
from nlu.training.progress import Progress, Report

_MIN_INTERVAL_S = 1.0


class JobStoppedError(ChatbotError):
    """The worker was asked to stop while the job was running."""


class JobReporter:
    """Keeps a running job's row up to date.

    Args:
        store: where the job is.
        job: the job as it was claimed.
        should_stop: looked at on every report; a job stops between two of them.
        now_s: a clock that never goes back, in seconds.
    """

    def __init__(
        self,
        store: TrainingStore,
        job: TrainingJob,
        *,
        should_stop: Callable[[], bool],
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._job = job
        self._should_stop = should_stop
        self._now_s = now_s
        self._started_at_s = now_s()
        self._saved_at_s: float | None = None

    @property
    def job(self) -> TrainingJob:
        """Give the job as it was last reported."""
        return self._job

    def report(self, stage: str, progress: float, message: str) -> None:
        """Say what is being done and how much of the whole job is done, 0..1.

        Raises:
            JobStoppedError: the worker is to stop.
        """
        if self._should_stop():
            raise JobStoppedError("The worker was stopped. Nothing was changed; start the retraining again.")
        is_new_stage = stage != self._job.stage
        self._job = replace(
            self._job, stage=stage, progress=progress, eta_s=self._eta_s(progress), message=message
        )
        now_s = self._now_s()
        if is_new_stage or self._saved_at_s is None or now_s - self._saved_at_s >= _MIN_INTERVAL_S:
            self._saved_at_s = now_s
            self._store.update_job(self._job)

    def part(self, stage: str, start: float, end: float) -> Report:
        """Give a callback for a step that reports its own fraction, from `start` to `end` of the job."""

        def report(progress: Progress) -> None:
            done = start + (end - start) * progress.fraction
            self.report(stage, done, f"{progress.stage}: {progress.message}")

        return report

    def _eta_s(self, progress: float) -> float | None:
        elapsed_s = self._now_s() - self._started_at_s
        return elapsed_s * (1.0 - progress) / progress if progress > 0 else None
