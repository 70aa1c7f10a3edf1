"""Rasa's ``callback`` channel: the bot's answers are posted to the address that ``credentials.yml`` names.

Only to that address: nothing in a request names another, and redirects are not followed. The turn is saved
before anything is posted; what cannot be delivered in three tries is told to the caller as a 502.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Annotated, cast

import httpx
from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse

from app.api.deps import CurrentCaller, EdgeDep
from app.api.errors import DeliveryError
from app.api.rasa.messages import WebhookMessage, check_webhook_message, handle
from app.api.rasa.replies import RestReply, recorded_to_replies, replies_to_json
from app.api.rasa.rest import Limited
from app.dialogue.errors import NotFoundError

CHANNEL = "callback"
TIMEOUT_S = 5.0
PAUSES_S = (0.2, 1.0)  # between the tries; the last one is not repeated

_log = logging.getLogger(__name__)

router = APIRouter(prefix="/webhooks/callback", tags=["rasa"])


class Callbacks:
    """Posts messages to one address, in order. Thread-safe."""

    def __init__(self, url: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._url = url
        self._sleep = sleep
        self._client = httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def deliver(self, replies: Sequence[RestReply]) -> None:
        """Post each message; the first that nobody takes ends it.

        Raises:
            DeliveryError: the address did not take a message in three tries.
        """
        for message in replies_to_json(replies):
            self._deliver(message)

    def _deliver(self, message: dict[str, object]) -> None:
        problem = ""
        for pause_s in (*PAUSES_S, None):
            problem = self._post(message)
            if not problem:
                return
            if pause_s is not None:
                self._sleep(pause_s)
        _log.error("callback_failed", extra={"problem": problem})
        raise DeliveryError(
            f"the callback address did not take the answer ({problem}); the turn is saved, the tracker has it"
        )

    def _post(self, message: dict[str, object]) -> str:
        """Try once; gives what went wrong, or nothing."""
        try:
            answer = self._client.post(self._url, json=message)
        except httpx.HTTPError as error:
            return type(error).__name__
        return "" if answer.is_success else f"status {answer.status_code}"


def get_callbacks(request: Request) -> Callbacks | None:
    """Give what `app.main` made of the bot's ``credentials.yml``; None without the channel."""
    return cast("Callbacks | None", request.app.state.callbacks)


MaybeCallbacks = Annotated[Callbacks | None, Depends(get_callbacks)]


def require_callbacks(callbacks: MaybeCallbacks) -> Callbacks:
    """Give the channel.

    Raises:
        NotFoundError: the bot has none.
    """
    if callbacks is None:
        raise NotFoundError("the bot has no callback channel; name it with its url in credentials.yml")
    return callbacks


CallbacksDep = Annotated[Callbacks, Depends(require_callbacks)]


@router.get("/")
def show_health(callbacks: CallbacksDep) -> dict[str, str]:
    """Say that the channel is there."""
    del callbacks
    return {"status": "ok"}


@router.post("/webhook", response_class=PlainTextResponse)
def take_message(
    edge: EdgeDep, caller: CurrentCaller, callbacks: CallbacksDep, limits: Limited, message: WebhookMessage
) -> str:
    """Say something as `sender`; the answers go to the callback address."""
    check_webhook_message(edge, caller, message, is_limited=limits)
    callbacks.deliver(recorded_to_replies(message.sender, handle(edge, message, CHANNEL)))
    return "success"
