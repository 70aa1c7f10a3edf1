"""Ratings of FAQ answers over a real server."""

from __future__ import annotations

import json
from typing import Any

import pytest
from websockets.sync.client import connect

from app.db.engine import Sessions
from app.dialogue.events import AnswerRated
from tests.chat_client import Chat, Frame, new_visitor, open_chat
from tests.fakes_api import RunningServer, build_test_services, running

ANSWER = 5  # sequence of the answer to the first question; the customer's own is 3


def ask(chat: Chat) -> None:
    """Get an answer from the FAQ and read all that the turn sends."""
    chat.say("faq")
    chat.receive_type("ack")
    chat.send(type="resume", after_sequence=ANSWER - 1)
    assert chat.receive_until(lambda frame: frame.get("sequence") == ANSWER)[-1]["faq"]
    chat.send(type="ping")
    chat.receive_type("pong")


def rate(chat: Chat, answer: object = ANSWER, is_helpful: object = True) -> None:
    chat.send(type="rating", answer_sequence=answer, is_helpful=is_helpful)


def rated(chat: Chat, sequence: int, *, is_helpful: bool) -> Frame:
    return {
        "type": "rated",
        "conversation_id": chat.conversation_id,
        "sequence": sequence,
        "answer_sequence": ANSWER,
        "is_helpful": is_helpful,
    }


def saved(server: RunningServer, chat: Chat) -> list[Any]:
    recorded = server.services.tracker_store.recorded(chat.conversation_id)
    return [item.event for item in recorded if isinstance(item.event, AnswerRated)]


def test_rating_is_told_to_every_socket_of_the_conversation(server: RunningServer, chat: Chat) -> None:
    ask(chat)
    with open_chat(server, (chat.conversation_id, chat.token), after_sequence=ANSWER) as other:
        rate(chat)

        here, there = chat.receive_type("rated"), other.receive_type("rated")

    assert here == there == rated(chat, 6, is_helpful=True)
    assert saved(server, chat) == [AnswerRated(ANSWER, is_helpful=True)]


def test_same_rating_again_is_confirmed_and_not_saved_again(server: RunningServer, chat: Chat) -> None:
    ask(chat)
    rate(chat)
    first = chat.receive_type("rated")
    rate(chat)

    assert chat.receive_type("rated") == first
    assert len(saved(server, chat)) == 1


def test_last_of_several_ratings_comes_last_after_a_reload(server: RunningServer, chat: Chat) -> None:
    ask(chat)
    rate(chat, is_helpful=True)
    rate(chat, is_helpful=False)
    chat.receive_until(lambda frame: frame == rated(chat, 7, is_helpful=False))

    with open_chat(server, (chat.conversation_id, chat.token)) as again:
        frames = again.receive_until(lambda frame: frame.get("sequence") == 7)

    assert [frame for frame in frames if frame["type"] == "rated"] == [
        rated(chat, 6, is_helpful=True),
        rated(chat, 7, is_helpful=False),
    ]


def test_rating_survives_a_restart_of_the_server(sqlite_sessions: Sessions) -> None:
    with running(build_test_services(sqlite_sessions)) as server, open_chat(server) as chat:
        ask(chat)
        rate(chat, is_helpful=False)
        first = chat.receive_type("rated")

    with (
        running(build_test_services(sqlite_sessions)) as server,
        open_chat(server, (chat.conversation_id, chat.token)) as again,
    ):
        assert again.receive_type("rated") == first
        rate(again, is_helpful=False)
        assert again.receive_type("rated") == first


def test_conversation_goes_on_after_a_rating(chat: Chat) -> None:
    ask(chat)
    rate(chat)
    chat.receive_type("rated")
    chat.say("more", "m2")

    spoken = chat.utterances_until("You said more")

    assert [frame["sequence"] for frame in spoken] == [7, 9]


