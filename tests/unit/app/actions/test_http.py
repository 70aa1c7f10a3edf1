import json
from collections.abc import Callable

import httpx
import pytest

from app.actions.http import HttpActionRunner
from app.dialogue.action_endpoint import ActionEndpoint
from app.dialogue.errors import ActionFailedError
from app.dialogue.events import ActionExecutionRejected, BotUttered, SlotSet
from app.dialogue.tracker import empty_tracker
from tests.fakes_dialogue import make_domain

URL = "http://actions.example/webhook"
DOMAIN = make_domain(actions=("action_track", "action_answer_faq", "utter_greet", "validate_return_form"))


def runner_with(answer: Callable[[httpx.Request], httpx.Response]) -> HttpActionRunner:
    return HttpActionRunner(
        ActionEndpoint(URL), DOMAIN, client=httpx.Client(transport=httpx.MockTransport(answer))
    )


def answering(status: int, body: object) -> HttpActionRunner:
    return runner_with(lambda _: httpx.Response(status, json=body))


def test_the_call_has_what_the_sdk_expects() -> None:
    calls: list[dict[str, object]] = []

    def _answer(request: httpx.Request) -> httpx.Response:
        calls.append(json.loads(request.content))
        return httpx.Response(200, json={"events": [], "responses": []})

    runner_with(_answer).run("action_track", empty_tracker("c1"))

    assert sorted(calls[0]) == ["domain", "domain_digest", "next_action", "sender_id", "tracker", "version"]
    assert (calls[0]["next_action"], calls[0]["sender_id"]) == ("action_track", "c1")


def test_the_answer_becomes_events_with_what_was_said_first() -> None:
    body = {"events": [{"event": "slot", "name": "a", "value": 1}], "responses": [{"text": "Hi"}]}

    assert answering(200, body).run("action_track", empty_tracker("c1")) == [
        BotUttered("Hi"),
        SlotSet("a", 1),
    ]


def test_a_rejection_is_an_event() -> None:
    body = {"error": "no", "action_name": "action_track"}

    assert answering(400, body).run("action_track", empty_tracker("c1")) == [
        ActionExecutionRejected("action_track")
    ]


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (400, {"error": "Invalid body request"}, "answered 400 for 'action_track'"),
        (404, {"action_name": "action_track"}, "answered 404 .* no such action is registered there"),
        (500, {"error": "boom"}, "answered 500 .* see the log of the action server"),
        (200, ["what"], r"gave \"\['what'\]\"; expected events and responses"),
        (200, {"events": [{"event": "slot"}]}, "got a 'slot' event that cannot be read"),
    ],
)
def test_any_other_answer_is_a_named_error(status: int, body: object, problem: str) -> None:
    with pytest.raises(ActionFailedError, match=problem):
        answering(status, body).run("action_track", empty_tracker("c1"))


def test_an_answer_that_is_not_json_is_an_error() -> None:
    with pytest.raises(ActionFailedError, match="answered a web page for 'action_track': '<html>'"):
        runner_with(lambda _: httpx.Response(200, text="<html>")).run("action_track", empty_tracker("c1"))


def test_a_server_that_does_not_answer_is_an_error() -> None:
    def _refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(
        ActionFailedError, match="'action_track' did not run or did not end: .* cannot be reached"
    ):
        runner_with(_refuse).run("action_track", empty_tracker("c1"))


@pytest.mark.parametrize(
    ("action", "known"),
    [
        ("action_track", True),
        ("validate_return_form", True),
        ("action_answer_faq", False),
        ("utter_greet", False),
        ("action_missing", False),
    ],
)
def test_the_domain_says_which_actions_the_server_has(action: str, known: bool) -> None:
    assert answering(200, {}).knows(action) is known


def test_the_connections_can_be_closed() -> None:
    runner = answering(200, {})
    runner.close()

    with pytest.raises(RuntimeError, match="closed"):
        runner.run("action_track", empty_tracker("c1"))
