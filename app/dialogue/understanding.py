"""From a customer's message to what was understood: a button's payload, or words through the interpreter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.dialogue.domain import Domain
from app.dialogue.errors import InvalidInputError, UnderstandingError
from app.dialogue.events import UserUttered
from app.dialogue.payload import parse_payload
from app.dialogue.ports import Interpreter
from nlu.types import FALLBACK_INTENT, IntentPrediction, ParsedUtterance


@dataclass(frozen=True, slots=True)
class CustomerMessage:
    """What a customer sent; `payload` is what a pressed button sends, `text` is then its title.

    `client_message_id` makes sending again harmless; without one, each message counts.
    """

    conversation_id: str
    text: str
    client_message_id: str | None = None
    channel: str = "web"
    payload: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


def check_message(message: CustomerMessage, *, max_chars: int) -> None:
    """Check the size of what was sent.

    Raises:
        InvalidInputError: it is empty or too long.
    """
    check_text(message.text if message.payload is None else message.payload, max_chars=max_chars)


def check_text(text: str, *, max_chars: int) -> None:
    """Check the size of a text.

    Raises:
        InvalidInputError: it is empty or too long.
    """
    if not text.strip():
        raise InvalidInputError("got an empty message; expected some text")
    if len(text) > max_chars:
        raise InvalidInputError(
            f"got a message of {len(text)} characters; expected at most {max_chars}; send it in parts"
        )


def understand(
    message: CustomerMessage, interpreter: Interpreter, domain: Domain
) -> tuple[UserUttered, UnderstandingError | None]:
    """Give the utterance with what was understood, and the error if the interpreter failed.

    After a failure the utterance counts as not understood; it is not lost.
    """
    text = message.text if message.payload is None else message.payload
    failure: UnderstandingError | None = None
    parsed = parse_payload(text, domain)
    if parsed is None:
        try:
            parsed = interpreter.parse(text)
        except UnderstandingError as error:
            failure = error
            parsed = ParsedUtterance(text, IntentPrediction(FALLBACK_INTENT, 0.0))
    utterance = UserUttered(
        text=text,
        parsed=parsed,
        client_message_id=message.client_message_id,
        channel=message.channel,
        bundle_id=interpreter.bundle_id,
        display_text=None if message.payload is None else message.text,
        metadata=dict(message.metadata),
    )
    return utterance, failure