@pytest.mark.parametrize(
    ("answer", "code"),
    [(99, "not_found"), (2**31 - 1, "not_found"), (3, "invalid_input"), (2, "invalid_input")],
    ids=["not there", "far away", "the customer's own words", "the welcome"],
)
def test_rating_of_what_is_no_answer_is_a_typed_error(
    server: RunningServer, chat: Chat, answer: int, code: str
) -> None:
    ask(chat)
    rate(chat, answer)

    error = chat.receive_type("error")

    assert (error["code"], error["answer_sequence"], error["client_message_id"]) == (code, answer, None)
    assert_still_works(server, chat)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"answer_sequence": ANSWER},
        {"is_helpful": True},
        {"answer_sequence": ANSWER, "is_helpful": "yes"},
        {"answer_sequence": ANSWER, "is_helpful": 1},
        {"answer_sequence": ANSWER, "is_helpful": None},
        {"answer_sequence": str(ANSWER), "is_helpful": True},
        {"answer_sequence": 5.0, "is_helpful": True},
        {"answer_sequence": 0, "is_helpful": True},
        {"answer_sequence": -1, "is_helpful": True},
        {"answer_sequence": 2**31, "is_helpful": True},
        {"answer_sequence": ANSWER, "is_helpful": True, "conversation_id": "another"},
    ],
    ids=json.dumps,
)
def test_malformed_rating_is_a_typed_error(server: RunningServer, chat: Chat, fields: Frame) -> None:
    ask(chat)
    chat.send(type="rating", **fields)

    assert chat.receive_type("error")["code"] == "invalid_frame"
    assert_still_works(server, chat)


def assert_still_works(server: RunningServer, chat: Chat) -> None:
    assert saved(server, chat) == []
    rate(chat)
    assert chat.receive_type("rated", "error") == rated(chat, 6, is_helpful=True)


def test_rating_reaches_only_the_own_conversation(server: RunningServer, chat: Chat) -> None:
    ask(chat)
    with open_chat(server, new_visitor(server)) as other:
        rate(other)  # their conversation has nothing at this place

        assert other.receive_type("error")["code"] == "not_found"
    assert saved(server, chat) == []


def test_rating_before_hello_is_refused(server: RunningServer) -> None:
    with connect(f"{server.ws_url}/api/v1/chat") as ws:
        ws.send(json.dumps({"type": "rating", "answer_sequence": ANSWER, "is_helpful": True}))

        assert json.loads(ws.recv(timeout=20))["code"] == "not_authenticated"


def test_burst_of_ratings_is_limited(sqlite_sessions: Sessions) -> None:
    services = build_test_services(sqlite_sessions, settings={"messages_per_minute": 2})
    with running(services) as server, open_chat(server) as chat:
        ask(chat)
        rate(chat, is_helpful=True)
        rate(chat, is_helpful=False)

        error = chat.receive_type("error")

    assert (error["code"], error["answer_sequence"]) == ("rate_limited", ANSWER)
    assert error["retry_after_ms"] > 0


def test_unexpected_failure_tells_no_secrets(
    server: RunningServer, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret detail")

    ask(chat)
    with monkeypatch.context() as patch:
        patch.setattr(server.manager, "rate_answer", fail)
        rate(chat)
        error = chat.receive_type("error")

    assert (error["code"], error["answer_sequence"]) == ("internal", ANSWER)
    assert "secret" not in error["message"]
    assert_still_works(server, chat)


def test_list_for_agents_is_narrowed_to_answers_that_did_not_help(server: RunningServer, chat: Chat) -> None:
    ask(chat)
    rate(chat, is_helpful=False)
    chat.receive_type("rated")
    new_visitor(server)

    with server.staff_client() as client:
        found = client.get("/api/v1/conversations", params={"only_unhelpful": True}).raise_for_status().json()
        shown = client.get(f"/api/v1/conversations/{chat.conversation_id}").raise_for_status().json()

    lines = [(line["conversation_id"], line["num_unhelpful"]) for line in found["conversations"]]
    assert lines == [(chat.conversation_id, 1)]
    assert [item["is_helpful"] for item in shown["items"]] == [None, None, False]
