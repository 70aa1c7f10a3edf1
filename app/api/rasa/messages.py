"""Customer messages of Rasa's webhooks: what they may hold, and what the bot does about them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.api.access import access_sender
from app.api.caller import Caller
from app.api.deps import check_rate
from app.api.edge import Edge
from app.api.errors import check_message
from app.api.text import JsonObject, Text
from app.dialogue.events import RecordedEvent
from app.dialogue.senders import REST_PREFIX
from app.dialogue.understanding import CustomerMessage

DEFAULT_SENDER = "default"


def _as_sender(value: Any) -> Any:
    """Give the sender as text: nobody is `DEFAULT_SENDER`, a number its digits; as Rasa does."""
    if value is None:
        return DEFAULT_SENDER
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Sender = Annotated[Text, BeforeValidator(_as_sender)]


class WebhookMessage(BaseModel):
    """A message as Rasa takes it; fields that we do not know are ignored, as there."""

    model_config = ConfigDict(extra="ignore")

    sender: Sender = Field(DEFAULT_SENDER, min_length=1, max_length=190, pattern=r"^[^\x00-\x1f\x7f]+$")
    message: Text
    metadata: JsonObject | None = None
    input_channel: Text | None = Field(None, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")


def check_webhook_message(edge: Edge, caller: Caller, message: WebhookMessage, *, is_limited: bool) -> None:
    """Check who speaks, how much and how often.

    Raises:
        PermissionDeniedError: the caller may not speak as this sender.
        MessageEmptyError, MessageTooLongError: the text cannot be used.
        RateLimitedError: too many messages.
    """
    access_sender(caller, message.sender)
    check_message(message.message, max_chars=edge.services.settings.max_message_chars)
    if is_limited:
        check_rate(edge.messages, REST_PREFIX + message.sender, "messages")


def handle(edge: Edge, message: WebhookMessage, channel: str) -> list[RecordedEvent]:
    """Have the bot answer; gives what the turn recorded."""
    said = CustomerMessage(
        REST_PREFIX + message.sender,
        message.message,
        channel=message.input_channel or channel,
        metadata=message.metadata or {},
    )
    return edge.services.manager.handle_message(said).recorded
