"""Which web pages may talk to us: a browser names the page in ``Origin``, other clients name none.

Only the host is compared with ``Host``, not the scheme, since a proxy in front of us may speak TLS.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection


def is_own_origin(connection: HTTPConnection) -> bool:
    """Say whether a request comes from our own pages, or from no web page at all."""
    origin = connection.headers.get("origin")
    if origin is None:
        return connection.headers.get("sec-fetch-site", "none") in {"none", "same-origin"}
    return _host(origin) == connection.headers.get("host", "").lower()


def is_allowed_origin(connection: HTTPConnection, allowed_origins: Collection[str]) -> bool:
    """Say whether a request comes from a page that may embed the widget."""
    origin = connection.headers.get("origin")
    return is_own_origin(connection) or (origin is not None and origin.rstrip("/") in allowed_origins)


def _host(origin: str) -> str | None:
    """Give host and port of an origin; None for "null" and what is not an http address."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    return parts.netloc.lower() if parts.scheme in {"http", "https"} and parts.netloc else None
