"""The only way to a conversation, a login or a right in the API; routes contain no permission check.

A conversation that does not exist and one that is not yours give the same answer.
"""

from __future__ import annotations

import hmac

from app.api.errors import NotAuthenticatedError
from app.bootstrap import Services
from app.db.conversation_store import Conversation
from app.db.user_store import StaffUser
from app.dialogue.errors import NotFoundError, PermissionDeniedError
from app.dialogue.senders import REST_PREFIX

SESSION_COOKIE = "spandesk_session"


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


def access_tracker(services: Services, conversation_id: str) -> Conversation:
    """Let a caller of the Rasa-compatible API into a conversation, by its id or its REST sender.

    Raises:
        NotFoundError: there is no such conversation.
    """
    for candidate in (conversation_id, REST_PREFIX + conversation_id):
        conversation = services.conversations.find(candidate)
        if conversation is not None:
            return conversation
    raise NotFoundError("there is no conversation of this id")


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


def access_open_api(services: Services, api_token: str | None) -> None:
    """Let a caller use the REST channel and parse: anybody, unless the settings name a token.

    Raises:
        NotAuthenticatedError: the settings name a token and this is not it.
    """
    wanted = services.settings.api_token
    if wanted is not None and not _is_same(api_token, wanted.get_secret_value()):
        raise NotAuthenticatedError("this needs the API token, as ?token=… or Authorization: Bearer …")


def access_tracker_api(services: Services, api_token: str | None, session_token: str | None) -> None:
    """Let a caller read trackers: with the API token, or a staff login.

    Raises:
        NotAuthenticatedError: neither is there.
    """
    wanted = services.settings.api_token
    if wanted is None or not _is_same(api_token, wanted.get_secret_value()):
        access_staff(services, session_token)


def _is_same(got: str | None, wanted: str) -> bool:
    return got is not None and hmac.compare_digest(got.encode("utf-8", "replace"), wanted.encode())
