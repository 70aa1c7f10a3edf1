"""Action servers that hang, break off, talk nonsense or die: a clear message each, no conversation lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.actions.http import HttpActionRunner
from app.actions.webhook import CallLimits
from app.dialogue.action_endpoint import ActionEndpoint
from app.dialogue.events import ActionFailed, BotUttered
from app.dialogue.sentences import ACTION_FAILED
from tests.action_servers import Behaviour, CrookedServer, answers, hangs_up, sdk_server
from tests.fakes_dialogue import Conversation, does, given, make_bot, make_domain, rule, said
from tests.processes import free_port

DOMAIN = make_domain(actions=("action_track",))
SCRIPT = make_bot(
    domain=DOMAIN,
    rules=[
        rule("track", said("track_order"), does("action_track"), does("utter_goodbye")),
        rule("greet", said("greet"), does("utter_greet")),
    ],
)
WELL = answers(200, b'{"responses": [{"text": "Well."}]}')
MISSING_DOMAIN = answers(449, b'{"error": "Missing domain", "action_name": "action_track"}')


@pytest.fixture
def server() -> Iterator[CrookedServer]:
    with CrookedServer() as running:
        yield running


@pytest.fixture
def runner(server: CrookedServer) -> Iterator[HttpActionRunner]:
    runner = HttpActionRunner(ActionEndpoint(server.url), DOMAIN, limits=CallLimits(timeout_s=0.3))
    yield runner
    runner.close()


def ask(conversation: Conversation) -> str:
    """Have the action run; gives the error that agents see, or nothing."""
    conversation.says("where", "track_order")
    return "".join(failed.error for failed in conversation.of_type(ActionFailed))


@pytest.mark.parametrize(
    ("behaviour", "problem"),
    [
        (answers(500, b'{"error": "boom"}'), "answered 500 for 'action_track' ('boom')"),
        (answers(502, b"<html>Bad gateway</html>"), "answered 502 for 'action_track'; see the log"),
        (answers(200, b"<!doctype html><p>Welcome"), "answered a web page for 'action_track'"),
        (answers(200, b"[1, 2]"), "expected events and responses"),
        (answers(200, b'"\xff\xfe"'), "are no UTF-8"),
        (answers(200, b'{"events": 3}'), "gave '3' as 'events'; expected a list"),
        (answers(200, b'{"events": [', promised_bytes=500), "broke the connection off"),
        (answers(404, b'{"action_name": "action_track"}'), "no such action is registered there"),
        (MISSING_DOMAIN, "has been given the domain"),
        (hangs_up, "broke the connection off"),
    ],
    ids=["500", "502", "html", "list", "utf8", "types", "cut-off", "404", "449", "hangs-up"],
)
def test_a_failure_is_a_clear_message_and_the_conversation_goes_on(
    server: CrookedServer, runner: HttpActionRunner, behaviour: Behaviour, problem: str
) -> None:
    conversation = given(script=SCRIPT, actions=runner)
    well, server.behave = server.behave, behaviour

    assert problem in ask(conversation)
    assert conversation.replies == [ACTION_FAILED, "Bye!"]
    assert conversation.says("hi", "greet").replies == ["Hello!"]

    server.behave = well
    assert ask(conversation) == ""
    assert conversation.replies == ["Well.", "Bye!"]


def test_a_server_that_hangs_is_not_waited_for_nor_asked_again(
    server: CrookedServer, runner: HttpActionRunner
) -> None:
    conversation = given(script=SCRIPT, actions=runner)
    server.behave = lambda _: server.may_go_on.wait() and None

    assert "did not answer within 0.3 s; it is not asked again" in ask(conversation)
    assert len(server.bodies) == 1
    assert conversation.says("hi", "greet").replies == ["Hello!"]


def test_a_server_that_never_gets_to_the_end_is_not_waited_for(
    server: CrookedServer, runner: HttpActionRunner
) -> None:
    def _trickle(request: object) -> None:
        answers(200, b"[", promised_bytes=10**6)(request)  # type: ignore[arg-type]  # a request it is
        while not server.may_go_on.wait(0.02):
            request.wfile.write(b" ")  # type: ignore[attr-defined]  # as above

    conversation = given(script=SCRIPT, actions=runner)
    server.behave = _trickle

    assert "did not answer within 0.3 s" in ask(conversation)
    assert conversation.says("hi", "greet").replies == ["Hello!"]


def test_the_domain_is_sent_when_it_is_asked_for(server: CrookedServer, runner: HttpActionRunner) -> None:
    def _ask_once(request: object) -> None:
        behaviour = WELL if len(server.bodies) != 1 else MISSING_DOMAIN
        behaviour(request)  # type: ignore[arg-type]  # a request it is

    conversation = given(script=SCRIPT, actions=runner)
    server.behave = _ask_once

    assert [ask(conversation), ask(conversation)] == ["", ""]
    assert ["domain" in json.loads(body) for body in server.bodies] == [True, True, False]


ACTIONS = """
from rasa_sdk import Action

class Track(Action):
    def name(self):
        return "action_track"

    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text="Here.")
        return []
"""


@pytest.mark.timeout(180)
def test_a_server_that_dies_between_two_turns_and_comes_back(tmp_path: Path) -> None:
    (tmp_path / "actions.py").write_text(ACTIONS)
    port = free_port()
    runner = HttpActionRunner(ActionEndpoint(f"http://127.0.0.1:{port}/webhook"), DOMAIN)
    conversation = given(script=SCRIPT, actions=runner)

    with sdk_server(tmp_path, port):
        assert ask(conversation) == ""
    assert "cannot be reached" in ask(conversation)
    assert conversation.says("hi", "greet").replies == ["Hello!"]
    with sdk_server(tmp_path, port):
        assert ask(conversation) == ""

    runner.close()
    assert conversation.of_type(BotUttered)[0] == BotUttered("Here.")
