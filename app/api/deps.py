"""Dependencies of the routes, as annotated types; what they check is in `app.api.access`."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from app.api.access import (
    SESSION_COOKIE,
    access_all_conversations,
    access_operator,
    access_rasa_api,
    access_staff,
)
from app.api.caller import Caller
from app.api.edge import Edge
from app.api.origins import is_allowed_origin, is_own_origin
from app.api.rate_limit import RateLimiter
from app.api.staff_watch import StaffWatch
from app.bootstrap import Services
from app.db.user_store import StaffUser
from app.dialogue.errors import PermissionDeniedError, RateLimitedError


def get_edge(connection: HTTPConnection) -> Edge:
    """Give the edge that `app.main` put into the application."""
    return cast(Edge, connection.app.state.edge)


EdgeDep = Annotated[Edge, Depends(get_edge)]


def get_services(edge: EdgeDep) -> Services:
    """Give the services."""
    return edge.services


ServicesDep = Annotated[Services, Depends(get_services)]


def get_staff_watch(connection: HTTPConnection) -> StaffWatch:
    """Give the watch that `app.main` runs."""
    return cast(StaffWatch, connection.app.state.staff_watch)


StaffWatchDep = Annotated[StaffWatch, Depends(get_staff_watch)]


def check_own_origin(request: Request) -> None:
    """Refuse what a foreign web page makes a browser send (cookies would go with it).

    Raises:
        PermissionDeniedError: the request comes from another site.
    """
    if not is_own_origin(request):
        raise PermissionDeniedError("this request comes from another site; open the console itself")


def check_widget_origin(request: Request, services: ServicesDep) -> None:
    """Refuse pages that may not embed the widget.

    Raises:
        PermissionDeniedError: the page is not listed in SPANDESK_ALLOWED_ORIGINS.
    """
    if not is_allowed_origin(request, services.settings.allowed_origins):
        raise PermissionDeniedError("this page may not embed the chat; list it in SPANDESK_ALLOWED_ORIGINS")


def current_agent(request: Request, services: ServicesDep) -> StaffUser:
    """Give who is logged in, agent or operator."""
    return access_staff(services, request.cookies.get(SESSION_COOKIE))


CurrentAgent = Annotated[StaffUser, Depends(current_agent)]


def current_operator(agent: CurrentAgent) -> StaffUser:
    """Give the operator who is logged in."""
    return access_operator(agent)


CurrentOperator = Annotated[StaffUser, Depends(current_operator)]


def current_caller(connection: HTTPConnection, services: ServicesDep) -> Caller:
    """Give who calls a Rasa-compatible endpoint."""
    return access_rasa_api(services, connection)


CurrentCaller = Annotated[Caller, Depends(current_caller)]


def current_admin(caller: CurrentCaller) -> Caller:
    """Give a caller who may do what concerns the whole bot."""
    access_all_conversations(caller)
    return caller


def client_address(request: Request) -> str:
    """Give the caller's address, as far as the server knows it."""
    return request.client.host if request.client else "unknown"


ClientAddress = Annotated[str, Depends(client_address)]


def check_rate(limiter: RateLimiter, key: str, what: str) -> None:
    """Take a token.

    Raises:
        RateLimitedError: there is none.
    """
    wait_s = limiter.take(key)
    if wait_s > 0:
        message = f"too many {what}; try again in {wait_s:.0f} s"
        raise RateLimitedError(message, retry_after_s=wait_s)
