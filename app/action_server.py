"""A bot's custom actions for others, by the protocol of rasa-sdk's action server and on its own application.

What is ours: a token, requests that are checked before the SDK sees them (when a compressed one fails, it
answers 400 instead of 500), and the bot's own domain for callers that send none.
"""

from __future__ import annotations

import hmac
import json
import logging
import zlib
from pathlib import Path
from typing import Any

from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor
from sanic import Request, Sanic, response
from sanic.response import HTTPResponse

from app.actions.in_process import register_actions
from app.bot.loader import load_bot
from app.dialogue.rasa_domain import domain_to_rasa
from nlu.data.yaml_source import SourceError

_log = logging.getLogger(__name__)

MAX_REQUEST_BYTES = 100 * 2**20  # as Sanic's own limit, for what was compressed too
_HEALTH = "/health"


class BadRequestError(Exception):
    """The body of a request is not the JSON of an action call."""


class BotActions(ActionExecutor):  # type: ignore[misc]  # rasa-sdk has no types
    """The SDK's executor for one bot, whose domain it knows."""

    def __init__(self, bot_path: Path) -> None:
        super().__init__()
        register_actions(self, bot_path)
        self._own_domain = _read_domain(bot_path)

    def update_and_return_domain(self, payload: dict[str, Any], action_name: str) -> Any:
        """Give the domain that came along, or else the bot's own, so that nobody must send it.

        Raises:
            ActionMissingDomainException: neither is there.
        """
        if payload.get("domain") is None and self._own_domain is not None:
            return self._own_domain
        return super().update_and_return_domain(payload, action_name)


def create_action_app(executor: ActionExecutor, *, token: str | None) -> Sanic[Any, Any]:
    """Make the SDK's application; without a `token` everybody who reaches it may run actions."""
    app: Sanic[Any, Any] = create_app(executor, cors_origins=[])

    @app.on_request
    async def _check(request: Request) -> HTTPResponse | None:
        if token is not None and request.path != _HEALTH and not _has_token(request, token):
            return response.json({"error": "got no valid token; send ?token= or a Bearer header"}, status=401)
        if request.method != "POST":
            return None
        try:
            _unpack(request)
        except BadRequestError as error:
            return response.json({"error": str(error)}, status=400)
        return None

    return app


def serve_actions(app: Sanic[Any, Any], *, host: str, port: int) -> None:
    """Serve until interrupted."""
    app.prepare(host=host, port=port, single_process=True, motd=False, access_log=False)
    Sanic.serve_single(primary=app)


def _has_token(request: Request, token: str) -> bool:
    given = request.args.get("token") or request.token or ""
    return hmac.compare_digest(given.encode(), token.encode())


def _unpack(request: Request) -> None:
    """Decompress the body in place, and check it.

    Raises:
        BadRequestError: it is damaged, too large, or no JSON object.
    """
    if request.headers.get("content-encoding") == "deflate":
        request.body = _inflate(request.body)
        del request.headers["content-encoding"]
    try:
        call = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"got a body that is no JSON: {error}") from error
    if not isinstance(call, dict) or not isinstance(call.get("tracker"), dict):
        raise BadRequestError("got no action call; expected an object with next_action, tracker and domain")


def _inflate(body: bytes) -> bytes:
    reader = zlib.decompressobj()
    try:
        plain = reader.decompress(body, MAX_REQUEST_BYTES + 1)
    except zlib.error as error:
        raise BadRequestError(f"got a body that cannot be inflated: {error}") from error
    if len(plain) > MAX_REQUEST_BYTES:
        raise BadRequestError(f"got more than {MAX_REQUEST_BYTES} bytes, inflated")
    if not reader.eof:
        raise BadRequestError("got a deflated body that is cut off")
    return plain


def _read_domain(bot_path: Path) -> dict[str, Any] | None:
    """Read the bot's domain; a folder with nothing but actions works too, as with the SDK's server."""
    if not any((bot_path / name).exists() for name in ("domain.yml", "domain.yaml", "domain")):
        return None
    try:
        return domain_to_rasa(load_bot(bot_path).domain)
    except SourceError as error:
        _log.warning("domain_not_read", extra={"error": str(error), "remedy": "callers must send the domain"})
        return None
