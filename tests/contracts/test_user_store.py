from __future__ import annotations

import pytest

from app.db.engine import Sessions
from app.db.user_store import SESSION_LIFETIME, UserStore
from app.dialogue.errors import ConflictError, InvalidInputError
from tests.factories_db import TickingClock

PASSWORD = "correct horse battery"


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock()


@pytest.fixture
def store(sessions: Sessions, clock: TickingClock) -> UserStore:
    return UserStore(sessions, clock=clock)


def test_right_password_gives_the_person(store: UserStore) -> None:
    ann = store.add("Ann", PASSWORD, "agent")

    assert store.authenticate("ann", PASSWORD) == ann
    assert ann.role == "agent"


@pytest.mark.parametrize(
    ("name", "password"),
    [("Ann", "wrong password"), ("Bob", PASSWORD), ("Ann", ""), ("A\x00", "\ud800" * 5000)],
)
def test_wrong_password_or_name_gives_nobody(store: UserStore, name: str, password: str) -> None:
    store.add("Ann", PASSWORD, "agent")

    assert store.authenticate(name, password) is None


def test_names_are_unique_without_case(store: UserStore) -> None:
    store.add("Ann", PASSWORD, "agent")

    with pytest.raises(ConflictError, match="user ANN: there is one"):
        store.add("ANN", PASSWORD, "operator")


@pytest.mark.parametrize(
    ("name", "password", "role", "problem"),
    [
        ("", PASSWORD, "agent", "name: got ''"),
        ("Ann", "short", "agent", "password: got 5 characters"),
        ("Ann", "x" * 1001, "agent", "password: got 1001 characters"),
        ("Ann", PASSWORD, "admin", "role: got 'admin', expected one of agent, operator"),
    ],
)
def test_add_refuses_what_is_unsafe(
    store: UserStore, name: str, password: str, role: str, problem: str
) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        store.add(name, password, role)
    assert store.is_empty()


def test_session_token_gives_the_person(store: UserStore) -> None:
    ann = store.add("Ann", PASSWORD, "operator")

    token = store.open_session(ann)

    assert store.session_user(token) == ann
    assert store.session_user(token + "x") is None


def test_closed_session_gives_nobody(store: UserStore) -> None:
    ann = store.add("Ann", PASSWORD, "agent")
    kept, closed = store.open_session(ann), store.open_session(ann)

    store.close_session(closed)

    assert store.session_user(closed) is None
    assert store.session_user(kept) == ann


def test_session_ends_by_itself(store: UserStore, clock: TickingClock) -> None:
    token = store.open_session(store.add("Ann", PASSWORD, "agent"))

    clock.advance(SESSION_LIFETIME)

    assert store.session_user(token) is None


def test_first_start_is_seen(store: UserStore) -> None:
    assert store.is_empty()
    store.add("Ann", PASSWORD, "operator")
    assert not store.is_empty()
