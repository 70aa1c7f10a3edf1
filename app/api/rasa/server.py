"""Rasa's endpoints about the server and its model: version, status, domain, training."""

from __future__ import annotations

from importlib.metadata import version
from io import StringIO

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from ruamel.yaml import YAML

from app.api.deps import CurrentCaller, ServicesDep, current_admin
from app.api.errors import BadRequestError, NotAcceptableError
from app.api.rasa.body import Json, ObjectBody, RawBody, required_text
from app.dialogue.errors import ConflictError, NotFoundError
from app.dialogue.rasa_domain import RASA_VERSION, domain_to_rasa

MINIMUM_COMPATIBLE_VERSION = "3.5.0"  # of Rasa's model archives, as its 3.6 says
ACTOR = "Rasa API"

router = APIRouter(tags=["rasa"])


@router.get("/version")
def show_version() -> dict[str, str]:
    """Name the version of Rasa's formats that is spoken here, and our own."""
    return {
        "version": RASA_VERSION,
        "minimum_compatible_version": MINIMUM_COMPATIBLE_VERSION,
        "spandesk_version": version("spandesk"),
    }


@router.get("/status")
def show_status(services: ServicesDep, caller: CurrentCaller) -> Json:
    """Name the model in service and count the jobs that train."""
    del caller
    bundle_id = services.understanding.bundle_id
    num_active = sum(job.is_active for job in services.training.jobs())
    return {"model_id": bundle_id, "model_file": bundle_id, "num_active_training_jobs": num_active}


@router.get("/domain", dependencies=[Depends(current_admin)])
def show_domain(services: ServicesDep, request: Request) -> Response:
    """Give the domain, as JSON or YAML as ``Accept`` says."""
    accepted = request.headers.get("accept", "*/*").lower()
    domain = domain_to_rasa(services.bot.domain)
    if "json" in accepted or "*/*" in accepted:
        return JSONResponse(domain)
    if "yaml" in accepted or "yml" in accepted:
        written = StringIO()
        YAML().dump(domain, written)
        return Response(written.getvalue(), media_type="application/x-yaml")
    raise NotAcceptableError("got another Accept; expected application/json or application/yaml")


@router.post("/model/train", status_code=202, dependencies=[Depends(current_admin)])
def train(services: ServicesDep, body: RawBody) -> Json:
    """Queue a training from the bot's own data and all corrections."""
    if body.strip():
        raise BadRequestError(
            "got training data; expected an empty body: training reads the bot's folder, so change its files"
        )
    job = services.request_retraining(ACTOR)
    return {"job_id": job.job_id, "status": job.status}


@router.put("/model", status_code=204, dependencies=[Depends(current_admin)])
def replace_model(services: ServicesDep, body: ObjectBody) -> None:
    """Put a bundle in service that the server knows, by its id in `model_file`."""
    wanted = required_text(body, "model_file")
    try:
        services.models.promote(wanted, actor=ACTOR)
    except NotFoundError as error:
        raise BadRequestError(f"'model_file': {error}; expected the id of a bundle") from error


@router.delete("/model", dependencies=[Depends(current_admin)])
def unload_model() -> None:
    """Refuse: a server always has a model."""
    raise ConflictError("a server always has a model; put another one in service with PUT /model")
