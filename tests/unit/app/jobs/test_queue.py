from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from huey.registry import Message

from app.db.engine import Sessions
from app.db.training_store import TrainingStore
from app.dialogue.errors import ConflictError
from app.jobs.queue import (
    QUEUE_FILE,
    JobQueue,
    JsonSerializer,
    QueueUnavailableError,
    open_queue,
    request_retraining,
)
from app.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def queue(settings: Settings) -> Iterator[JobQueue]:
    queue = open_queue(settings)
    yield queue
    queue.close()


def test_what_one_process_queues_another_runs(settings: Settings, queue: JobQueue) -> None:
    ran: list[str] = []
    consumer = open_queue(settings, ran.append)
    queue.enqueue_retraining("job-1")

    consumer.huey.execute(consumer.huey.dequeue())
    consumer.close()

    assert ran == ["job-1"]


def test_messages_are_json(settings: Settings, queue: JobQueue) -> None:
    queue.enqueue_retraining("job-1")

    connection = sqlite3.connect(settings.home / QUEUE_FILE)
    data = connection.execute("SELECT data FROM task").fetchone()[0]
    connection.close()

    assert JsonSerializer().deserialize(data).args == ("job-1",)
    assert bytes(data).startswith(b"{")


@pytest.mark.parametrize("data", [{"a": 1}, "text", Message("1", "x", on_complete="y")])
def test_only_plain_tasks_are_queued(data: object) -> None:
    with pytest.raises(TypeError, match="expected a plain task"):
        JsonSerializer().serialize(data)


def test_pickle_is_not_read() -> None:
    with pytest.raises(ValueError, match=r"codec|Expecting"):
        JsonSerializer().deserialize(b"\x80\x04K\x01.")


def test_request_queues_a_job(queue: JobQueue, sqlite_sessions: Sessions) -> None:
    jobs = TrainingStore(sqlite_sessions)

    job = request_retraining(jobs, queue, "ann")

    assert job.status == "queued"
    assert queue.huey.dequeue().args == (job.job_id,)


def test_second_request_is_refused(queue: JobQueue, sqlite_sessions: Sessions) -> None:
    jobs = TrainingStore(sqlite_sessions)
    request_retraining(jobs, queue, "ann")

    with pytest.raises(ConflictError, match="queued or running"):
        request_retraining(jobs, queue, "bob")
    assert queue.huey.pending_count() == 1


def test_unreachable_queue_fails_the_job(sqlite_sessions: Sessions) -> None:
    jobs = TrainingStore(sqlite_sessions)
    away = open_queue(Settings(redis_url="redis://127.0.0.1:1/0"))

    with pytest.raises(QueueUnavailableError, match="not taken"):
        request_retraining(jobs, away, "ann")
    away.close()
    assert jobs.jobs()[0].status == "failed"
