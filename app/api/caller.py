"""Who calls the Rasa-compatible endpoints: by the API token, by a JWT, or from this machine itself.

A JWT is signed by somebody else (HS… with a shared secret, RS… with their private key); its claim ``user``
holds ``username`` and ``role``, as Rasa's does. `app.api.access` decides what a caller may do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import jwt
from starlette.requests import HTTPConnection

from app.api.origins import is_own_origin

_BEARER = "bearer "
_PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


class TokenError(Exception):
    """A JWT that is expired, has another signature, or is none."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who may call; `username` is the only conversation that they may touch (None: all of them)."""

    username: str | None = None


def bearer_token(connection: HTTPConnection) -> str | None:
    """Give the token that came as ``Authorization: Bearer`` or ``?token=``."""
    header = connection.headers.get("authorization", "")
    if header.lower().startswith(_BEARER):
        return header[len(_BEARER) :].strip() or None
    return connection.query_params.get("token")


def read_jwt(token: str, key: str, method: str) -> Mapping[str, Any]:
    """Give the claims of a JWT whose signature and times are right; ``Bearer`` before it is allowed.

    Raises:
        TokenError: it is no such JWT.
    """
    if token.lower().startswith(_BEARER):
        token = token[len(_BEARER) :]
    try:
        claims: Mapping[str, Any] = jwt.decode(
            token.strip(), key, algorithms=[method], options={"verify_aud": False, "verify_sub": False}
        )
    except jwt.PyJWTError as error:
        raise TokenError(f"the JWT is not valid ({error}); ask for a new one") from error
    return claims


def caller_of_claims(claims: Mapping[str, Any]) -> Caller | None:
    """Give who a JWT is about; None when it names no role that we know."""
    user = claims.get("user")
    if not isinstance(user, Mapping):
        return None
    username = user.get("username")
    if user.get("role") == "admin":
        return Caller()
    if user.get("role") == "user" and isinstance(username, str) and username:
        return Caller(username)
    return None


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_local(connection: HTTPConnection, bound_host: str) -> bool:
    """Say whether a request was made on this machine itself, by a program or by a page of ours.

    A proxy in front of us also calls from here; it names another ``Host``, or says that it forwards.
    """
    client = connection.client.host if connection.client else ""
    asked_for = urlsplit(f"//{connection.headers.get('host', '')}").hostname or ""
    is_forwarded = any(name in connection.headers for name in _PROXY_HEADERS)
    is_here = is_loopback(bound_host) and is_loopback(client) and is_loopback(asked_for)
    return is_here and not is_forwarded and is_own_origin(connection)
