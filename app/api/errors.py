"""Error class -> HTTP status and code, one table; one body shape for our addresses and one for Rasa's.

The same codes stand in the error frames of the sockets. A message of ours may be shown; what an unexpected
error says stays in the log, and the answer carries the request id that finds it there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app.api.rasa_errors import is_rasa_path, rasa_error
from app.api.schemas import ErrorBody
from app.dialogue.errors import (
    ActionFailedError,
    ChatbotError,
    ConflictError,
    HandoffError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    RetrievalError,
    TemplateError,
    UnderstandingError,
)


class NotAuthenticatedError(PermissionDeniedError):
    """Nobody is logged in, or the token is not (or no longer) valid."""


class NotReadyError(ChatbotError):
    """The server cannot answer customers at the moment."""


class BadRequestError(InvalidInputError):
    """A request to a Rasa-compatible endpoint that cannot be used; Rasa answers 400."""


class NotAcceptableError(ChatbotError):
    """The answer exists only in formats that the caller does not take."""


class DeliveryError(ChatbotError):
    """An answer could not be delivered to where it should go."""


class MessageEmptyError(InvalidInputError):
    """A message without anything to read."""


class MessageTooLongError(InvalidInputError):
    """A message beyond `Settings.max_message_chars`."""


ERROR_TABLE: Mapping[type[ChatbotError], tuple[int, str]] = {
    NotAuthenticatedError: (401, "not_authenticated"),
    PermissionDeniedError: (403, "permission_denied"),
    NotFoundError: (404, "not_found"),
    NotAcceptableError: (406, "not_acceptable"),
    ConflictError: (409, "conflict"),
    HandoffError: (409, "wrong_handoff_state"),
    MessageEmptyError: (422, "message_empty"),
    MessageTooLongError: (422, "message_too_long"),
    BadRequestError: (400, "invalid_input"),
    InvalidInputError: (422, "invalid_input"),
    RateLimitedError: (429, "rate_limited"),
    TemplateError: (500, "response_failed"),
    ActionFailedError: (502, "action_failed"),
    DeliveryError: (502, "delivery_failed"),
    UnderstandingError: (503, "understanding_failed"),
    RetrievalError: (503, "retrieval_failed"),
    NotReadyError: (503, "not_ready"),
    ChatbotError: (500, "internal"),
}

_HTTP_CODES: Mapping[int, tuple[str, str]] = {
    400: ("invalid_input", "the body is not JSON that can be read"),
    404: ("not_found", "there is nothing at this address"),
    405: ("method_not_allowed", "this address does not take this method"),
    413: ("body_too_large", "the body is larger than 1 MiB"),
}
INTERNAL_MESSAGE = "something went wrong here; the request id finds it in the server's log"


def status_and_code(error: ChatbotError) -> tuple[int, str]:
    """Look the most specific class of `error` up."""
    return next(ERROR_TABLE[cls] for cls in type(error).__mro__ if cls in ERROR_TABLE)


def check_message(text: str, *, max_chars: int) -> None:
    """Check what a customer or agent wants to say.

    Raises:
        MessageEmptyError: there is nothing but white space.
        MessageTooLongError: there is more than `max_chars`.
    """
    if not text.strip():
        raise MessageEmptyError("got an empty message; write something")
    if len(text) > max_chars:
        raise MessageTooLongError(f"got {len(text)} characters, expected at most {max_chars}; shorten it")


def install_error_handlers(app: FastAPI) -> None:
    """Make every error of the application answer in the one shape."""
    app.add_exception_handler(ChatbotError, _answer_named)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)


def error_response(
    request: Request, status: int, body: ErrorBody, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Answer with an error, in the shape that belongs to the address."""
    with_id = body.model_copy(update={"request_id": getattr(request.state, "request_id", "")})
    path = request.url.path
    if not is_rasa_path(path):
        return JSONResponse(with_id.model_dump(mode="json"), status_code=status, headers=headers)
    status = 400 if status == 422 else status
    return JSONResponse(rasa_error(path, status, with_id), status_code=status, headers=headers)


async def _answer_named(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, ChatbotError):
        raise error
    status, code = status_and_code(error)
    headers = None
    if isinstance(error, RateLimitedError):
        headers = {"Retry-After": str(math.ceil(error.retry_after_s))}
    return error_response(request, status, ErrorBody(code=code, message=str(error)), headers)


async def _answer_invalid(request: Request, error: Exception) -> JSONResponse:
    """Say where the input is wrong, without repeating what came: it may be somebody's text or password."""
    if not isinstance(error, RequestValidationError):
        raise error
    problems: list[dict[str, Any]] = [
        {"where": ".".join(map(str, problem["loc"])), "problem": problem["msg"]} for problem in error.errors()
    ]
    first = problems[0]
    message = f"{first['where']}: {first['problem']}"
    body = ErrorBody(code="invalid_input", message=message, detail=problems)
    return error_response(request, 422, body)


async def _answer_http(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    code, message = _HTTP_CODES.get(error.status_code, ("http_error", error.detail))
    return error_response(request, error.status_code, ErrorBody(code=code, message=message), error.headers)
