"""The customer's socket over a real server."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from app.api.websocket import MAX_SOCKETS_PER_CONVERSATION
from app.db.engine import Sessions
from app.db.tokens import hash_token
from app.db.tracker_store import SqlTrackerStore
from app.dialogue.events import RecordedEvent
from tests.chat_client import Chat, Frame, new_visitor, open_chat
from tests.fakes_api import RunningServer, build_test_services, running


def test_hello_is_answered_with_welcome_and_what_was_missed(server: RunningServer) -> None:
    conversation_id, token = new_visitor(server)

    with connect(f"{server.ws_url}/api/v1/chat") as ws:
        chat = Chat(conversation_id, token, ws)
        chat.send(type="hello", conversation_id=conversation_id, token=token)
        welcome, greeting = chat.receive(), chat.receive()

    assert welcome == {
        "type": "welcome",
        "conversation_id": conversation_id,
        "bot_name": "Fern",
        "last_sequence": 2,
        "max_message_chars": 2000,
    }
    assert (greeting["kind"], greeting["sequence"], greeting["text"]) == ("bot", 2, "Welcome to web")


def test_message_is_answered_in_order(chat: Chat) -> None:
    chat.say("hello")

    spoken = chat.utterances_until("You said hello")

    assert [(frame["kind"], frame["sequence"], frame["text"]) for frame in spoken] == [
        ("customer", 3, "hello"),
        ("bot", 5, "You said hello"),
    ]
    assert spoken[0]["client_message_id"] == "m1"
    assert spoken[1]["buttons"] == [{"title": "Again", "payload": "/greet"}]


def test_ack_names_the_saved_events(chat: Chat) -> None:
    chat.say("hello")

    ack = chat.receive_type("ack")

    assert ack == {
        "type": "ack",
        "client_message_id": "m1",
        "sequence": 3,
        "last_sequence": 5,
        "duplicate": False,
    }


def test_message_sent_twice_is_answered_once(chat: Chat) -> None:
    chat.say("hello", "m1")
    first = chat.receive_type("ack")
    chat.say("hello", "m1")
    second = chat.receive_type("ack")
    chat.say("end", "m2")

    rest = chat.utterances_until("You said end")

    assert second == first | {"duplicate": True}
    assert [frame["text"] for frame in rest] == ["end", "You said end"]


def test_pressed_button_shows_its_title(chat: Chat, server: RunningServer) -> None:
    chat.send(type="message", client_message_id="m1", text="Greet me", payload="/greet")

    customer, _ = chat.utterances_until("You said Greet me")

    assert customer["text"] == "Greet me"
    assert server.manager.messages[0].payload == "/greet"


def test_every_socket_of_the_conversation_gets_the_same_utterances(server: RunningServer, chat: Chat) -> None:
    with open_chat(server, (chat.conversation_id, chat.token)) as other:
        other.utterances_until("Welcome to web")
        chat.say("hello")
        here, there = chat.utterances_until("You said hello"), other.utterances_until("You said hello")

    assert here == there


def test_other_conversations_hear_nothing(server: RunningServer, chat: Chat) -> None:
    with open_chat(server) as other:
        other.utterances_until("Welcome to web")
        chat.say("secret")
        chat.receive_type("ack")
        other.send(type="ping")

        assert other.receive() == {"type": "pong"}


def test_reconnecting_socket_gets_what_it_missed_once(server: RunningServer, chat: Chat) -> None:
    for number in range(3):
        chat.say(f"text {number}", f"m{number}")
        chat.receive_type("ack")

    with open_chat(server, (chat.conversation_id, chat.token), after_sequence=5) as again:
        again.send(type="ping")
        missed = again.receive_until(lambda frame: frame.get("text") == "You said text 2")

    assert [frame["sequence"] for frame in missed if frame["type"] == "utterance"] == [6, 8, 9, 11]


def test_resume_sends_again_from_the_asked_place(chat: Chat) -> None:
    chat.say("hello")
    chat.utterances_until("You said hello")
    chat.send(type="resume", after_sequence=2)

    again = chat.utterances_until("You said hello")

    assert [frame["sequence"] for frame in again] == [3, 5]


def test_sequence_number_from_the_future_is_harmless(server: RunningServer) -> None:
    visitor = new_visitor(server)

    with open_chat(server, visitor, after_sequence=10**30) as chat:
        chat.say("hello")
        spoken = chat.utterances_until("You said hello")

    assert [frame["sequence"] for frame in spoken] == [3, 5]


def test_typing_is_shown_while_the_bot_thinks(chat: Chat, server: RunningServer) -> None:
    server.manager.may_answer.clear()
    chat.say("hello")

    typing = chat.receive()
    server.manager.may_answer.set()
    end = chat.receive_until(lambda frame: frame == {"type": "typing", "is_typing": False})

    assert typing == {"type": "typing", "is_typing": True}
    assert end


def test_typing_is_not_shown_while_an_agent_has_the_conversation(chat: Chat, server: RunningServer) -> None:
    server.manager.agent_join(chat.conversation_id, agent_id="a1", agent_name="Ada")
    chat.receive_until(lambda frame: frame.get("notice") == "agent_joined")
    chat.say("hello")

    frames = chat.receive_until(lambda frame: frame.get("text") == "You said hello")

    assert {"type": "typing", "is_typing": True} not in frames


def test_agent_is_heard_live(chat: Chat, server: RunningServer) -> None:
    server.manager.agent_join(chat.conversation_id, agent_id="a1", agent_name="Ada")
    server.manager.agent_say(chat.conversation_id, "Hi, Ada here", agent_id="a1", agent_name="Ada")

    spoken = chat.utterances_until("Hi, Ada here")

    assert [(frame["kind"], frame["notice"], frame["agent_name"]) for frame in spoken] == [
        ("notice", "agent_joined", "Ada"),
        ("agent", None, "Ada"),
    ]


# --- what can be wrong -------------------------------------------------------------------------


def assert_still_works(chat: Chat) -> None:
    chat.say("still here?", "last")
    assert chat.receive_type("ack")["client_message_id"] == "last"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("not json", "invalid_frame"),
        (b"\xff\xfe", "invalid_frame"),
        (b'{"type":"ping"}', "invalid_frame"),
        ('{"type":"dance"}', "unknown_type"),
        ('{"type":"ping","extra":1}', "invalid_frame"),
        ('{"type":"message","client_message_id":"m1","text":""}', "message_empty"),
        ('{"type":"message","client_message_id":"m1","text":" \\n\\t "}', "message_empty"),
        (json.dumps({"type": "message", "client_message_id": "m1", "text": "x" * 100_000}),
         "message_too_long"),
        (json.dumps({"type": "message", "client_message_id": "m1", "text": "🙂" * 100_000}),
         "message_too_long"),
        (json.dumps({"type": "message", "client_message_id": "m1", "text": "a", "payload": "x" * 3000}),
         "message_too_long"),
        ('{"type":"message","client_message_id":"m1","text":"\\ud800"}', "invalid_frame"),
        ('{"type":"message","client_message_id":"m1","text":"a\\u0000"}', "invalid_frame"),
        ('{"type":"message","client_message_id":"","text":"a"}', "invalid_frame"),
        ("[" * 100_000, "invalid_frame"),
        ('{"type":"hello","conversation_id":"x","token":"y"}', "invalid_frame"),
    ],
    ids=[
        "not json", "binary garbage", "binary json", "unknown type", "unknown field", "empty", "blank",
        "100,000 characters", "100,000 emoji", "long payload", "lone surrogate", "nul", "no id",
        "deep", "hello twice",
    ],
)  # fmt: skip
def test_wrong_frame_is_a_typed_error_and_the_socket_stays_open(
    chat: Chat, raw: str | bytes, code: str
) -> None:
    chat.ws.send(raw)

    assert chat.receive_type("error")["code"] == code
    assert_still_works(chat)


def test_named_failure_of_a_turn_is_a_typed_error(chat: Chat) -> None:
    chat.say("fail by name")

    error = chat.receive_type("error")

    assert (error["code"], error["client_message_id"]) == ("understanding_failed", "m1")
    assert_still_works(chat)


def test_unexpected_failure_of_a_turn_tells_no_secrets(chat: Chat) -> None:
    chat.say("fail unexpectedly")

    error = chat.receive_type("error")

    assert error["code"] == "internal"
    assert "secret" not in error["message"]
    assert_still_works(chat)


def test_burst_of_10_000_messages_is_limited_and_the_server_stays_healthy(sqlite_sessions: Sessions) -> None:
    services = build_test_services(sqlite_sessions, settings={"messages_per_minute": 20})
    with running(services) as server, open_chat(server) as chat:
        for number in range(10_000):
            chat.say("x", f"m{number}")
        answers = chat.receive_until(lambda frame: frame.get("client_message_id") == "m9999")
        limited = [frame for frame in answers if frame["type"] == "error"]

        with server.client() as client:
            health = client.get("/health").json()
        chat.send(type="ping")

        assert chat.receive_type("pong")
        assert health == {"status": "ok"}
        assert {frame["code"] for frame in limited} == {"rate_limited"}
        assert all(frame["retry_after_ms"] > 0 for frame in limited)
        assert len(limited) + len(server.manager.messages) == 10_000


def test_limited_message_is_taken_when_it_is_sent_again(sqlite_sessions: Sessions) -> None:
    services = build_test_services(sqlite_sessions, settings={"messages_per_minute": 1})
    with running(services) as server, open_chat(server) as chat:
        chat.say("one", "m1")
        chat.receive_type("ack")
        chat.say("two", "m2")
        assert chat.receive_type("error")["code"] == "rate_limited"

        server.edge.messages.give_back(chat.conversation_id)  # as after a minute
        chat.say("two", "m2")

        assert chat.receive_type("ack")["client_message_id"] == "m2"


class BrokenStore(SqlTrackerStore):
    """A database that goes away after hello."""

    def recorded(self, conversation_id: str, *, after_sequence: int = 0) -> list[RecordedEvent]:
        raise OSError("the disk is gone")


def test_socket_that_cannot_go_on_is_closed_so_that_the_client_reconnects(sqlite_sessions: Sessions) -> None:
    services = build_test_services(sqlite_sessions)
    conversation = services.conversations.create("c1", "web", hash_token("t"))
    broken = replace(services, tracker_store=BrokenStore(sqlite_sessions))
    with running(broken) as server, connect(f"{server.ws_url}/api/v1/chat") as ws:
        ws.send(json.dumps({"type": "hello", "conversation_id": conversation.conversation_id, "token": "t"}))
        assert json.loads(ws.recv(timeout=20))["type"] == "welcome"
        with pytest.raises(ConnectionClosed, match="1011"):
            ws.recv(timeout=20)


# --- who may come in ---------------------------------------------------------------------------


def hello(server: RunningServer, conversation_id: str, token: str) -> tuple[Frame, int]:
    """Say hello; give the first frame and the close code."""
    with connect(f"{server.ws_url}/api/v1/chat") as ws:
        ws.send(json.dumps({"type": "hello", "conversation_id": conversation_id, "token": token}))
        frame: Frame = json.loads(ws.recv(timeout=20))
        with pytest.raises(ConnectionClosed) as caught:
            ws.recv(timeout=20)
    assert caught.value.rcvd is not None
    return frame, caught.value.rcvd.code


def test_wrong_token_someone_elses_and_no_conversation_get_the_same_answer(server: RunningServer) -> None:
    (mine, my_token), (theirs, _) = new_visitor(server), new_visitor(server)

    answers = [
        hello(server, mine, "forged"),
        hello(server, theirs, my_token),
        hello(server, "no-such-conversation", my_token),
        hello(server, "' OR 1=1 --", my_token),
        hello(server, mine, ""),
    ]

    assert answers == [answers[0]] * 5
    assert answers[0][0]["code"] == "not_authenticated"
    assert answers[0][1] == 4401


def test_message_before_hello_is_refused_and_the_socket_waits(server: RunningServer) -> None:
    conversation_id, token = new_visitor(server)

    with connect(f"{server.ws_url}/api/v1/chat") as ws:
        chat = Chat(conversation_id, token, ws)
        chat.say("hello")
        refused = chat.receive()
        chat.send(type="hello", conversation_id=conversation_id, token=token)

        assert refused["code"] == "not_authenticated"
        assert chat.receive()["type"] == "welcome"


def test_socket_without_hello_is_closed(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.api.websocket.HELLO_TIMEOUT_S", 0.05)

    with connect(f"{server.ws_url}/api/v1/chat") as ws:
        error = json.loads(ws.recv(timeout=20))
        with pytest.raises(ConnectionClosed, match="4401"):
            ws.recv(timeout=20)

    assert error["code"] == "hello_timeout"


def test_too_many_sockets_of_one_conversation_are_refused(server: RunningServer) -> None:
    visitor = new_visitor(server)
    sockets = [open_chat(server, visitor) for _ in range(MAX_SOCKETS_PER_CONVERSATION)]
    for one in sockets:
        one.__enter__()
    try:
        _, code = hello(server, *visitor)
    finally:
        for one in sockets:
            one.__exit__(None, None, None)

    assert code == 4429


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "http://127.0.0.1.evil.test"])
def test_page_that_is_not_listed_is_refused(server: RunningServer, origin: str) -> None:
    with (
        pytest.raises(InvalidStatus, match="403"),
        connect(f"{server.ws_url}/api/v1/chat", additional_headers={"Origin": origin}),
    ):
        pass


def test_listed_page_and_our_own_are_let_in(sqlite_sessions: Sessions) -> None:
    services = build_test_services(sqlite_sessions, settings={"allowed_origins": ("https://shop.test",)})
    with running(services) as server:
        for origin in ("https://shop.test", server.url):
            with connect(f"{server.ws_url}/api/v1/chat", additional_headers={"Origin": origin}) as ws:
                ws.send('{"type":"ping"}')
                assert json.loads(ws.recv(timeout=20)) == {"type": "pong"}
