"""Bundles: which there are, which is in service, promote and roll back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from app.api.deps import CurrentAgent, CurrentOperator, ServicesDep, check_own_origin
from app.api.schemas import ModelDescription, ModelList
from app.api.text import Text
from app.api.to_wire import model_to_wire

router = APIRouter(prefix="/models", tags=["models"], dependencies=[Depends(check_own_origin)])


@router.get("")
def list_models(_agent: CurrentAgent, services: ServicesDep) -> ModelList:
    """List the bundles, the latest first."""
    return ModelList(models=[model_to_wire(model) for model in services.models.list()])


@router.post("/{bundle_id}/promote")
def promote(
    operator: CurrentOperator, services: ServicesDep, bundle_id: Annotated[Text, Path(max_length=200)]
) -> ModelDescription:
    """Make a bundle champion; every server swaps to it between two messages."""
    return model_to_wire(services.models.promote(bundle_id, actor=operator.name))


@router.post("/rollback")
def roll_back(operator: CurrentOperator, services: ServicesDep) -> ModelDescription:
    """Put the champion before the present one in service again."""
    return model_to_wire(services.models.rollback(actor=operator.name))
