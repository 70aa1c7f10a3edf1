"""The protocol of action servers, as far as a pretended transport shows it."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from app.actions.circuit_breaker import CircuitBreaker
from app.actions.http import HttpActionRunner
from app.actions.webhook import ActionServerError, CallLimits, Webhook
from app.dialogue.action_endpoint import ActionEndpoint
from app.dialogue.errors import ActionFailedError
from app.dialogue.events import ActionExecutionRejected, BotUttered
from app.dialogue.tracker import empty_tracker
from tests.fakes_dialogue import make_domain

URL = "http://actions.example/webhook"
DOMAIN = make_domain(
    actions=("action_track", "action_selective", "validate_return_form"),
    actions_with_domain=frozenset({"action_selective"}),
)
DONE = httpx.Response(200, json={"events": [], "responses": []})


class Server:
    """Answers as it is told to, and keeps what it was asked; the last answer stands for all that follow."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.content) for request in self.requests]


def client_of(server: Server) -> httpx.Client:
    return httpx.Client(transport=httpx.MockTransport(server))


def runner_of(server: Server, endpoint: ActionEndpoint | None = None, **options: Any) -> HttpActionRunner:
    return HttpActionRunner(endpoint or ActionEndpoint(URL), DOMAIN, client=client_of(server), **options)


def webhook_of(server: Server, waits: list[float], **limits: Any) -> Webhook:
    return Webhook(ActionEndpoint(URL), CallLimits(**limits), client=client_of(server), sleep=waits.append)


# --- what is sent ----------------------------------------


def test_the_customer_has_the_name_that_their_client_sent() -> None:
    server = Server(DONE)

    runner_of(server).run("action_track", empty_tracker("rest:ann:1"))

    assert server.bodies[0]["sender_id"] == server.bodies[0]["tracker"]["sender_id"] == "ann:1"


def test_the_domain_goes_along_until_the_server_asks_for_it() -> None:
    server = Server(DONE, DONE, httpx.Response(449, json={"action_name": "action_track"}), DONE)
    runner = runner_of(server)

    for _ in range(4):
        runner.run("action_track", empty_tracker("c1"))

    assert ["domain" in body for body in server.bodies] == [True, True, True, True, False]
    assert len({body["domain_digest"] for body in server.bodies}) == 1


def test_a_server_that_has_forgotten_the_domain_gets_it_again() -> None:
    missing = httpx.Response(449, json={"action_name": "action_track"})
    server = Server(missing, DONE, missing, DONE)
    runner = runner_of(server)

    for _ in range(2):
        runner.run("action_track", empty_tracker("c1"))

    assert ["domain" in body for body in server.bodies] == [True, True, False, True]


def test_a_server_that_asks_for_ever_is_an_error() -> None:
    with pytest.raises(ActionFailedError, match="answered 449 .* has been given the domain"):
        runner_of(Server(httpx.Response(449))).run("action_track", empty_tracker("c1"))


@pytest.mark.parametrize(("action", "has_domain"), [("action_track", False), ("action_selective", True)])
def test_a_selective_endpoint_gets_the_domain_only_for_actions_that_ask(
    action: str, has_domain: bool
) -> None:
    server = Server(DONE)

    runner_of(server, ActionEndpoint(URL, enable_selective_domain=True)).run(action, empty_tracker("c1"))

    assert ("domain" in server.bodies[0]) is has_domain


def test_what_lets_us_in_is_sent() -> None:
    server = Server(DONE)
    endpoint = ActionEndpoint(
        URL + "?a=1",
        token="t&1",
        params={"b": "2"},
        headers={"X-Shop": "fern"},
        basic_auth=("ann", "secret"),
    )

    runner_of(server, endpoint).run("action_track", empty_tracker("c1"))

    request = server.requests[0]
    assert dict(request.url.params) == {"a": "1", "b": "2", "token": "t&1"}
    assert request.headers["x-shop"] == "fern"
    assert request.headers["authorization"].startswith("Basic ")


