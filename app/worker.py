"""The worker process: runs the job queue, one job at a time, one worker per home folder.

Stops on SIGTERM and SIGINT: a running job ends as failed at its next report. After a kill, the next worker of
the same home marks the job failed.
"""

from __future__ import annotations

import argparse
import fcntl
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from huey.consumer import Consumer

from app.db.training_store import TrainingStore
from app.dialogue.errors import ConflictError
from app.jobs.queue import JobQueue, open_queue
from app.jobs.tasks import run_retraining
from app.jobs.workshop import open_workshop
from app.logs import configure_logging
from app.provisioning import open_stores
from app.settings import Settings, load_settings

log = logging.getLogger(__name__)

LOCK_FILE = "worker.lock"
_LOCK_TIMEOUT_S = 20.0  # longer than a stopping worker takes
_SHUTDOWN_TIMEOUT_S = 10  # for a job to reach its next report; longer, it is failed as it stands
_HEALTH_INTERVAL_S = 5.0
_NICENESS = 10  # customers' messages go first on a shared machine


def run_worker(settings: Settings, *, stopping: threading.Event | None = None) -> int:
    """Run jobs until told to stop; call it in the main thread.

    Args:
        settings: where database, queue and bot are.
        stopping: set it to stop the worker; signals set it too.

    Raises:
        ConflictError: another worker of this home does not go away.
    """
    stopping = stopping or threading.Event()
    os.nice(_NICENESS)
    logging.getLogger("huey").setLevel(logging.WARNING)
    settings.home.mkdir(parents=True, exist_ok=True)
    with _only_worker(settings.home / LOCK_FILE):
        stores = open_stores(settings)
        name = worker_name(settings)
        workshop = open_workshop(settings, stores)

        def retrain(job_id: str) -> None:
            run_retraining(job_id, stores.training, workshop, worker=name, should_stop=stopping.is_set)

        queue = open_queue(settings, retrain)
        _recover(stores.training, queue, name)
        is_idle = _consume(queue, stopping)
        stores.training.fail_interrupted(worker=name)
        if not is_idle:
            log.warning("worker_left_a_job")
            logging.shutdown()
            os._exit(1)  # a thread in the middle of a training step cannot be ended in any other way
        queue.close()
        stores.close()
    log.info("worker_stopped")
    return 0


def start_worker_process(settings: Settings) -> subprocess.Popen[bytes]:
    """Start a worker as a child that ends with this process, however this process ends."""
    changed = {"SPANDESK_HOME": str(settings.home.absolute()), "SPANDESK_BOT": str(settings.bot.absolute())}
    changed["OMP_WAIT_POLICY"] = "PASSIVE"  # idle threads that spin take the processor from the server
    return subprocess.Popen(
        [sys.executable, "-m", "app.worker", "--with-parent"], stdin=subprocess.PIPE, env=os.environ | changed
    )


def worker_name(settings: Settings) -> str:
    """Name the worker so that the next one of the same home knows whose jobs were interrupted."""
    return f"{socket.gethostname()}:{settings.home.absolute()}"


def _recover(jobs: TrainingStore, queue: JobQueue, name: str) -> None:
    for job in jobs.fail_interrupted(worker=name):
        log.warning("job_was_interrupted", extra={"job_id": job.job_id})
    for job in jobs.jobs():
        if job.status == "queued":  # the queue may have lost it; delivered twice, it still runs once
            queue.enqueue_retraining(job.job_id)


def _consume(queue: JobQueue, stopping: threading.Event) -> bool:
    """Run jobs until told to stop; say whether the last one came to its end."""
    consumer = Consumer(
        queue.huey,
        workers=1,
        periodic=False,
        initial_delay=0.2,
        max_delay=1.0,
        check_worker_health=False,
        shutdown_timeout=_SHUTDOWN_TIMEOUT_S,
    )
    consumer.start()
    _stop_on_signals(stopping)  # after the consumer has set its own, which would leave jobs half-way
    log.info("worker_started")
    while not stopping.wait(_HEALTH_INTERVAL_S):
        consumer.check_worker_health()
    consumer.stop(graceful=True)
    return not any(thread.is_alive() for _, thread in consumer.worker_threads)


def _stop_on_signals(stopping: threading.Event) -> None:
    def stop(signum: int, _frame: FrameType | None) -> None:
        log.info("worker_stopping", extra={"signal": signal.Signals(signum).name})
        stopping.set()

    for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(signum, stop)


@contextmanager
def _only_worker(path: Path) -> Iterator[None]:
    """Hold the home's worker lock; the system gives it back when the process ends in any way."""
    with path.open("w") as file:
        deadline_s = time.monotonic() + _LOCK_TIMEOUT_S
        while not _try_lock(file.fileno()):
            if time.monotonic() > deadline_s:
                raise ConflictError(f"worker: another one is running for {path.parent}; stop it first")
            time.sleep(0.2)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stop_with_parent(stopping: threading.Event) -> None:
    """Wait for the end of standard input, which the parent holds open as long as it lives."""

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1024):  # not sys.stdin.read(), whose lock would block our own end
            pass
        stopping.set()

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()


def main() -> int:
    """Run as ``python -m app.worker``."""
    parser = argparse.ArgumentParser(prog="python -m app.worker", description="Run background jobs.")
    parser.add_argument("--with-parent", action="store_true", help="stop when standard input ends")
    args = parser.parse_args()
    settings = load_settings()
    configure_logging(settings.log_level)
    stopping = threading.Event()
    if args.with_parent:
        _stop_with_parent(stopping)
    return run_worker(settings, stopping=stopping)


if __name__ == "__main__":
    sys.exit(main())
