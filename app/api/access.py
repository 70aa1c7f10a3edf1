"""The only way to a conversation, a login or a right in the API; routes contain no permission check.

A conversation that does not exist and one that is not yours give the same answer.
"""

from __future__ import annotations

import hmac

from starlette.requests import HTTPConnection

from app.api.caller import Caller, TokenError, bearer_token, caller_of_claims, is_local, read_jwt
from app.api.errors import NotAuthenticatedError
from app.api.origins import is_own_origin
from app.bootstrap import Services
from app.db.conversation_store import Conversation
from app.db.user_store import StaffUser
from app.dialogue.errors import NotFoundError, PermissionDeniedError
from app.dialogue.senders import RASA_PREFIXES, REST_PREFIX

SESSION_COOKIE = "spandesk_session"

_REMEDY = "this needs the API token or a JWT, as ?token=… or Authorization: Bearer …"
_CLOSED = (
    "this is open on the server's own machine only; set SPANDESK_API_TOKEN or SPANDESK_JWT_SECRET and send"
    " ?token=… or Authorization: Bearer …"
)


def access_own_conversation(services: Services, conversation_id: str, token: str) -> Conversation:
    """Let a customer into the conversation that the token opens.

    Raises:
        NotAuthenticatedError: there is no such conversation, or it is not theirs.
    """
    conversation = services.conversations.find_for_token(conversation_id, token)
    if conversation is None:
        raise NotAuthenticatedError("there is no conversation of this id and token; ask for a new one")
    return conversation


def access_conversation(services: Services, staff: StaffUser, conversation_id: str) -> Conversation:
    """Let staff into any conversation; everybody who works here may read all of them.

    Raises:
        NotFoundError: there is no such conversation.
    """
    del staff  # being staff is the right
    conversation = services.conversations.find(conversation_id)
    if conversation is None:
        raise NotFoundError("there is no conversation of this id")
    return conversation


def access_tracker(services: Services, caller: Caller, name: str) -> Conversation:
    """Let a caller of the Rasa-compatible API into a conversation, by its id or its sender's name.

    Raises:
        PermissionDeniedError: the caller may touch another conversation only.
        NotFoundError: there is no such conversation.
    """
    access_sender(caller, name)
    candidates = [prefix + name for prefix in RASA_PREFIXES]
    if caller.username is None:
        candidates.append(name)
    for candidate in candidates:
        conversation = services.conversations.find(candidate)
        if conversation is not None:
            return conversation
    raise NotFoundError("there is no conversation of this id")


def access_or_begin(services: Services, caller: Caller, name: str) -> str:
    """Let a caller into a conversation that need not be there yet; gives its id.

    Raises:
        PermissionDeniedError: the caller may touch another conversation only.
    """
    try:
        return access_tracker(services, caller, name).conversation_id
    except NotFoundError:
        return name if name.startswith(RASA_PREFIXES) else REST_PREFIX + name


def access_sender(caller: Caller, name: str) -> None:
    """Let a caller speak as this sender.

    Raises:
        PermissionDeniedError: the caller may speak as another one only.
    """
    if caller.username is not None and caller.username != name:
        raise PermissionDeniedError("this JWT opens only the conversation of its own user; expected its name")


def access_all_conversations(caller: Caller) -> None:
    """Let a caller do what concerns the whole bot.

    Raises:
        PermissionDeniedError: the caller may touch one conversation only.
    """
    if caller.username is not None:
        raise PermissionDeniedError("this JWT opens one conversation only; expected the role admin")


def access_staff(services: Services, session_token: str | None) -> StaffUser:
    """Let an agent or operator in.

    Raises:
        NotAuthenticatedError: nobody is logged in with this token.
    """
    staff = services.users.session_user(session_token) if session_token else None
    if staff is None:
        raise NotAuthenticatedError("nobody is logged in; log in and try again")
    return staff


def access_operator(staff: StaffUser) -> StaffUser:
    """Let an operator do what agents may not.

    Raises:
        PermissionDeniedError: the person is an agent.
    """
    if staff.role != "operator":
        raise PermissionDeniedError("this needs the role operator; ask one to do it")
    return staff


def access_rasa_api(services: Services, connection: HTTPConnection) -> Caller:
    """Let somebody call the Rasa-compatible endpoints: by token, by JWT, or without both from this machine.

    Staff who are logged in may read.

    Raises:
        NotAuthenticatedError: nothing of it is there.
        PermissionDeniedError: a JWT without a role that we know.
    """
    settings = services.settings
    token = bearer_token(connection)
    if settings.api_token is not None and _is_same(token, settings.api_token.get_secret_value()):
        return Caller()
    if settings.jwt_secret is not None and token:
        return _caller_of_jwt(token, settings.jwt_secret.get_secret_value(), settings.jwt_method)
    if _is_reading_staff(services, connection):
        return Caller()
    if settings.has_api_key or not is_local(connection, settings.host):
        raise NotAuthenticatedError(_REMEDY if settings.has_api_key else _CLOSED)
    return Caller()


def _caller_of_jwt(token: str, key: str, method: str) -> Caller:
    try:
        claims = read_jwt(token, key, method)
    except TokenError as error:
        raise NotAuthenticatedError(str(error)) from error
    caller = caller_of_claims(claims)
    if caller is None:
        raise PermissionDeniedError(
            'got a JWT without a role; expected the claim "user" with "username" and the role admin or user'
        )
    return caller


def _is_reading_staff(services: Services, connection: HTTPConnection) -> bool:
    session = connection.cookies.get(SESSION_COOKIE)
    if session is None or connection.scope["method"] != "GET" or not is_own_origin(connection):
        return False
    return services.users.session_user(session) is not None


def _is_same(got: str | None, wanted: str) -> bool:
    return got is not None and hmac.compare_digest(got.encode("utf-8", "replace"), wanted.encode())
