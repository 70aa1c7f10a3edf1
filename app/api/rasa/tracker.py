"""Rasa's ``GET /conversations/{id}/tracker``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

from app.api.access import access_tracker
from app.api.deps import ServicesDep, check_tracker_api
from app.api.text import Text
from app.dialogue.rasa_json import IncludedEvents, tracker_to_rasa

router = APIRouter(tags=["rasa"], dependencies=[Depends(check_tracker_api)])


@router.get("/conversations/{conversation_id:path}/tracker")
def show_tracker(
    services: ServicesDep,
    conversation_id: Annotated[Text, Path(min_length=1, max_length=200)],
    include_events: Annotated[IncludedEvents, Query()] = "AFTER_RESTART",
) -> dict[str, Any]:
    """Give the state of a conversation; a REST sender's name is as good as the conversation's id."""
    conversation = access_tracker(services, conversation_id)
    tracker = services.tracker_store.load(conversation.conversation_id)
    return tracker_to_rasa(tracker, services.bot.domain, include_events=include_events)
