"""The callback channel against a real HTTP server that takes, refuses or redirects."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from app.api.errors import DeliveryError
from app.api.rasa.callback import Callbacks
from app.api.rasa.replies import RestReply
from app.bot.bot import Channels
from app.db.engine import Sessions
from tests.fakes_rasa import serve_rasa_bot


@dataclass
class Receiver:
    """Keeps what is posted; answers the next statuses first, then 200."""

    url: str
    statuses: list[int] = field(default_factory=list)
    received: list[Any] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.paths.append(self.path)
            received.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(received.statuses.pop(0) if received.statuses else 200)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    received = Receiver(f"http://127.0.0.1:{server.server_port}/answers")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield received
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def callbacks(receiver: Receiver) -> Iterator[Callbacks]:
    channel = Callbacks(receiver.url, sleep=lambda _: None)
    yield channel
    channel.close()


REPLIES = [RestReply(recipient_id="alice", text="one"), RestReply(recipient_id="alice", text="two")]


def test_answers_are_posted_in_order(sqlite_sessions: Sessions, receiver: Receiver) -> None:
    channels = Channels(callback_url=receiver.url)
    with serve_rasa_bot(sqlite_sessions, channels=channels) as server, server.client() as client:
        health = client.get("/webhooks/callback/")
        answer = client.post("/webhooks/callback/webhook", json={"sender": "alice", "message": "greet"})
        body = {"name": "utter_pay"}
        unsent = client.post("/conversations/alice/execute", json={"name": "utter_greet"})
        latest = {"output_channel": "latest"}
        client.post("/conversations/alice/execute", json=body, params=latest).raise_for_status()

    assert health.json() == {"status": "ok"}
    assert (answer.status_code, answer.text) == (200, "success")
    assert unsent.json()["messages"][0]["text"] == "Hello!"
    assert [message.get("text") for message in receiver.received] == [
        "Hello!", "How can I help?", None, None, "Pay now?",
    ]  # fmt: skip
    assert {message["recipient_id"] for message in receiver.received} == {"alice"}


def test_a_receiver_that_recovers_gets_each_message(receiver: Receiver, callbacks: Callbacks) -> None:
    receiver.statuses = [503, 500]

    callbacks.deliver(REPLIES)

    assert [message["text"] for message in receiver.received] == ["one", "one", "one", "two"]


def test_three_tries_are_all(receiver: Receiver, callbacks: Callbacks) -> None:
    receiver.statuses = [500] * 9

    with pytest.raises(DeliveryError, match="status 500"):
        callbacks.deliver(REPLIES)

    assert len(receiver.received) == 3


def test_a_redirect_is_not_followed(receiver: Receiver, callbacks: Callbacks) -> None:
    receiver.statuses = [307] * 3

    with pytest.raises(DeliveryError, match="status 307"):
        callbacks.deliver(REPLIES)

    assert set(receiver.paths) == {"/answers"}


def test_an_address_where_nobody_is_gives_a_502_and_loses_no_turn(sqlite_sessions: Sessions) -> None:
    channels = Channels(callback_url="http://127.0.0.1:9/nobody")
    with serve_rasa_bot(sqlite_sessions, channels=channels) as server, server.client() as client:
        answer = client.post("/webhooks/callback/webhook", json={"sender": "alice", "message": "pay"})
        tracker = client.get("/conversations/alice/tracker").json()

    assert (answer.status_code, answer.json()["code"]) == (502, "delivery_failed")
    assert tracker["latest_action_name"] == "action_listen"
