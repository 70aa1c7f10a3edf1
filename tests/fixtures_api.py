"""Fixtures of the tests of HTTP and sockets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.db.engine import Sessions
from tests.chat_client import Chat, open_chat
from tests.fakes_api import RunningServer, build_test_services, running


@pytest.fixture
def server(sqlite_sessions: Sessions) -> Iterator[RunningServer]:
    """A real server with an empty database and an echoing bot."""
    with running(build_test_services(sqlite_sessions)) as running_server:
        yield running_server


@pytest.fixture
def chat(server: RunningServer) -> Iterator[Chat]:
    with open_chat(server) as open_one:
        open_one.utterances_until("Welcome to web")
        yield open_one
