"""Rasa's REST channel: ``POST /webhooks/rest/webhook``.

As Rasa's, a text is split at blank lines, and image, attachment and custom payload are messages of their own.
Unlike Rasa's, something that breaks is an HTTP error with our error body, not an empty 200.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from app.api.deps import EdgeDep, check_open_api, check_rate
from app.api.errors import check_message
from app.api.text import JsonObject, Text
from app.dialogue.events import BotUttered, RecordedEvent
from app.dialogue.senders import REST_PREFIX
from app.dialogue.understanding import CustomerMessage

CHANNEL = "rest"

router = APIRouter(tags=["rasa"], dependencies=[Depends(check_open_api)])


class RestMessage(BaseModel):
    """A message as Rasa takes it; fields that we do not know are ignored, as there."""

    model_config = ConfigDict(extra="ignore")

    sender: Text = Field("default", min_length=1, max_length=190, pattern=r"^[^\x00-\x1f\x7f]+$")
    message: Text
    metadata: JsonObject | None = None


class RestButton(BaseModel):
    """A quick reply."""

    title: str
    payload: str


class RestReply(BaseModel):
    """One message of the bot; only what it has is in the JSON."""

    recipient_id: str
    text: str | None = None
    buttons: list[RestButton] | None = None
    image: str | None = None
    attachment: str | None = None
    custom: dict[str, Any] | None = None


@router.post("/webhooks/rest/webhook", response_model_exclude_none=True)
def take_message(edge: EdgeDep, message: RestMessage) -> list[RestReply]:
    """Say something as `sender`; gives what the bot answers."""
    conversation_id = REST_PREFIX + message.sender
    check_message(message.message, max_chars=edge.services.settings.max_message_chars)
    check_rate(edge.messages, conversation_id, "messages")
    said = CustomerMessage(conversation_id, message.message, channel=CHANNEL, metadata=message.metadata or {})
    return recorded_to_replies(message.sender, edge.services.manager.handle_message(said).recorded)


def recorded_to_replies(recipient_id: str, recorded: Iterable[RecordedEvent]) -> list[RestReply]:
    """Give what the bot said in a turn; pure."""
    said = [entry.event for entry in recorded if isinstance(entry.event, BotUttered)]
    return [reply for utterance in said for reply in _split(recipient_id, utterance)]


def _split(recipient_id: str, utterance: BotUttered) -> Sequence[RestReply]:
    replies = _texts(recipient_id, utterance)
    if utterance.custom:
        replies.append(RestReply(recipient_id=recipient_id, custom=dict(utterance.custom)))
    if utterance.image:
        replies.append(RestReply(recipient_id=recipient_id, image=utterance.image))
    if utterance.attachment:
        replies.append(RestReply(recipient_id=recipient_id, attachment=utterance.attachment))
    return replies


def _texts(recipient_id: str, utterance: BotUttered) -> list[RestReply]:
    if utterance.buttons:
        buttons = [RestButton(title=button.title, payload=button.payload) for button in utterance.buttons]
        return [RestReply(recipient_id=recipient_id, text=utterance.text, buttons=buttons)]
    paragraphs = utterance.text.strip().split("\n\n")
    return [RestReply(recipient_id=recipient_id, text=text) for text in paragraphs if text.strip()]
