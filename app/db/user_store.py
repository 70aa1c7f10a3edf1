"""Agents and operators, their passwords (argon2id) and logins."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from app.db.clock import utc_now
from app.db.engine import Sessions, reading, writing
from app.db.tables import StaffSessionRow, UserRow
from app.db.text import check_id, storable
from app.db.tokens import hash_token, new_token
from app.dialogue.errors import ConflictError, InvalidInputError
from app.dialogue.ports import Clock

Role = Literal["agent", "operator"]

SESSION_LIFETIME = timedelta(hours=12)  # one working day
MIN_PASSWORD_CHARS = 10
MAX_PASSWORD_CHARS = 1_000  # nobody types more, and hashing more is work for an attacker to give us
# 19 MiB and two passes are OWASP's least; 40 logins at once then stay below 800 MiB.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Of a password that nobody knows; verified for unknown names, so that they take as long as known ones.
_DUMMY_HASH = (
    "$argon2id$v=19$m=19456,t=2,p=1$6stHhpS5vmwSrCpWrv6YDg$QXNwq7tO1fkXdAr2QTU39IRTNuE6lZ1wT1riaK69yWU"
)


@dataclass(frozen=True, slots=True)
class StaffUser:
    """A person who works here: an agent, or an operator (who may do all that an agent may)."""

    user_id: str
    name: str
    role: Role


class UserStore:
    """Staff in the database."""

    def __init__(self, sessions: Sessions, *, clock: Clock = utc_now) -> None:
        self._sessions = sessions
        self._clock = clock

    def add(self, name: str, password: str, role: str) -> StaffUser:
        """Add a person.

        Raises:
            InvalidInputError: an unknown role, an unusable name, a password too short or too long.
            ConflictError: somebody has this name (case is ignored).
        """
        name = check_id(name.strip(), "name")
        user = StaffUser(str(uuid.uuid4()), name, _as_role(role))
        row = UserRow(
            user_id=user.user_id,
            name=name,
            name_key=name.casefold(),
            role=user.role,
            password_hash=_hash_password(password),
            created_at=self._clock(),
        )
        try:
            with writing(self._sessions) as session:
                session.add(row)
        except IntegrityError as error:
            raise ConflictError(f"user {name}: there is one of this name; choose another") from error
        return user

    def is_empty(self) -> bool:
        """Say whether there is nobody yet, as on the first start."""
        with reading(self._sessions) as session:
            return session.scalars(select(UserRow.user_id).limit(1)).first() is None

    def authenticate(self, name: str, password: str) -> StaffUser | None:
        """Give the person of this name and password, or None; an unknown name takes as long."""
        with reading(self._sessions) as session:
            row = session.scalars(select(UserRow).where(UserRow.name_key == _key(name))).one_or_none()
        is_right = _verify(row.password_hash if row is not None else _DUMMY_HASH, password)
        return _user(row) if row is not None and is_right else None

    def open_session(self, user: StaffUser) -> str:
        """Log a person in; gives the token of the login, valid for `SESSION_LIFETIME`."""
        token = new_token()
        now = self._clock()
        with writing(self._sessions) as session:
            session.execute(delete(StaffSessionRow).where(StaffSessionRow.expires_at <= now))
            session.add(
                StaffSessionRow(
                    token_hash=hash_token(token),
                    user_id=user.user_id,
                    created_at=now,
                    expires_at=now + SESSION_LIFETIME,
                )
            )
        return token

    def session_user(self, token: str) -> StaffUser | None:
        """Give the person logged in with this token, or None when it is unknown, closed or expired."""
        query = (
            select(UserRow)
            .join(StaffSessionRow, StaffSessionRow.user_id == UserRow.user_id)
            .where(
                StaffSessionRow.token_hash == hash_token(token), StaffSessionRow.expires_at > self._clock()
            )
        )
        with reading(self._sessions) as session:
            row = session.scalars(query).one_or_none()
        return _user(row) if row is not None else None

    def close_session(self, token: str) -> None:
        """Log out; an unknown token changes nothing."""
        with writing(self._sessions) as session:
            session.execute(delete(StaffSessionRow).where(StaffSessionRow.token_hash == hash_token(token)))


def _user(row: UserRow) -> StaffUser:
    return StaffUser(row.user_id, row.name, _as_role(row.role))


def _key(name: str) -> str:
    return storable(name).strip().casefold()


def _as_role(role: str) -> Role:
    match role:
        case "agent" | "operator":
            return role
        case _:
            raise InvalidInputError(f"role: got {role!r}, expected one of {', '.join(get_args(Role))}")


def _hash_password(password: str) -> str:
    if not MIN_PASSWORD_CHARS <= len(password) <= MAX_PASSWORD_CHARS:
        raise InvalidInputError(
            f"password: got {len(password)} characters, expected {MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS}"
        )
    return _HASHER.hash(_password_bytes(password))


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, _password_bytes(password[: MAX_PASSWORD_CHARS + 1]))
    except VerifyMismatchError:
        return False


def _password_bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
