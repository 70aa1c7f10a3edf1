"""Rasa's REST channel: ``POST /webhooks/rest/webhook``.

Unlike Rasa's, something that breaks is an HTTP error with our error body, not an empty 200. With
``?stream=true`` the messages come as one JSON object a line, after the turn is saved.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from app.api.caller import is_local
from app.api.deps import CurrentCaller, EdgeDep
from app.api.rasa.messages import WebhookMessage, check_webhook_message, handle
from app.api.rasa.replies import RestReply, recorded_to_replies, replies_to_json

CHANNEL = "rest"

router = APIRouter(prefix="/webhooks/rest", tags=["rasa"])


def is_limited(edge: EdgeDep, request: Request) -> bool:
    """Say whether messages are counted: not those from this machine, unless the settings name a limit."""
    settings = edge.services.settings
    return "messages_per_minute" in settings.model_fields_set or not is_local(request, settings.host)


Limited = Annotated[bool, Depends(is_limited)]


@router.get("/")
def show_health() -> dict[str, str]:
    """Say that the channel is there."""
    return {"status": "ok"}


@router.post("/webhook", response_model=list[RestReply], response_model_exclude_none=True)
def take_message(
    edge: EdgeDep,
    caller: CurrentCaller,
    limits: Limited,
    message: WebhookMessage,
    stream: Annotated[str, Query(max_length=10)] = "",
) -> Any:
    """Say something as `sender`; gives what the bot answers."""
    check_webhook_message(edge, caller, message, is_limited=limits)
    replies = recorded_to_replies(message.sender, handle(edge, message, CHANNEL))
    if stream.lower() not in {"true", "1"}:
        return replies
    return StreamingResponse(_lines(replies), media_type="text/event-stream")


def _lines(replies: Iterable[RestReply]) -> Iterable[str]:
    return (json.dumps(reply) + "\n" for reply in replies_to_json(replies))
