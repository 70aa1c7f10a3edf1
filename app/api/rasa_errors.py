"""Errors in the shape of Rasa's HTTP API, on the addresses that are Rasa's. Pure.

Its clients read a number in ``code`` and a name of the kind in ``reason``; ours read a word in ``code``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.api.schemas import ErrorBody
from app.dialogue.rasa_domain import RASA_VERSION

_PREFIXES = ("/conversations/", "/model", "/domain", "/status", "/version")
_REASONS: Mapping[int, str] = {
    400: "BadRequest",
    401: "NotAuthenticated",
    403: "NotAuthorized",
    404: "NotFound",
    405: "MethodNotAllowed",
    406: "NotAcceptable",
    409: "Conflict",
    413: "PayloadTooLarge",
    429: "TooManyRequests",
}
_FAILURES: Mapping[str, str] = {
    "/conversations/": "ConversationError",
    "/model/parse": "ParsingError",
    "/model/predict": "PredictionError",
    "/model/test": "TestingError",
    "/model/train": "TrainingError",
}
"""What the reason of a failure on our side is, by the beginning of the address."""


def is_rasa_path(path: str) -> bool:
    """Say whether an address belongs to Rasa's HTTP API, which knows no 422."""
    return path.startswith(_PREFIXES)


def rasa_error(path: str, status: int, body: ErrorBody) -> dict[str, Any]:
    """Write an error as Rasa's clients read it; the request id stands beside Rasa's keys."""
    return {
        "version": RASA_VERSION,
        "status": "failure",
        "message": body.message,
        "reason": _reason(path, status),
        "details": _details(body.detail),
        "help": None,
        "code": status,
        "request_id": body.request_id,
    }


def _reason(path: str, status: int) -> str:
    failure = next((reason for start, reason in _FAILURES.items() if path.startswith(start)), "ServerError")
    return _REASONS.get(status, failure)


def _details(problems: Any) -> dict[str, Any]:
    """Say which parameter is wrong, and where it stands, if that is known."""
    where = problems[0]["where"] if problems else ""
    place, _, parameter = where.partition(".")
    return {"parameter": parameter, "in": place} if place else {}
