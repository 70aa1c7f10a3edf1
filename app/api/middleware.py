"""Around every request: a request id, security headers, a size limit, and an answer whatever happens.

Plain ASGI, no buffering.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.errors import INTERNAL_MESSAGE, error_response
from app.api.schemas import ErrorBody

MAX_BODY_BYTES = 1024 * 1024
PAGE_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' https: data:",  # bots may show images from anywhere
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
log = logging.getLogger(__name__)

API_PREFIXES = (
    *("/api/", "/webhooks/", "/model", "/conversations/", "/domain", "/status", "/version"),
    *("/health", "/ready"),
)


class HeadersMiddleware:
    """Adds ``X-Request-ID`` and the security headers; answers of the API are never cached."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and decorate its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        is_api = scope["path"].startswith(API_PREFIXES)

        async def send_decorated(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if is_api:
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_decorated)


class LastResortMiddleware:
    """The edge of the process: what nobody expected is logged and answered with a 500 in our error shape."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; sockets have their own last resort."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def send_noting(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except Exception:
            request_id = scope["state"]["request_id"]
            log.exception("request_failed", extra={"request_id": request_id, "path": scope["path"]})
            if has_begun:
                raise
            body = ErrorBody(code="internal", message=INTERNAL_MESSAGE)
            await error_response(Request(scope), 500, body)(scope, receive, send)


class BodyLimitMiddleware:
    """Stops reading a request body beyond `MAX_BODY_BYTES`, whether or not its length was announced."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; reading too much of it raises what becomes a 413."""
        num_bytes = 0

        async def receive_counting() -> Message:
            nonlocal num_bytes
            message = await receive()
            num_bytes += len(message.get("body", b""))
            if num_bytes > MAX_BODY_BYTES:
                raise HTTPException(413)
            return message

        await self._app(scope, receive_counting if scope["type"] == "http" else receive, send)
