"""Retraining jobs; an operator starts them, everybody who works here may watch."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from app.api.deps import CurrentAgent, CurrentOperator, ServicesDep, check_own_origin
from app.api.frames import TrainingJob
from app.api.schemas import TrainingJobList
from app.api.text import Text
from app.api.to_wire import job_to_wire
from app.dialogue.errors import NotFoundError

router = APIRouter(prefix="/training/jobs", tags=["training"], dependencies=[Depends(check_own_origin)])


@router.get("")
def list_jobs(_agent: CurrentAgent, services: ServicesDep) -> TrainingJobList:
    """List the jobs, the latest first."""
    return TrainingJobList(jobs=[job_to_wire(job) for job in services.training.jobs()])


@router.post("", status_code=202)
def start_job(operator: CurrentOperator, services: ServicesDep) -> TrainingJob:
    """Retrain from the bot's data and all corrections; one job at a time."""
    return job_to_wire(services.request_retraining(operator.name))


@router.get("/{job_id}")
def show_job(
    _agent: CurrentAgent, services: ServicesDep, job_id: Annotated[Text, Path(max_length=200)]
) -> TrainingJob:
    """Give one job."""
    job = services.training.find_job(job_id)
    if job is None:
        raise NotFoundError("there is no training job of this id")
    return job_to_wire(job)
