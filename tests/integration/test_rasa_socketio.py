"""The socket.io channel with the client that python-socketio ships, over polling and WebSocket."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jwt
import pytest
import requests
import socketio

from app.bot.bot import Channels, SocketIoChannel
from app.db.engine import Sessions
from tests.fakes_api import RunningServer
from tests.fakes_rasa import serve_rasa_bot

KEY = "a key of more than thirty-two bytes, really"
WAIT_S = 20


class Widget:
    """A client that keeps what it hears."""

    def __init__(self, bot_event: str = "bot_uttered", namespace: str = "/") -> None:
        self._namespace = namespace
        self._heard: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._http = requests.Session()
        self.client = socketio.Client(reconnection=False, http_session=self._http)
        for event in (bot_event, "session_confirm", "error"):
            self.client.on(event, self._hear(event), namespace=namespace)

    def _hear(self, event: str) -> Any:
        return lambda data=None: self._heard.put((event, data))

    def send(self, event: str, data: Any = None) -> None:
        self.client.emit(event, data, namespace=self._namespace)

    def close(self) -> None:
        """Close what the library leaves open, above all after a connection that was refused."""
        self.client.disconnect()
        if self.client.eio.ws is not None:
            self.client.eio.ws.shutdown()
        self._http.close()

    def next(self) -> tuple[str, Any]:
        return self._heard.get(timeout=WAIT_S)


@contextmanager
def connected(server: RunningServer, widget: Widget, **options: Any) -> Iterator[Widget]:
    widget.client.connect(server.url, **{"transports": ["websocket"], "wait_timeout": WAIT_S, **options})
    try:
        yield widget
    finally:
        widget.close()


def serving(sessions: Sessions, **channel: Any) -> Any:
    return serve_rasa_bot(sessions, channels=Channels(socketio=SocketIoChannel(**channel)))


@pytest.mark.parametrize("transports", [["websocket"], ["polling"]])
def test_a_widget_gets_a_session_and_the_bots_answers(
    sqlite_sessions: Sessions, transports: list[str]
) -> None:
    with (
        serving(sqlite_sessions, session_persistence=True) as server,
        connected(server, Widget(), transports=transports) as widget,
    ):
        widget.send("session_request", {"session_id": None})
        confirmed, session_id = widget.next()
        widget.send("user_uttered", {"message": "greet", "session_id": session_id, "metadata": '{"page": 1}'})
        heard = [widget.next() for _ in range(4)]
        tracker = server.services.tracker_store.load(f"socketio:{session_id}")

    assert confirmed == "session_confirm"
    assert heard == [
        ("bot_uttered", {"text": "Hello!"}),
        ("bot_uttered", {"text": "How can I help?"}),
        ("bot_uttered", {"mood": "good"}),
        ("bot_uttered", {"attachment": {"type": "image", "payload": {"src": "hello.png"}}}),
    ]
    assert tracker.latest_message is not None
    assert (tracker.latest_message.channel, tracker.latest_message.metadata) == ("socketio", {"page": 1})


def test_buttons_are_quick_replies(sqlite_sessions: Sessions) -> None:
    with serving(sqlite_sessions) as server, connected(server, Widget()) as widget:
        widget.send("user_uttered", {"message": "pay"})
        heard = widget.next()

    quick_replies = [{"content_type": "text", "title": "Yes", "payload": "/greet"}]
    assert heard == ("bot_uttered", {"text": "Pay now?", "quick_replies": quick_replies})


def test_the_channel_says_that_it_is_there(sqlite_sessions: Sessions) -> None:
    with serving(sqlite_sessions) as server, server.client() as client:
        assert client.get("/webhooks/socketio/").json() == {"status": "ok"}


def test_a_channel_that_is_not_there_says_so(sqlite_sessions: Sessions) -> None:
    with serve_rasa_bot(sqlite_sessions) as server, server.client() as client:
        answer = client.get("/webhooks/socketio/")

    assert answer.status_code == 404
    assert "credentials.yml" in answer.json()["message"]


def test_a_session_goes_on_after_a_new_connection(sqlite_sessions: Sessions) -> None:
    with serving(sqlite_sessions, session_persistence=True) as server:
        for _ in range(2):
            with connected(server, Widget()) as widget:
                widget.send("session_request", {"session_id": "s1"})
                assert widget.next() == ("session_confirm", "s1")
                widget.send("user_uttered", {"message": "pay", "session_id": "s1"})
                assert widget.next()[1]["text"] == "Pay now?"
        assert server.services.conversations.find("socketio:s1").num_customer_turns == 2  # type: ignore[union-attr]


def test_what_comes_from_outside_reaches_the_widget(sqlite_sessions: Sessions) -> None:
    with (
        serving(sqlite_sessions, session_persistence=True) as server,
        connected(server, Widget()) as widget,
        server.client() as client,
    ):
        widget.send("user_uttered", {"message": "pay", "session_id": "s1"})
        widget.next()
        body = {"name": "remind", "entities": {"amount": 3}}
        client.post("/conversations/s1/trigger_intent", json=body).raise_for_status()
        heard = widget.next()

    assert heard == ("bot_uttered", {"text": "Do not forget 3."})


def test_names_and_path_are_those_of_the_credentials(sqlite_sessions: Sessions) -> None:
    channel = {
        "user_message_event": "said",
        "bot_message_event": "told",
        "path": "/chat/io",
        "namespace": "/shop",
        "metadata_key": "extra",
    }
    with serving(sqlite_sessions, **channel) as server:
        widget = Widget("told", "/shop")
        with connected(server, widget, socketio_path="/chat/io", namespaces=["/shop"]):
            widget.send("said", {"message": "pay", "extra": {"page": 2}})
            heard = widget.next()
        (line,) = server.services.conversations.summaries()
        said = server.services.tracker_store.load(line.conversation_id).latest_message

    assert heard[0] == "told"
    assert said is not None
    assert said.metadata == {"page": 2}


@pytest.mark.parametrize(
    "auth",
    [None, {}, {"token": 7}, {"token": "nonsense"}, {"token": jwt.encode({}, KEY + "!", "HS256")}],
    ids=["nothing", "no token", "number", "no JWT", "another key"],
)
def test_without_a_jwt_nobody_connects_where_one_is_asked_for(sqlite_sessions: Sessions, auth: Any) -> None:
    with serving(sqlite_sessions, jwt_key=KEY) as server:
        widget = Widget()
        with pytest.raises(socketio.exceptions.ConnectionError):
            widget.client.connect(server.url, auth=auth, transports=["websocket"], wait_timeout=WAIT_S)
        widget.close()


def test_a_jwt_opens_the_channel(sqlite_sessions: Sessions) -> None:
    token = jwt.encode({"user": {"username": "alice"}}, KEY, "HS256")
    auth = {"token": f"Bearer {token}"}
    with serving(sqlite_sessions, jwt_key=KEY) as server, connected(server, Widget(), auth=auth) as widget:
        widget.send("user_uttered", {"message": "pay"})
        assert widget.next()[1]["text"] == "Pay now?"


BAD_MESSAGES: list[tuple[str, Any, str]] = [
    ("user_uttered", None, "invalid_input"),
    ("user_uttered", "pay", "invalid_input"),
    ("user_uttered", {"message": "pay"}, "invalid_input"),
    ("user_uttered", {"message": 7, "session_id": "s"}, "invalid_input"),
    ("user_uttered", {"message": "a\x00b", "session_id": "s"}, "invalid_input"),
    ("user_uttered", {"message": " ", "session_id": "s"}, "message_empty"),
    ("user_uttered", {"message": "x" * 2001, "session_id": "s"}, "message_too_long"),
    ("user_uttered", {"message": "pay", "session_id": "a\nb"}, "invalid_input"),
    ("user_uttered", {"message": "pay", "session_id": [1]}, "invalid_input"),
    ("user_uttered", {"message": "x", "session_id": "s", "metadata": "{"}, "invalid_input"),
    ("session_request", "s1", "invalid_input"),
    ("session_request", {"session_id": "x" * 500}, "invalid_input"),
]


def test_what_is_wrong_is_told_and_the_socket_lives(sqlite_sessions: Sessions) -> None:
    with (
        serving(sqlite_sessions, session_persistence=True) as server,
        connected(server, Widget()) as widget,
    ):
        answers = []
        for event, data, _ in BAD_MESSAGES:
            widget.send(event, data)
            answers.append(widget.next())
        widget.send("user_uttered", {"message": "pay", "session_id": "s"})
        after = widget.next()

    assert [(event, data["code"]) for event, data in answers] == [
        ("error", code) for _, _, code in BAD_MESSAGES
    ]
    assert after[1]["text"] == "Pay now?"


def test_a_page_that_may_not_embed_the_chat_is_refused(sqlite_sessions: Sessions) -> None:
    with serving(sqlite_sessions) as server, server.client(Origin="https://evil.example") as client:
        answer = client.get("/socket.io/", params={"EIO": "4", "transport": "polling"})

    assert answer.status_code == 400


def test_too_large_a_packet_ends_its_connection_only(sqlite_sessions: Sessions) -> None:
    with serving(sqlite_sessions) as server, connected(server, Widget()) as first:
        first.send("user_uttered", {"message": "x" * 400_000})
        with connected(server, Widget()) as second:
            second.send("user_uttered", {"message": "pay"})
            assert second.next()[1]["text"] == "Pay now?"
