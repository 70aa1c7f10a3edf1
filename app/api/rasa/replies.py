"""What the bot said, as the messages of Rasa's channels. Pure.

As there, a text is split at blank lines, and image, attachment and custom payload are messages of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from app.dialogue.events import AgentUttered, BotUttered, RecordedEvent
from app.dialogue.rasa_messages import buttons_to_rasa

_EMIT_KEYS = frozenset({"data", "room", "to", "skip_sid", "namespace", "callback"})  # of python-socketio


class RestButton(BaseModel):
    """A quick reply; what else a custom action wrote stands beside."""

    model_config = ConfigDict(extra="allow")

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


def recorded_to_replies(recipient_id: str, recorded: Iterable[RecordedEvent]) -> list[RestReply]:
    """Give what the bot said in a turn."""
    said = [entry.event for entry in recorded if isinstance(entry.event, BotUttered)]
    return [reply for utterance in said for reply in _split(recipient_id, utterance)]


def replies_to_json(replies: Iterable[RestReply]) -> list[dict[str, Any]]:
    """Write messages without what they do not have."""
    return [reply.model_dump(exclude_none=True) for reply in replies]


def event_to_socket_messages(event: BotUttered | AgentUttered) -> list[Any]:
    """Give what a socket.io client is sent of an utterance, in the shapes of Rasa's widgets."""
    if isinstance(event, AgentUttered):
        return [{"text": event.text}]
    messages: list[Any] = [{"text": text} for text in paragraphs(event.text)]
    if event.buttons:
        messages = [message | {"quick_replies": []} for message in messages or [{"text": event.text}]]
        messages[-1]["quick_replies"] = [
            {"content_type": "text", "title": button.title, "payload": button.payload}
            for button in event.buttons
        ]
    if event.custom:
        messages.append(_socket_payload(event.custom))
    if event.image:
        messages.append({"attachment": {"type": "image", "payload": {"src": event.image}}})
    if event.attachment:
        messages.append({"attachment": event.attachment})
    return messages


def _socket_payload(custom: Mapping[str, Any]) -> Any:
    """Give what a custom payload sends: Rasa's actions write what is for the client under ``data``."""
    return custom["data"] if custom.keys() <= _EMIT_KEYS and "data" in custom else dict(custom)


def paragraphs(text: str) -> list[str]:
    """Split a text at blank lines."""
    return [part for part in text.strip().split("\n\n") if part.strip()]


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
        buttons = [RestButton(**button) for button in buttons_to_rasa(utterance.buttons)]
        return [RestReply(recipient_id=recipient_id, text=utterance.text, buttons=buttons)]
    return [RestReply(recipient_id=recipient_id, text=text) for text in paragraphs(utterance.text)]
