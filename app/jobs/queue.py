"""The job queue: Huey on SQLite in the home folder, or on Redis. Messages are JSON, never pickled.

A web process only enqueues; `app.worker` runs the consumer.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from huey import Huey, RedisHuey, SqliteHuey
from huey.registry import Message
from huey.serializer import Serializer
from redis.exceptions import RedisError

from app.db.training_store import TrainingJob, TrainingStore
from app.dialogue.errors import ChatbotError
from app.settings import Settings

QUEUE_FILE = "jobs.sqlite3"
_QUEUE_NAME = "spandesk"


class JsonSerializer(Serializer):  # type: ignore[misc]  # huey has no types
    """Tasks as JSON objects; arguments must be JSON values, and Huey's pipelines and chords are refused."""

    def _serialize(self, data: Any) -> bytes:
        if not isinstance(data, Message) or data.on_complete or data.on_error or data.chord_config:
            raise TypeError(f"queue: got {type(data).__name__}, expected a plain task")
        return json.dumps(data._asdict()).encode()

    def _deserialize(self, data: bytes) -> Message:
        fields = json.loads(data)
        return Message(**fields | {"args": tuple(fields["args"])})


class QueueUnavailableError(ChatbotError):
    """The job queue (Redis, or its SQLite file) cannot be reached."""


@dataclass(frozen=True, slots=True, eq=False)
class JobQueue:
    """An open queue; `enqueue_retraining` takes a job id."""

    huey: Huey
    enqueue_retraining: Callable[[str], object]

    def close(self) -> None:
        """Close this process's connection."""
        self.huey.storage.close()


def open_queue(settings: Settings, retrain: Callable[[str], object] | None = None) -> JobQueue:
    """Open the queue of these settings.

    Args:
        settings: where the queue lives.
        retrain: runs a job by its id, in a thread of the consumer; None in a process that only enqueues.
    """
    huey = _open_huey(settings)

    def run_retraining(job_id: str) -> None:
        if retrain is None:
            raise RuntimeError(f"queue: job {job_id} came to a process that only enqueues")
        retrain(job_id)

    return JobQueue(huey, huey.task(name="retrain")(run_retraining))


def request_retraining(jobs: TrainingStore, queue: JobQueue, actor: str) -> TrainingJob:
    """Create a job and queue it.

    Raises:
        ConflictError: another one is queued or running.
        QueueUnavailableError: the queue did not take it; the job is marked failed.
    """
    job = jobs.create_job(actor)
    try:
        queue.enqueue_retraining(job.job_id)
    except (RedisError, sqlite3.Error) as error:
        jobs.update_job(replace(job, status="failed", message="The job queue cannot be reached."))
        raise QueueUnavailableError(f"queue: the job was not taken ({type(error).__name__})") from error
    return job


def _open_huey(settings: Settings) -> Huey:
    if settings.redis_url is not None:
        return RedisHuey(_QUEUE_NAME, url=settings.redis_url, results=False, serializer=JsonSerializer())
    settings.home.mkdir(parents=True, exist_ok=True)
    path = str(settings.home / QUEUE_FILE)
    return SqliteHuey(_QUEUE_NAME, filename=path, results=False, serializer=JsonSerializer())
