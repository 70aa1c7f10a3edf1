"""Rasa's ``POST /model/parse``: what the bot understands, without a conversation."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict

from app.api.deps import ServicesDep, current_admin
from app.api.errors import BadRequestError, check_message
from app.api.text import Text
from app.bootstrap import Services
from app.dialogue.payload import is_payload, parse_payload
from app.dialogue.rasa_json import parsed_to_rasa
from nlu.types import ParsedUtterance

_WORD = re.compile(r"[\w#@&](?:\S*[\w#@&])?")

router = APIRouter(tags=["rasa"], dependencies=[Depends(current_admin)])


class ParseRequest(BaseModel):
    """A text as Rasa takes it; fields that we do not know are ignored, as there."""

    model_config = ConfigDict(extra="ignore")

    text: Text
    message_id: Text | None = None


@router.post("/model/parse")
def parse(
    services: ServicesDep,
    request: ParseRequest,
    emulation_mode: Annotated[Text | None, Query(max_length=100)] = None,
) -> dict[str, Any]:
    """Understand a text; below the thresholds the intent is ``nlu_fallback`` and the ranking follows."""
    if emulation_mode is not None:
        raise BadRequestError("emulation_mode: got one; expected none, the answer is always in Rasa's format")
    check_message(request.text, max_chars=services.settings.max_message_chars)
    parsed = understand(services, request.text)
    written = parsed_to_rasa(parsed)
    if not is_payload(parsed):
        written["text_tokens"] = [list(match.span()) for match in _WORD.finditer(request.text)]
    return written | ({"message_id": request.message_id} if request.message_id else {})


def understand(services: Services, text: str) -> ParsedUtterance:
    """Understand a text as a customer's message would be, Duckling's entities included."""
    return parse_payload(text, services.bot.domain) or services.manager.interpreter.parse(text)
