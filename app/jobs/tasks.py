"""The tasks that a worker runs: plain functions; whatever happens, the job says how it ended."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import replace

from app.db.training_store import TrainingJob, TrainingStore
from app.dialogue.errors import ChatbotError, ConflictError
from app.jobs.progress import JobReporter
from app.jobs.retrain import Outcome, Workshop, retrain
from nlu.checkpoint import CheckpointError
from nlu.data.yaml_source import SourceError
from nlu.finetuning.method import FinetuningError
from nlu.labels import LabelError
from nlu.patterns import PatternError
from nlu.training.config import ConfigError

log = logging.getLogger(__name__)

_READABLE = (
    ChatbotError,
    CheckpointError,
    ConfigError,
    FinetuningError,
    LabelError,
    PatternError,
    SourceError,
)


def run_retraining(
    job_id: str,
    jobs: TrainingStore,
    workshop: Workshop,
    *,
    worker: str,
    should_stop: Callable[[], bool] = lambda: False,
) -> TrainingJob | None:
    """Run a queued retraining job; gives it as it ended, or None when there was nothing to do.

    Queued twice or delivered twice, a job runs once.
    """
    job = jobs.claim_job(job_id, worker=worker)
    if job is None:
        log.warning("retraining_not_queued", extra={"job_id": job_id})
        return None
    reporter = JobReporter(jobs, job, should_stop=should_stop)
    try:
        outcome = retrain(workshop, reporter)
    except Exception as error:  # the job is the place where people look for what went wrong
        ended = replace(reporter.job, status="failed", message=_failure_message(job_id, error))
    else:
        ended = _succeeded(reporter.job, outcome)
    return _save(jobs, ended)


def _succeeded(job: TrainingJob, outcome: Outcome) -> TrainingJob:
    return replace(
        job,
        status="succeeded",
        stage="done",
        progress=1.0,
        message=outcome.message,
        challenger_id=outcome.challenger_id,
        is_promoted=outcome.is_promoted,
        report=outcome.report,
    )


def _failure_message(job_id: str, error: Exception) -> str:
    if isinstance(error, _READABLE):
        log.warning("retraining_failed", extra={"job_id": job_id, "reason": str(error)})
        return str(error)
    reference = uuid.uuid4().hex[:8]
    log.exception("retraining_broke", extra={"job_id": job_id, "reference": reference})
    return f"An unexpected {type(error).__name__} stopped the job; the log has it under {reference}."


def _save(jobs: TrainingStore, job: TrainingJob) -> TrainingJob | None:
    try:
        saved = jobs.update_job(job)
    except ConflictError as error:  # declared dead meanwhile, after a long silence
        log.warning("retraining_disowned", extra={"job_id": job.job_id, "reason": str(error)})
        return None
    extra = {"job_id": saved.job_id, "status": saved.status, "promoted": saved.is_promoted}
    log.info("retraining_ended", extra=extra)
    return saved
