"""Who may call Rasa's endpoints: tokens, JWTs of both kinds, and a server that others can reach."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from app.db.engine import Sessions
from app.dialogue.events import SlotSet
from tests.fakes_rasa import serve_rasa_bot

SECRET = "a secret of more than thirty-two bytes"
MESSAGE = {"sender": "alice", "message": "greet"}
ADMIN = {"user": {"username": "root", "role": "admin"}}
ALICE = {"user": {"username": "alice", "role": "user"}}


def bearer(claims: dict[str, Any], key: Any = SECRET, method: str = "HS256") -> dict[str, str]:
    return {"Authorization": f"Bearer {jwt.encode(claims, key, method)}"}


def test_an_admin_may_do_everything_and_a_user_what_is_theirs(sqlite_sessions: Sessions) -> None:
    with serve_rasa_bot(sqlite_sessions, jwt_secret=SECRET) as server, server.client() as client:
        said = client.post("/webhooks/rest/webhook", json=MESSAGE, headers=bearer(ALICE))
        foreign = client.post(
            "/webhooks/rest/webhook", json={**MESSAGE, "sender": "bob"}, headers=bearer(ALICE)
        )
        own = client.get("/conversations/alice/tracker", headers=bearer(ALICE))
        others = client.get("/conversations/bob/tracker", headers=bearer(ALICE))
        domain = client.get("/domain", headers=bearer(ALICE))
        by_admin = [
            client.get(path, headers=bearer(ADMIN)) for path in ("/domain", "/conversations/alice/tracker")
        ]

    assert [said.status_code, foreign.status_code] == [200, 403]
    assert [own.status_code, others.status_code, domain.status_code] == [200, 403, 403]
    assert [answer.status_code for answer in by_admin] == [200, 200]


def test_a_user_does_not_reach_a_conversation_of_the_widget(sqlite_sessions: Sessions) -> None:
    with serve_rasa_bot(sqlite_sessions, jwt_secret=SECRET) as server, server.client() as client:
        server.services.conversations.create("alice", "web", None)
        server.services.tracker_store.append("alice", [SlotSet("amount", 5)], expected_version=0)
        tracker = client.get("/conversations/alice/tracker", headers=bearer(ALICE))
        story = client.get("/conversations/alice/story", headers=bearer(ALICE))

    assert tracker.json()["slots"]["amount"] is None
    assert story.status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"Authorization": "Bearer nonsense"}, id="no JWT"),
        pytest.param(bearer(ADMIN, SECRET + "!"), id="another secret"),
        pytest.param(bearer(ADMIN | {"exp": int(time.time()) - 60}), id="expired"),
        pytest.param({"Authorization": f"Bearer {jwt.encode(ADMIN, None, 'none')}"}, id="unsigned"),
    ],
)
def test_without_a_valid_jwt_nothing_is_open(sqlite_sessions: Sessions, headers: dict[str, str]) -> None:
    with serve_rasa_bot(sqlite_sessions, jwt_secret=SECRET) as server, server.client() as client:
        answer = client.get("/domain", headers=headers)

    assert answer.status_code == 401
    assert (answer.json()["code"], answer.json()["reason"]) == (401, "NotAuthenticated")


@pytest.mark.parametrize("claims", [{}, {"user": "root"}, {"user": {"username": "x", "role": "boss"}}])
def test_a_jwt_without_a_role_may_do_nothing(sqlite_sessions: Sessions, claims: dict[str, Any]) -> None:
    with serve_rasa_bot(sqlite_sessions, jwt_secret=SECRET) as server, server.client() as client:
        assert client.get("/status", headers=bearer(claims)).status_code == 403


def test_rs256_with_a_public_key(sqlite_sessions: Sessions) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    settings = {"jwt_secret": public.decode(), "jwt_method": "RS256"}
    with serve_rasa_bot(sqlite_sessions, **settings) as server, server.client() as client:
        right = client.get("/status", headers=bearer(ADMIN, key, "RS256"))
        confused = client.get("/status", headers=bearer(ADMIN, SECRET, "HS256"))

    assert [right.status_code, confused.status_code] == [200, 401]


def test_the_token_opens_beside_a_jwt(sqlite_sessions: Sessions) -> None:
    with (
        serve_rasa_bot(sqlite_sessions, jwt_secret=SECRET, api_token="t0ken") as server,
        server.client() as client,
    ):
        assert client.get("/status", params={"token": "t0ken"}).status_code == 200


def test_a_server_that_others_reach_is_closed_without_a_token(sqlite_sessions: Sessions) -> None:
    with serve_rasa_bot(sqlite_sessions, host="0.0.0.0") as server, server.client() as client:
        webhook = client.post("/webhooks/rest/webhook", json=MESSAGE)
        open_ones = [client.get(path).status_code for path in ("/version", "/webhooks/rest/", "/health")]

    assert webhook.status_code == 401
    assert "SPANDESK_JWT_SECRET" in webhook.json()["message"]
    assert open_ones == [200, 200, 200]


def test_messages_of_this_machine_are_not_counted_unless_a_limit_is_set(sqlite_sessions: Sessions) -> None:
    with serve_rasa_bot(sqlite_sessions, messages_per_minute=1) as server, server.client() as client:
        answers = [client.post("/webhooks/rest/webhook", json=MESSAGE) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 429]


def test_an_allowed_page_may_replace_events(sqlite_sessions: Sessions) -> None:
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "PUT"}
    asked |= {"Access-Control-Request-Headers": "authorization"}
    settings = {"allowed_origins": ("https://shop.example",)}
    with serve_rasa_bot(sqlite_sessions, **settings) as server, server.client(**asked) as client:
        answer = client.options("/conversations/alice/tracker/events")

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
