"""Logging in, reading, correcting, taking over, training and models, over a real server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from app.api.access import SESSION_COOKIE
from app.api.edge import LOGINS_PER_MINUTE
from app.dialogue.understanding import CustomerMessage
from tests.fakes_api import PASSWORD, RunningServer

LOGIN = {"name": "Ada", "password": PASSWORD}
API = "/api/v1"


@pytest.fixture
def agent(server: RunningServer) -> Iterator[httpx.Client]:
    with server.staff_client() as client:
        yield client


@pytest.fixture
def operator(server: RunningServer) -> Iterator[httpx.Client]:
    with server.staff_client("operator") as client:
        yield client


@pytest.fixture
def visitor(server: RunningServer) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


@pytest.fixture
def conversation_id(server: RunningServer, visitor: httpx.Client) -> str:
    found: str = visitor.post(f"{API}/visitors").json()["conversation_id"]
    server.manager.handle_message(CustomerMessage(found, "where is FH-1", "m1", "web"))
    return found


# --- logging in --------------------------------------------------------------------------------


def test_login_sets_a_cookie_that_scripts_cannot_read(server: RunningServer, visitor: httpx.Client) -> None:
    server.services.users.add("Ada", PASSWORD, "agent")

    answer = visitor.post(f"{API}/auth/login", json=LOGIN)

    assert answer.json() == {"name": "Ada", "role": "agent"}
    flags = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/", "max-age=43200"} <= flags
    assert "secure" not in flags
    assert visitor.get(f"{API}/auth/me").json() == {"name": "Ada", "role": "agent"}


def test_login_cookie_is_secure_behind_https(server: RunningServer) -> None:
    server.services.users.add("Ada", PASSWORD, "agent")
    with server.client(**{"X-Forwarded-Proto": "https"}) as client:
        answer = client.post(f"{API}/auth/login", json=LOGIN)

    assert "secure" in answer.headers["set-cookie"].lower()


def test_wrong_password_and_unknown_name_get_the_same_answer(
    server: RunningServer, visitor: httpx.Client
) -> None:
    server.services.users.add("Ada", PASSWORD, "agent")

    answers = [
        visitor.post(f"{API}/auth/login", json={"name": name, "password": "wrong password"})
        for name in ("Ada", "Nobody", "' OR '1'='1")
    ]

    assert [answer.status_code for answer in answers] == [401] * 3
    assert len({answer.json()["message"] for answer in answers}) == 1


def test_logins_are_limited_per_name_and_the_right_password_does_not_help(
    server: RunningServer, visitor: httpx.Client
) -> None:
    server.services.users.add("Ada", PASSWORD, "agent")
    wrong = {"name": "Ada", "password": "wrong password"}
    statuses = [visitor.post(f"{API}/auth/login", json=wrong).status_code for _ in range(LOGINS_PER_MINUTE)]

    answer = visitor.post(f"{API}/auth/login", json=LOGIN)

    assert statuses == [401] * LOGINS_PER_MINUTE
    assert answer.status_code == 429
    assert answer.json()["code"] == "rate_limited"
    assert int(answer.headers["retry-after"]) >= 1


def test_right_logins_are_not_counted(server: RunningServer, visitor: httpx.Client) -> None:
    server.services.users.add("Ada", PASSWORD, "agent")

    statuses = {
        visitor.post(f"{API}/auth/login", json=LOGIN).status_code for _ in range(LOGINS_PER_MINUTE + 1)
    }

    assert statuses == {200}


def test_logging_out_ends_the_login_on_the_server(agent: httpx.Client, visitor: httpx.Client) -> None:
    token = agent.cookies[SESSION_COOKIE]
    agent.post(f"{API}/auth/logout").raise_for_status()

    answer = visitor.get(f"{API}/auth/me", headers={"Cookie": f"{SESSION_COOKIE}={token}"})

    assert answer.status_code == 401
    assert SESSION_COOKIE not in agent.cookies


def test_logins_are_audited(agent: httpx.Client, server: RunningServer) -> None:
    agent.post(f"{API}/auth/login", json={"name": "Ada", "password": "wrong password"})

    actions = [entry.action for entry in server.services.audit.entries()]

    assert actions == ["login.refuse", "login.open"]


STAFF_ONLY = [
    ("GET", "/auth/me"),
    ("GET", "/conversations"),
    ("GET", "/conversations/c1"),
    ("PUT", "/conversations/c1/turns/1/correction"),
    ("POST", "/conversations/c1/handoff/join"),
    ("POST", "/conversations/c1/handoff/close"),
    ("POST", "/conversations/c1/messages"),
    ("GET", "/bot"),
    ("GET", "/training/jobs"),
    ("POST", "/training/jobs"),
    ("GET", "/training/jobs/j1"),
    ("GET", "/models"),
    ("POST", "/models/b1/promote"),
    ("POST", "/models/rollback"),
]
BODIES: dict[str, Any] = {
    "/conversations/c1/turns/1/correction": {"intent": "greet"},
    "/conversations/c1/messages": {"text": "hi"},
}


@pytest.mark.parametrize(("method", "path"), STAFF_ONLY, ids=lambda value: value)
def test_staff_address_needs_a_login(visitor: httpx.Client, method: str, path: str) -> None:
    answer = visitor.request(method, API + path, json=BODIES.get(path))

    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize("path", ["/training/jobs", "/models/b1/promote", "/models/rollback"])
def test_operators_work_is_refused_to_agents(agent: httpx.Client, path: str) -> None:
    answer = agent.post(API + path)

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.test"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=["foreign", "null", "fetch metadata"],
)
def test_write_from_a_foreign_page_is_refused(operator: httpx.Client, headers: dict[str, str]) -> None:
    answer = operator.post(f"{API}/training/jobs", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_write_from_our_own_page_is_taken(operator: httpx.Client, server: RunningServer) -> None:
    answer = operator.post(f"{API}/training/jobs", headers={"Origin": server.url})

    assert answer.status_code == 202


# --- conversations -----------------------------------------------------------------------------


def test_conversations_are_listed_and_found(agent: httpx.Client, conversation_id: str) -> None:
    def found(**query: Any) -> list[str]:
        listed = agent.get(f"{API}/conversations", params=query).raise_for_status().json()
        return [line["conversation_id"] for line in listed["conversations"]]

    last_at = agent.get(f"{API}/conversations").json()["conversations"][0]["last_at"]

    assert found() == [conversation_id]
    assert found(search="FH-1") == [conversation_id]
    assert found(search="%") == []
    assert found(search="' OR 1=1 --") == []
    assert found(before=last_at) == []
    assert found(limit=1) == [conversation_id]


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 201}, {"before": "yesterday"}, {"search": "x" * 201}]
)
def test_unusable_search_is_refused(agent: httpx.Client, query: dict[str, Any]) -> None:
    answer = agent.get(f"{API}/conversations", params=query)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


def test_conversation_shows_its_transcript(agent: httpx.Client, conversation_id: str) -> None:
    body = agent.get(f"{API}/conversations/{conversation_id}").json()

    assert body["summary"]["num_customer_turns"] == 1
    assert [item["utterance"]["text"] for item in body["items"]] == [
        "Welcome to web",
        "where is FH-1",
        "You said where is FH-1",
    ]
    assert body["items"][1]["decisions"] == [
        {"decision": "Reply", "target": "utter_echo", "policy": "rule", "reasons": ["rule echo"]}
    ]


@pytest.mark.parametrize("sender", ["alice", "a/b", "+44 20 7946", "grüße", "turns/1/correction"])
def test_conversation_of_any_rest_sender_can_be_read_and_corrected(
    agent: httpx.Client, visitor: httpx.Client, sender: str
) -> None:
    visitor.post("/webhooks/rest/webhook", json={"sender": sender, "message": "hi"}).raise_for_status()
    listed = agent.get(f"{API}/conversations").json()["conversations"][0]["conversation_id"]
    address = f"{API}/conversations/{quote(listed, safe='')}"

    shown = agent.get(address).json()["items"]
    corrected = agent.put(f"{address}/turns/1/correction", json={"intent": "greet"}).json()
    taken = agent.post(f"{address}/handoff/join").json()

    assert listed == f"rest:{sender}"
    assert [item["utterance"]["text"] for item in shown] == ["hi", "You said hi"]
    assert corrected["correction"]["intent"] == "greet"
    assert taken["conversation_id"] == listed


@pytest.mark.parametrize("strange", ["nothing", "' OR 1=1 --", "%25", "..%2f..%2fetc%2fpasswd", "a" * 200])
def test_unknown_conversation_is_not_found(agent: httpx.Client, strange: str) -> None:
    answer = agent.get(f"{API}/conversations/{strange}")

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_nul_in_an_id_is_refused(agent: httpx.Client) -> None:
    answer = agent.get(f"{API}/conversations/a%00b")

    assert answer.status_code == 422


def correct(agent: httpx.Client, conversation_id: str, body: Any, sequence: int = 3) -> httpx.Response:
    return agent.put(f"{API}/conversations/{conversation_id}/turns/{sequence}/correction", json=body)


ENTITY = {"start": 9, "end": 13, "entity": "order_number", "value": "FH-1"}


def test_correction_is_saved_and_shown(
    agent: httpx.Client, conversation_id: str, server: RunningServer
) -> None:
    item = correct(agent, conversation_id, {"intent": "greet", "entities": [ENTITY]}).json()
    shown = agent.get(f"{API}/conversations/{conversation_id}").json()["items"][1]

    assert item == shown
    assert item["correction"]["intent"] == "greet"
    assert item["correction"]["corrected_by"] == "Ada"
    assert item["correction"]["entities"][0]["value"] == "FH-1"
    (example,) = server.services.reviews.corrected_examples()
    assert (example.text, example.intent) == ("where is FH-1", "greet")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"intent": "fly"}, "intent: got 'fly'"),
        ({"intent": "greet", "entities": [ENTITY | {"entity": "planet"}]}, "entity: got 'planet'"),
        ({"intent": "greet", "entities": [ENTITY | {"end": 99}]}, "got the span 9 to 99"),
        ({"intent": "greet", "entities": [ENTITY | {"start": 13}]}, "got the span 13 to 13"),
        ({"intent": "greet", "entities": [ENTITY, ENTITY]}, "overlap"),
        ({"intent": "greet", "entities": [ENTITY | {"start": -1}]}, "start"),
        ({"intent": "greet", "entities": [ENTITY] * 101}, "entities"),
        ({"intent": "greet", "more": 1}, "more"),
        ({}, "intent"),
    ],
    ids=[
        "intent",
        "entity",
        "beyond",
        "empty",
        "overlap",
        "negative",
        "too many",
        "unknown field",
        "nothing",
    ],
)
def test_correction_that_does_not_fit_is_refused(
    agent: httpx.Client, conversation_id: str, body: Any, message: str
) -> None:
    answer = correct(agent, conversation_id, body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert message in answer.json()["message"]


@pytest.mark.parametrize("sequence", [1, 5, 99])
def test_only_customer_turns_can_be_corrected(
    agent: httpx.Client, conversation_id: str, sequence: int
) -> None:
    answer = correct(agent, conversation_id, {"intent": "greet"}, sequence)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


# --- handoff -----------------------------------------------------------------------------------


def test_agent_takes_over_writes_and_hands_back(agent: httpx.Client, conversation_id: str) -> None:
    address = f"{API}/conversations/{conversation_id}"
    joined = agent.post(f"{address}/handoff/join").json()
    written = agent.post(f"{address}/messages", json={"text": "Hi, Ada here"}).json()
    closed = agent.post(f"{address}/handoff/close").json()

    items = agent.get(address).json()["items"][3:]

    assert [joined["mode"], written["last_text"], closed["mode"]] == ["agent", "Hi, Ada here", "bot"]
    assert [item["utterance"]["kind"] for item in items] == ["notice", "agent", "notice"]


def test_writing_without_joining_is_refused(agent: httpx.Client, conversation_id: str) -> None:
    answer = agent.post(f"{API}/conversations/{conversation_id}/messages", json={"text": "hi"})

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_handoff_state")


@pytest.mark.parametrize(
    ("text", "code"), [("", "message_empty"), (" ", "message_empty"), ("x" * 2001, "message_too_long")]
)
def test_agents_message_has_the_same_limits(
    agent: httpx.Client, conversation_id: str, text: str, code: str
) -> None:
    answer = agent.post(f"{API}/conversations/{conversation_id}/messages", json={"text": text})

    assert (answer.status_code, answer.json()["code"]) == (422, code)


# --- training and models -----------------------------------------------------------------------


def test_operator_starts_one_training_at_a_time(operator: httpx.Client) -> None:
    job = operator.post(f"{API}/training/jobs").json()
    second = operator.post(f"{API}/training/jobs")

    assert job["status"] == "queued"
    assert operator.get(f"{API}/training/jobs/{job['job_id']}").json() == job
    assert operator.get(f"{API}/training/jobs").json() == {"jobs": [job]}
    assert (second.status_code, second.json()["code"]) == (409, "conflict")


def test_unknown_job_is_not_found(agent: httpx.Client) -> None:
    assert agent.get(f"{API}/training/jobs/nothing").status_code == 404


def test_operator_promotes_and_rolls_back(operator: httpx.Client, server: RunningServer) -> None:
    for bundle_id in ("b1", "b2"):
        server.services.models.register(bundle_id, path="/m", origin="train", metrics={"f1": 0.9})

    promoted = [operator.post(f"{API}/models/{bundle_id}/promote").json() for bundle_id in ("b1", "b2")]
    rolled_back = operator.post(f"{API}/models/rollback").json()
    listed = operator.get(f"{API}/models").json()["models"]

    assert [model["is_champion"] for model in promoted] == [True, True]
    assert rolled_back["bundle_id"] == "b1"
    assert {model["bundle_id"]: model["is_champion"] for model in listed} == {"b1": True, "b2": False}
    assert listed[0]["metrics"] == {"f1": 0.9}


def test_unknown_bundle_is_not_found(operator: httpx.Client) -> None:
    assert operator.post(f"{API}/models/nothing/promote").status_code == 404


def test_rollback_without_a_way_back_is_a_conflict(operator: httpx.Client) -> None:
    assert operator.post(f"{API}/models/rollback").status_code == 409


def test_bot_is_described_for_the_consoles(agent: httpx.Client) -> None:
    assert agent.get(f"{API}/bot").json() == {
        "name": "Fern",
        "intents": [
            {"name": "greet", "title": "greet"},
            {"name": "track_order", "title": "Where is my order?"},
        ],
        "entities": ["order_number"],
        "entity_roles": {},
    }