def test_secrets_of_the_address_are_in_no_message() -> None:
    endpoint = ActionEndpoint("http://ann:secret@actions.example/webhook?key=secret", token="secret")
    runner = runner_of(Server(httpx.ReadError("gone")), endpoint)

    with pytest.raises(ActionFailedError, match="http://actions.example/webhook") as raised:
        runner.run("action_track", empty_tracker("c1"))
    assert "secret" not in str(raised.value) + repr(endpoint).replace(endpoint.url, "")


def test_a_body_may_be_deflated() -> None:
    server = Server(DONE)

    runner_of(server, is_compressing=True).run("action_track", empty_tracker("c1"))

    request = server.requests[0]
    assert request.headers["content-encoding"] == "deflate"
    assert json.loads(zlib.decompress(request.content))["next_action"] == "action_track"


def test_text_of_any_kind_can_be_sent() -> None:
    server = Server(DONE)

    webhook_of(server, []).post({"text": "naïve \ud83d"})

    assert server.bodies == [{"text": "naïve \ud83d"}]


@pytest.mark.parametrize("url", ["", "localhost:5055", "ftp://x/webhook", "http://", "http://x:port/webhook"])
def test_an_address_that_is_none_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ActionFailedError, match="got the action server's address"):
        HttpActionRunner(ActionEndpoint(url), DOMAIN)


def test_a_certificate_file_that_is_none_is_refused_at_the_start() -> None:
    with pytest.raises(ActionFailedError, match="got the certificate file 'no/such/file'"):
        HttpActionRunner(ActionEndpoint("https://x/webhook", cafile="no/such/file"), DOMAIN)


# --- what comes back ----------------------------------------


@pytest.mark.parametrize(
    ("encoding", "compress"), [("deflate", zlib.compress), ("gzip", gzip.compress)], ids=["deflate", "gzip"]
)
def test_an_answer_may_be_compressed(encoding: str, compress: Callable[[bytes], bytes]) -> None:
    content = compress(b'{"responses": [{"text": "Hi"}]}')

    def _answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(
            200, headers={"content-encoding": encoding}, stream=httpx.ByteStream(content), request=request
        )

    client = httpx.Client(transport=httpx.MockTransport(_answer))
    runner = HttpActionRunner(ActionEndpoint(URL), DOMAIN, client=client)

    assert runner.run("action_track", empty_tracker("c1")) == [BotUttered("Hi")]


def test_a_rejection_by_any_name_is_one_of_the_action() -> None:
    server = Server(httpx.Response(400, json={"action_name": "return_form", "error": "no"}))

    events = runner_of(server).run("validate_return_form", empty_tracker("c1"))

    assert events == [ActionExecutionRejected("validate_return_form")]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (httpx.Response(200, content=b"null"), "gave 'None'; expected events and responses"),
        (httpx.Response(204), "answered nothing for 'action_track'"),
        (httpx.Response(200, content=b'{"events": "\xff"}'), "that are no UTF-8"),
        (httpx.Response(200, content=b"[" * 100_000), "no JSON"),
        (
            httpx.Response(200, content=b'{"events": [{"event": "slot", "name": "a", "value": NaN}]}'),
            "not JSON",
        ),
        (httpx.Response(200, json={"events": "slot"}), "gave 'slot' as 'events'; expected a list"),
        (httpx.Response(200, json={"responses": {"text": "a"}}), "as 'responses'; expected a list"),
        (httpx.Response(200, json={"responses": ["hello"]}), "got 'hello' as a message from an action"),
        (httpx.Response(200, json={"responses": [{"buttons": "yes"}]}), "as a message from an action"),
        (httpx.Response(301, headers={"location": "/x"}), "answered 301 .* redirections are not followed"),
        (httpx.Response(400, content=b"<html>"), "answered 400"),
        (httpx.Response(400, json=["action_name"]), "answered 400"),
        (httpx.Response(401), "answered 401 .* check token, headers and basic_auth"),
        (httpx.Response(405), "answered 405 .* usually ends in /webhook"),
        (httpx.Response(500, json={"error": "no shop"}), r"answered 500 for 'action_track' \('no shop'\)"),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value.status_code),
)
def test_nonsense_is_a_named_error(answer: httpx.Response, problem: str) -> None:
    with pytest.raises(ActionFailedError, match=problem):
        runner_of(Server(answer)).run("action_track", empty_tracker("c1"))


