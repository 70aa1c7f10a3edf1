"""Retraining jobs: one at a time, claimed by one worker, watched by consoles."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db.audit import AuditEntry, add_entry
from app.db.clock import utc_now
from app.db.engine import Sessions, reading, writing
from app.db.tables import TrainingJobRow
from app.db.text import storable
from app.dialogue.errors import ConflictError, NotFoundError
from app.dialogue.ports import Clock

JobStatus = Literal["queued", "running", "succeeded", "failed"]

STALE_AFTER = timedelta(minutes=10)  # without any progress; far longer than the longest silent step


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """A retraining job; `progress` is 0..1, `report` is the comparison once there is one."""

    job_id: str
    status: JobStatus
    requested_by: str
    created_at: datetime
    updated_at: datetime
    stage: str = ""
    progress: float = 0.0
    eta_s: float | None = None
    message: str = ""
    worker: str | None = None
    finished_at: datetime | None = None
    challenger_id: str | None = None
    is_promoted: bool | None = None
    report: Mapping[str, Any] | None = None

    @property
    def is_active(self) -> bool:
        """Say whether it is still queued or running."""
        return self.status in {"queued", "running"}


class TrainingStore:
    """Jobs in the database."""

    def __init__(self, sessions: Sessions, *, clock: Clock = utc_now) -> None:
        self._sessions = sessions
        self._clock = clock

    def create_job(self, requested_by: str) -> TrainingJob:
        """Queue a job; audited.

        Raises:
            ConflictError: another one is queued or running.
        """
        now = self._clock()
        job = TrainingJob(
            str(uuid.uuid4()), "queued", requested_by, created_at=now, updated_at=now, stage="queued"
        )
        try:
            with writing(self._sessions) as session:
                session.add(_copy_to_row(job, TrainingJobRow()))
                add_entry(session, AuditEntry(now, requested_by, "training.request", job.job_id, {}))
        except IntegrityError as error:
            raise ConflictError("training: a job is queued or running already; wait for it") from error
        return job

    def claim_job(self, job_id: str, *, worker: str) -> TrainingJob | None:
        """Begin a queued job for this worker; None when it is not queued (begun, finished, unknown)."""
        with writing(self._sessions) as session:
            row = _locked(session, job_id)
            if row is None or row.status != "queued":
                return None
            now = self._clock()
            job = replace(_job(row), status="running", worker=worker, stage="starting", updated_at=now)
            _copy_to_row(job, row)
            add_entry(session, AuditEntry(now, worker, "training.start", job_id, {}))
        return job

    def update_job(self, job: TrainingJob) -> TrainingJob:
        """Save a changed job; times are set here, and a finished job is audited.

        Raises:
            NotFoundError: there is no such job.
            ConflictError: it is finished already (somebody else declared it dead).
        """
        with writing(self._sessions) as session:
            row = _locked(session, job.job_id)
            if row is None:
                raise NotFoundError(f"training: there is no job {job.job_id}")
            if not _job(row).is_active:
                raise ConflictError(f"training: job {job.job_id} is finished ({row.status}): {row.message}")
            return self._save(session, row, job)

    def find_job(self, job_id: str) -> TrainingJob | None:
        """Give one job, or None."""
        with reading(self._sessions) as session:
            row = session.get(TrainingJobRow, storable(job_id))
            return _job(row) if row is not None else None

    def jobs(self, *, limit: int = 50) -> list[TrainingJob]:
        """Give the newest jobs, newest first."""
        query = select(TrainingJobRow).order_by(TrainingJobRow.created_at.desc()).limit(limit)
        with reading(self._sessions) as session:
            return [_job(row) for row in session.scalars(query)]

    def fail_interrupted(self, *, worker: str) -> list[TrainingJob]:
        """Fail the running jobs that nobody works on: those of this just started worker, and stale ones."""
        query = select(TrainingJobRow).where(TrainingJobRow.status == "running").with_for_update()
        message = "The worker stopped before the job was finished. Nothing was changed; start it again."
        with writing(self._sessions) as session:
            limit = self._clock() - STALE_AFTER
            rows = [row for row in session.scalars(query) if row.worker == worker or row.updated_at < limit]
            return [
                self._save(session, row, replace(_job(row), status="failed", message=message)) for row in rows
            ]

    def _save(self, session: Session, row: TrainingJobRow, job: TrainingJob) -> TrainingJob:
        now = self._clock()
        saved = replace(job, updated_at=now)
        if not saved.is_active:
            saved = replace(saved, finished_at=now, eta_s=None)
        _copy_to_row(saved, row)
        if not saved.is_active:
            detail = {"message": saved.message, "challenger": saved.challenger_id}
            action = f"training.{saved.status}"
            add_entry(session, AuditEntry(now, saved.worker or "worker", action, saved.job_id, detail))
        return saved


def _locked(session: Session, job_id: str) -> TrainingJobRow | None:
    return session.get(TrainingJobRow, storable(job_id), with_for_update=True)


def _copy_to_row(job: TrainingJob, row: TrainingJobRow) -> TrainingJobRow:
    row.job_id = job.job_id
    row.status = job.status
    row.active_slot = 1 if job.is_active else None
    row.requested_by = job.requested_by
    row.created_at = job.created_at
    row.updated_at = job.updated_at
    row.stage = job.stage
    row.progress = job.progress
    row.eta_s = job.eta_s
    row.message = storable(job.message)
    row.worker = job.worker
    row.finished_at = job.finished_at
    row.challenger_id = job.challenger_id
    row.is_promoted = job.is_promoted
    row.report = dict(job.report) if job.report is not None else None
    return row


def _job(row: TrainingJobRow) -> TrainingJob:
    return TrainingJob(
        job_id=row.job_id,
        status=cast(JobStatus, row.status),  # the table's check constraint
        requested_by=row.requested_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
        stage=row.stage,
        progress=row.progress,
        eta_s=row.eta_s,
        message=row.message,
        worker=row.worker,
        finished_at=row.finished_at,
        challenger_id=row.challenger_id,
        is_promoted=row.is_promoted,
        report=row.report,
    )
