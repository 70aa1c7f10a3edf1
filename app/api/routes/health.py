"""For load balancers and people: does the process live, can it answer."""

from __future__ import annotations

import logging

from fastapi import APIRouter

from app.api.deps import ServicesDep
from app.api.errors import NotReadyError
from app.api.schemas import Health, Readiness

router = APIRouter(tags=["health"])
log = logging.getLogger(__name__)


@router.get("/health")
async def show_health() -> Health:
    """Say that the process lives; looks at nothing else."""
    return Health()


@router.get("/ready")
def show_readiness(services: ServicesDep) -> Readiness:
    """Say with which model and which FAQ content the server answers, after asking the database."""
    try:
        services.models.champion()
    except Exception as error:  # whatever the database driver says, the answer is "not ready"
        log.exception("database_not_ready")
        raise NotReadyError("the database does not answer; see the server's log") from error
    served = services.understanding.served
    return Readiness(bundle_id=served.interpreter.bundle_id, faq_hash=served.faq_hash)