def test_an_answer_that_cannot_be_decompressed_is_a_named_error() -> None:
    def _answer(request: httpx.Request) -> httpx.Response:
        headers = {"content-encoding": "gzip"}
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(b"no"), request=request)

    client = httpx.Client(transport=httpx.MockTransport(_answer))

    with pytest.raises(ActionFailedError, match="cannot be decompressed"):
        HttpActionRunner(ActionEndpoint(URL), DOMAIN, client=client).run("action_track", empty_tracker("c1"))


def test_an_answer_that_is_too_large_is_a_named_error() -> None:
    server = Server(httpx.Response(200, content=b"x" * 101))

    with pytest.raises(ActionFailedError, match="sent more than 100 bytes"):
        webhook_of(server, [], max_answer_bytes=100).post({})


# --- when it is asked again ----------------------------------------


def test_a_connection_that_did_not_come_about_is_tried_again() -> None:
    waits: list[float] = []
    server = Server(httpx.ConnectError("refused"), httpx.ConnectError("refused"), DONE)

    assert webhook_of(server, waits).post({}).status == 200
    assert waits == [0.2, 0.4]


def test_trying_to_connect_has_an_end() -> None:
    server = Server(httpx.ConnectError("refused"))

    with pytest.raises(ActionServerError, match="cannot be reached: refused; check that it runs"):
        webhook_of(server, []).post({})
    assert len(server.requests) == 3


def test_nobody_waits_longer_than_the_call_may_take() -> None:
    server = Server(httpx.ConnectError("refused"))

    with pytest.raises(ActionServerError, match="cannot be reached"):
        webhook_of(server, [], timeout_s=0.1).post({})
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (httpx.ReadTimeout("slow"), "did not answer within 10 s; it is not asked again"),
        (httpx.WriteTimeout("slow"), "did not answer within 10 s"),
        (httpx.RemoteProtocolError("disconnected"), "broke the connection off .* not asked again"),
        (httpx.ReadError("reset"), "broke the connection off"),
        (httpx.WriteError("reset"), "broke the connection off"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_a_server_that_may_have_acted_is_not_asked_again(error: Exception, problem: str) -> None:
    server = Server(error)

    with pytest.raises(ActionServerError, match=problem):
        webhook_of(server, []).post({})
    assert len(server.requests) == 1


def test_a_server_that_fails_again_and_again_is_left_alone() -> None:
    server = Server(httpx.ReadError("gone"))
    runner = runner_of(server, breaker=CircuitBreaker(ActionServerError, max_failures=2, pause_s=1e9))

    for _ in range(2):
        with pytest.raises(ActionFailedError, match="broke the connection off"):
            runner.run("action_track", empty_tracker("c1"))

    with pytest.raises(ActionFailedError, match="was not run: .* failed 2 times in a row; asked again in"):
        runner.run("action_track", empty_tracker("c1"))
    assert len(server.requests) == 2


def test_actions_that_fail_do_not_close_the_server_to_others() -> None:
    server = Server(httpx.Response(500), httpx.Response(500), DONE)
    runner = runner_of(server, breaker=CircuitBreaker(ActionServerError, max_failures=2, pause_s=1e9))

    for _ in range(2):
        with pytest.raises(ActionFailedError, match="answered 500"):
            runner.run("action_track", empty_tracker("c1"))

    assert runner.run("action_track", empty_tracker("c1")) == []
