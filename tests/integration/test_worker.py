"""The worker as a process: it takes jobs from the queue, stops when asked, and leaves no job behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.jobs.queue import open_queue, request_retraining
from app.provisioning import Stores, open_stores
from app.settings import Settings
from app.worker import start_worker_process
from tests.processes import wait_for_end, wait_until

ROOT = Path(__file__).parents[2]
DEADLINE_S = 50

NLU = """version: "3.1"
nlu:
- intent: greet
  examples: |
    - hello
    - hi there
- intent: goodbye
  examples: |
    - bye
    - see you
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    bot = tmp_path / "bot"
    (bot / "data").mkdir(parents=True)
    (bot / "domain.yml").write_text('version: "3.1"\nintents: [greet, goodbye]\n')
    (bot / "data" / "nlu.yml").write_text(NLU)
    return Settings(home=tmp_path / "home", bot=bot)


@pytest.fixture
def stores(settings: Settings) -> Iterator[Stores]:
    stores = open_stores(settings)
    yield stores
    stores.close()


@pytest.fixture
def workers() -> Iterator[list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


def wait_for(status: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    wait_until(status, process=process, timeout_s=DEADLINE_S, what="the job to get there")


def start(settings: Settings, workers: list[subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    process = start_worker_process(settings)
    workers.append(process)
    return process


def request(settings: Settings, stores: Stores) -> str:
    queue = open_queue(settings)
    job = request_retraining(stores.training, queue, "ann")
    queue.close()
    return job.job_id


def status_of(stores: Stores, job_id: str) -> str:
    job = stores.training.find_job(job_id)
    assert job is not None
    return job.status


@pytest.mark.slow
def test_job_with_a_mistake_in_the_bot_fails_with_its_place(
    settings: Settings, stores: Stores, workers: list[subprocess.Popen[bytes]]
) -> None:
    (settings.bot / "data" / "nlu.yml").write_text(NLU + "- intent: [\n")
    job_id = request(settings, stores)

    worker = start(settings, workers)
    wait_for(lambda: status_of(stores, job_id) == "failed", worker)

    job = stores.training.find_job(job_id)
    assert job is not None
    assert "data/nlu.yml:" in job.message


@pytest.mark.slow
def test_killed_worker_leaves_a_job_that_the_next_one_fails(
    settings: Settings, stores: Stores, workers: list[subprocess.Popen[bytes]]
) -> None:
    job_id = request(settings, stores)
    first = start(settings, workers)
    wait_for(lambda: status_of(stores, job_id) != "queued", first)
    first.send_signal(signal.SIGSTOP)  # in the middle of whatever it does
    was = status_of(stores, job_id)
    first.kill()
    first.wait(timeout=DEADLINE_S)

    worker = start(settings, workers)
    wait_for(lambda: status_of(stores, job_id) == "failed", worker)

    job = stores.training.find_job(job_id)
    assert was == "running"
    assert job is not None
    assert "The worker stopped before the job was finished" in job.message


@pytest.mark.slow
def test_worker_stops_when_asked(
    settings: Settings, stores: Stores, workers: list[subprocess.Popen[bytes]]
) -> None:
    job_id = request(settings, stores)
    process = start(settings, workers)
    wait_for(lambda: status_of(stores, job_id) != "queued", process)  # it is up

    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=DEADLINE_S) in {0, 1}
    assert status_of(stores, job_id) in {"failed", "succeeded"}


@pytest.mark.slow
def test_worker_ends_with_its_parent(settings: Settings, tmp_path: Path) -> None:
    program = (
        "import sys; from app.settings import Settings; from app.worker import start_worker_process\n"
        "from pathlib import Path; s = Settings(home=Path(sys.argv[1]), bot=Path(sys.argv[2]))\n"
        "print(start_worker_process(s).pid, flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(settings.home), str(settings.bot)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    worker_pid = int(parent.stdout.readline())

    parent.kill()
    parent.communicate()

    wait_for_end(worker_pid, timeout_s=DEADLINE_S)
