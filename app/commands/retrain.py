"""``spandesk retrain``: the same job that the operator's button starts, followed in the terminal."""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Iterator

from app.commands.context import read_bot, settings_for
from app.commands.progress import ProgressBar
from app.db.training_store import TrainingJob, TrainingStore
from app.dialogue.errors import NotFoundError
from app.jobs.queue import open_queue, request_retraining
from app.provisioning import ensure_champion, open_stores
from app.settings import Settings
from app.worker import start_worker_process
from nlu.training.progress import Progress

POLL_S = 0.5
PATIENCE_S = 5.0  # for a running worker to take the job, before one is started here


def run(args: argparse.Namespace) -> int:
    """Queue a job; wait for its end unless told not to. Exit code 1 if it failed."""
    settings = settings_for(args)
    stores = open_stores(settings)
    queue = open_queue(settings)
    ensure_champion(stores, settings, read_bot(settings))  # there must be something to beat
    job = request_retraining(stores.training, queue, "cli")
    print(f"queued: job {job.job_id}")
    if args.no_wait:
        return 0
    ended = _follow(settings, stores.training, job.job_id)
    print(f"{ended.status}: {ended.message}")
    queue.close()
    stores.close()
    return 0 if ended.status == "succeeded" else 1


def _follow(settings: Settings, jobs: TrainingStore, job_id: str) -> TrainingJob:
    with ProgressBar() as bar:
        job = _wait(jobs, job_id, bar, patience_s=PATIENCE_S)
        if job.status != "queued":
            return _wait(jobs, job_id, bar) if job.is_active else job
        with _own_worker(settings):  # nobody took it: no worker is running
            return _wait(jobs, job_id, bar)


def _wait(jobs: TrainingStore, job_id: str, bar: ProgressBar, patience_s: float | None = None) -> TrainingJob:
    """Show the job until it ends; with patience, only until somebody takes it or the time is over."""
    deadline = None if patience_s is None else time.monotonic() + patience_s
    while True:
        job = jobs.find_job(job_id)
        if job is None:
            raise NotFoundError(f"got the job {job_id}, which the database no longer has")
        if not job.is_active:
            return job
        if deadline is not None and (job.status == "running" or time.monotonic() > deadline):
            return job
        bar.show(Progress(job.stage or "queued", job.progress, job.eta_s, job.message))
        time.sleep(POLL_S)


@contextlib.contextmanager
def _own_worker(settings: Settings) -> Iterator[None]:
    process = start_worker_process(settings)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)
