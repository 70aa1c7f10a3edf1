"""What an action server's answer means: events, a rejection, or an error that says what to do."""

from __future__ import annotations

import json
from typing import Any

import httpx

from app.actions.results import read_result
from app.actions.webhook import WebhookAnswer
from app.dialogue.errors import ActionFailedError
from app.dialogue.events import ActionExecutionRejected, Event

MISSING_DOMAIN = 449  # the server has not kept the domain of this digest: send it
_MAX_QUOTED_CHARS = 80


def read_answer(action: str, answer: WebhookAnswer) -> list[Event]:
    """Read an answer; a rejection comes back as ActionExecutionRejected.

    Raises:
        ActionFailedError: it is an error, or nonsense.
    """
    if 200 <= answer.status < 300:
        return read_result(action, _json(action, answer.content))
    error = _error_of(answer.content)
    if answer.status == httpx.codes.BAD_REQUEST and isinstance(error.get("action_name"), str):
        return [ActionExecutionRejected(action)]
    said = error.get("error")
    detail = f" ({str(said)[:_MAX_QUOTED_CHARS]!r})" if said else ""
    raise ActionFailedError(
        f"the action server answered {answer.status} for '{action}'{detail}; {_remedy(answer.status)}"
    )


def _json(action: str, content: bytes) -> Any:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ActionFailedError(
            f"the action server answered bytes for '{action}' that are no UTF-8: {error}; expected JSON"
        ) from error
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        kind = "a web page" if text.lstrip()[:1] == "<" else "no JSON" if text else "nothing"
        raise ActionFailedError(
            f"the action server answered {kind} for '{action}': {text[:_MAX_QUOTED_CHARS]!r}; check the"
            f" address of the action endpoint, which usually ends in /webhook"
        ) from error


def _error_of(content: bytes) -> dict[str, Any]:
    """Give the body of an error, if it is one as rasa-sdk writes it."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _remedy(status: int) -> str:
    match status:
        case httpx.codes.NOT_FOUND:
            return "no such action is registered there; add it, or take it out of the domain"
        case httpx.codes.UNAUTHORIZED | httpx.codes.FORBIDDEN:
            return "it did not let us in; check token, headers and basic_auth of the action endpoint"
        case httpx.codes.METHOD_NOT_ALLOWED:
            return "check the address of the action endpoint, which usually ends in /webhook"
        case int(code) if code == MISSING_DOMAIN:
            return "it has been given the domain and asks for it again; see its log"
        case int(code) if 300 <= code < 400:
            return "redirections are not followed; name the address itself in the action endpoint"
    return "see the log of the action server"
