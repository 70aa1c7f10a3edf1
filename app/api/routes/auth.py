"""Staff log in and out; the login is an HttpOnly cookie that no page script can read."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response

from app.api.access import SESSION_COOKIE
from app.api.deps import ClientAddress, CurrentAgent, EdgeDep, ServicesDep, check_own_origin, check_rate
from app.api.errors import NotAuthenticatedError
from app.api.schemas import LoginRequest, StaffMember
from app.db.user_store import SESSION_LIFETIME

router = APIRouter(prefix="/auth", tags=["staff"], dependencies=[Depends(check_own_origin)])


@router.post("/login")
def log_in(
    login: LoginRequest, request: Request, response: Response, edge: EdgeDep, address: ClientAddress
) -> StaffMember:
    """Log in; after too many failures from one address or for one name, wait."""
    keys = (f"address {address}", f"name {login.name.strip().casefold()}")
    for key in keys:
        check_rate(edge.logins, key, "logins")
    staff = edge.services.users.authenticate(login.name, login.password)
    if staff is None:
        edge.services.audit.record(address, "login.refuse", login.name[:200])
        raise NotAuthenticatedError("the name or the password is wrong")
    for key in keys:
        edge.logins.give_back(key)
    token = edge.services.users.open_session(staff)
    edge.services.audit.record(staff.name, "login.open", address)
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=int(SESSION_LIFETIME.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return StaffMember(name=staff.name, role=staff.role)


@router.post("/logout", status_code=204)
def log_out(request: Request, response: Response, services: ServicesDep) -> None:
    """Log out; harmless when nobody is logged in."""
    services.users.close_session(request.cookies.get(SESSION_COOKIE, ""))
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict")


@router.get("/me")
def show_me(agent: CurrentAgent) -> StaffMember:
    """Say who is logged in."""
    return StaffMember(name=agent.name, role=agent.role)
