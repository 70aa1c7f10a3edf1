"""The consoles' socket over a real server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from app.api.access import SESSION_COOKIE
from app.dialogue.understanding import CustomerMessage
from tests.fakes_api import RunningServer

Frame = dict[str, Any]


@contextmanager
def open_console(server: RunningServer, **headers: str) -> Iterator[ClientConnection]:
    with server.staff_client() as client:
        cookie = f"{SESSION_COOKIE}={client.cookies[SESSION_COOKIE]}"
    with connect(f"{server.ws_url}/api/v1/staff", additional_headers={"Cookie": cookie, **headers}) as ws:
        yield ws


@pytest.fixture
def console(server: RunningServer) -> Iterator[ClientConnection]:
    with open_console(server) as ws:
        yield ws


def receive_until(ws: ClientConnection, is_last: Callable[[Frame], bool]) -> Frame:
    while True:
        frame: Frame = json.loads(ws.recv(timeout=20))
        if is_last(frame):
            return frame


def receive_type(ws: ClientConnection, frame_type: str) -> Frame:
    return receive_until(ws, lambda frame: frame["type"] == frame_type)


def new_conversation(server: RunningServer) -> str:
    with server.client() as client:
        conversation_id: str = client.post("/api/v1/visitors").json()["conversation_id"]
    return conversation_id


def say(server: RunningServer, conversation_id: str, text: str) -> None:
    server.manager.handle_message(CustomerMessage(conversation_id, text, str(uuid4()), "web"))


def subscribe(ws: ClientConnection, conversation_id: str | None) -> None:
    ws.send(json.dumps({"type": "subscribe", "conversation_id": conversation_id}))


def test_console_hears_of_new_and_changed_conversations(
    server: RunningServer, console: ClientConnection
) -> None:
    receive_type(console, "model")
    conversation_id = new_conversation(server)
    receive_type(console, "conversation")
    say(server, conversation_id, "hello")

    line = receive_until(console, lambda frame: frame.get("conversation", {}).get("num_customer_turns") == 1)

    assert line["conversation"]["conversation_id"] == conversation_id
    assert line["conversation"]["last_text"] == "You said hello"


def test_followed_conversation_comes_whole_and_then_live(
    server: RunningServer, console: ClientConnection
) -> None:
    conversation_id = new_conversation(server)
    say(server, conversation_id, "where is FH-1")
    subscribe(console, conversation_id)
    whole = receive_type(console, "transcript")["items"]
    say(server, conversation_id, "and FH-2")
    live = receive_type(console, "transcript")["items"]

    assert [item["utterance"]["text"] for item in whole] == [
        "Welcome to web",
        "where is FH-1",
        "You said where is FH-1",
    ]
    assert whole[1]["intent"] == {"name": "track_order", "confidence": 0.9}
    assert whole[1]["entities"][0]["value"] == "FH-1"
    assert whole[1]["decisions"][0]["reasons"] == ["rule echo"]
    assert [item["utterance"]["text"] for item in live] == ["and FH-2", "You said and FH-2"]


def test_correction_is_seen_live(server: RunningServer, console: ClientConnection) -> None:
    conversation_id = new_conversation(server)
    say(server, conversation_id, "one")
    say(server, conversation_id, "two")
    subscribe(console, conversation_id)
    sequence = receive_type(console, "transcript")["items"][1]["utterance"]["sequence"]
    with server.staff_client() as client:
        address = f"/api/v1/conversations/{conversation_id}/turns/{sequence}/correction"
        client.put(address, json={"intent": "greet", "entities": []}).raise_for_status()

    (item,) = receive_type(console, "transcript")["items"]

    assert item["utterance"]["text"] == "one"
    assert item["correction"]["intent"] == "greet"
    assert item["correction"]["corrected_by"] == "Ada"


def test_only_the_last_subscription_counts(server: RunningServer, console: ClientConnection) -> None:
    first, second = new_conversation(server), new_conversation(server)
    subscribe(console, first)
    receive_type(console, "transcript")
    subscribe(console, second)
    receive_type(console, "transcript")
    say(server, first, "not followed")
    say(server, second, "followed")

    frame = receive_type(console, "transcript")

    assert frame["conversation_id"] == second


def test_subscription_can_be_ended(server: RunningServer, console: ClientConnection) -> None:
    conversation_id = new_conversation(server)
    subscribe(console, conversation_id)
    receive_type(console, "transcript")
    subscribe(console, None)
    console.send('{"type":"ping"}')
    receive_type(console, "pong")

    assert server.services.hub.num_followers(conversation_id) == 0


def test_unknown_conversation_is_a_typed_error(console: ClientConnection) -> None:
    subscribe(console, "no such")

    assert receive_type(console, "error")["code"] == "not_found"


@pytest.mark.parametrize(
    ("raw", "code"),
    [("nonsense", "invalid_frame"), ('{"type":"dance"}', "unknown_type"), (b"\xff", "invalid_frame")],
    ids=["not json", "unknown type", "binary"],
)
def test_wrong_frame_is_a_typed_error_and_the_socket_stays_open(
    console: ClientConnection, raw: str | bytes, code: str
) -> None:
    console.send(raw)
    error = receive_type(console, "error")
    console.send('{"type":"ping"}')

    assert error["code"] == code
    assert receive_type(console, "pong")


def test_training_job_is_seen_live(
    server: RunningServer, console: ClientConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert receive_type(console, "model")["bundle_id"] == "bundle-1"
    job = server.services.training.create_job("Olu")
    queued = receive_type(console, "job")["job"]
    running = server.services.training.claim_job(job.job_id, worker="w1")
    assert running is not None
    server.services.training.update_job(replace(running, stage="train", progress=0.5))
    halfway = receive_until(console, lambda frame: frame.get("job", {}).get("progress") == 0.5)["job"]

    assert (queued["job_id"], queued["status"]) == (job.job_id, "queued")
    assert (halfway["status"], halfway["stage"]) == ("running", "train")


def test_swapped_model_is_seen_live(server: RunningServer, console: ClientConnection) -> None:
    receive_type(console, "model")
    served = server.services.understanding.served

    class Newer(type(served.interpreter)):  # type: ignore[misc]
        bundle_id = "bundle-2"

    server.services.understanding.swap(replace(served, interpreter=Newer()))

    assert receive_type(console, "model")["bundle_id"] == "bundle-2"


# --- who may come in ---------------------------------------------------------------------------


@pytest.mark.parametrize("cookie", ["", f"{SESSION_COOKIE}=forged"], ids=["none", "forged"])
def test_console_without_a_login_is_closed(server: RunningServer, cookie: str) -> None:
    with (
        connect(f"{server.ws_url}/api/v1/staff", additional_headers={"Cookie": cookie}) as ws,
        pytest.raises(ConnectionClosed, match="4401"),
    ):
        ws.recv(timeout=20)


def test_login_does_not_help_a_foreign_page(server: RunningServer) -> None:
    with pytest.raises(InvalidStatus, match="403"), open_console(server, Origin="https://evil.test"):
        pass


def test_logging_out_closes_the_socket(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.api.staff_websocket.RECHECK_S", 0.05)
    with open_console(server) as ws:
        receive_type(ws, "model")
        cookie = ws.request.headers["Cookie"] if ws.request else ""
        with server.client(Cookie=cookie) as client:
            client.post("/api/v1/auth/logout").raise_for_status()

        with pytest.raises(ConnectionClosed, match="4401"):
            receive_type(ws, "nothing")


def test_closing_the_console_ends_all_its_feeds(server: RunningServer) -> None:
    conversation_id = new_conversation(server)
    with open_console(server) as ws:
        subscribe(ws, conversation_id)
        receive_type(ws, "transcript")
        assert server.services.hub.num_followers(conversation_id) == 1
    with open_console(server) as other:  # answered only after the first socket was handled
        other.send('{"type":"ping"}')
        receive_type(other, "pong")

    assert server.services.hub.num_followers(conversation_id) == 0


@pytest.mark.parametrize("num_later_turns", [0, 1])
def test_rating_changes_the_answer_and_the_line(
    server: RunningServer, console: ClientConnection, num_later_turns: int
) -> None:
    conversation_id = new_conversation(server)
    say(server, conversation_id, "faq")
    for _ in range(num_later_turns):
        say(server, conversation_id, "thank you")
    subscribe(console, conversation_id)
    receive_type(console, "transcript")

    server.manager.rate_answer(conversation_id, 5, is_helpful=False)

    changed = receive_type(console, "transcript")["items"]
    assert [(item["utterance"]["sequence"], item["is_helpful"]) for item in changed] == [(5, False)]
    receive_until(console, lambda frame: frame.get("conversation", {}).get("num_unhelpful") == 1)
