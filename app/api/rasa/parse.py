"""Rasa's ``POST /model/parse``: what the bot understands, without a conversation."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from app.api.deps import ServicesDep, current_admin
from app.api.errors import check_message
from app.api.text import Text
from app.dialogue.payload import parse_payload
from app.dialogue.rasa_json import parsed_to_rasa

router = APIRouter(tags=["rasa"], dependencies=[Depends(current_admin)])


class ParseRequest(BaseModel):
    """A text as Rasa takes it; fields that we do not know are ignored, as there."""

    model_config = ConfigDict(extra="ignore")

    text: Text
    message_id: Text | None = None


@router.post("/model/parse")
def parse(services: ServicesDep, request: ParseRequest) -> dict[str, Any]:
    """Understand a text; below the thresholds the intent is ``nlu_fallback`` and the ranking follows."""
    check_message(request.text, max_chars=services.settings.max_message_chars)
    parsed = parse_payload(request.text, services.bot.domain) or services.understanding.parse(request.text)
    return parsed_to_rasa(parsed) | ({"message_id": request.message_id} if request.message_id else {})
