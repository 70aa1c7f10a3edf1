"""Limits, headers, pages, documents and attacks, over a real server."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.api.edge import VISITORS_PER_MINUTE
from app.api.middleware import MAX_BODY_BYTES
from app.db.engine import Sessions
from tests.fakes_api import RunningServer, build_test_services, running

API = "/api/v1"


@pytest.fixture
def client(server: RunningServer) -> Iterator[httpx.Client]:
    with server.client() as open_client:
        yield open_client


@pytest.fixture
def web_server(sqlite_sessions: Sessions, tmp_path: Path) -> Iterator[RunningServer]:
    """A server with built pages, beside a secret."""
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    for name in ("index.html", "agent.html", "operator.html"):
        (dist / name).write_text(f"<title>{name}</title>")
    (dist / "widget.js").write_text("export {};")
    (dist / "assets" / "app-1a2b.js").write_text("1;")
    (tmp_path / "secret.txt").write_text("secret")
    (dist / "link.txt").symlink_to(tmp_path / "secret.txt")
    services = build_test_services(sqlite_sessions, settings={"web_dist": dist})
    with running(services) as running_server:
        yield running_server


# --- customers arrive --------------------------------------------------------------------------


def test_every_visitor_gets_a_conversation_and_a_long_token(client: httpx.Client) -> None:
    first, second = client.post(f"{API}/visitors").json(), client.post(f"{API}/visitors").json()

    assert first["conversation_id"] != second["conversation_id"]
    assert first["token"] != second["token"]
    assert len(first["token"]) >= 43  # 256 bits


def test_token_is_not_stored(client: httpx.Client, sqlite_url: str) -> None:
    token = client.post(f"{API}/visitors").json()["token"]

    path = Path(sqlite_url.removeprefix("sqlite:///"))
    stored = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))

    assert len(stored) > 0
    assert token.encode() not in stored


def test_visitor_may_name_a_channel(client: httpx.Client, server: RunningServer) -> None:
    body = client.post(f"{API}/visitors", json={"channel": "kiosk"}).json()

    conversation = server.services.conversations.find(body["conversation_id"])

    assert conversation is not None
    assert conversation.channel == "kiosk"


@pytest.mark.parametrize("channel", ["", "Web", "a b", "x" * 33, "a\x00", "'; DROP TABLE events"])
def test_strange_channel_is_refused(client: httpx.Client, channel: str) -> None:
    assert client.post(f"{API}/visitors", json={"channel": channel}).status_code == 422


def test_visitors_from_one_address_are_limited(client: httpx.Client, server: RunningServer) -> None:
    for _ in range(VISITORS_PER_MINUTE):
        server.edge.visitors.take("127.0.0.1")

    answer = client.post(f"{API}/visitors")

    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")


def test_visitor_from_a_page_that_is_not_listed_is_refused(client: httpx.Client) -> None:
    answer = client.post(f"{API}/visitors", headers={"Origin": "https://evil.test"})

    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def test_listed_page_may_call_from_the_browser(sqlite_sessions: Sessions) -> None:
    services = build_test_services(sqlite_sessions, settings={"allowed_origins": ("https://shop.test",)})
    with running(services) as server, server.client(Origin="https://shop.test") as client:
        asked = client.options(
            f"{API}/visitors",
            headers={
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "content-type",
            },
        )
        answer = client.post(f"{API}/visitors", json={})

    assert asked.headers["access-control-allow-origin"] == "https://shop.test"
    assert answer.status_code == 201
    assert answer.headers["access-control-allow-origin"] == "https://shop.test"
    assert "access-control-allow-credentials" not in answer.headers


# --- bodies ------------------------------------------------------------------------------------


def post(client: httpx.Client, body: bytes, content_type: str = "application/json") -> httpx.Response:
    return client.post("/webhooks/rest/webhook", content=body, headers={"Content-Type": content_type})


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "invalid_input"),
        (b"{", 422, "invalid_input"),
        (b'{"sender":"\x80"}', 400, "invalid_input"),
        (b"[1]", 422, "invalid_input"),
        (b"[" * 200_000, 400, "invalid_input"),
        (b'{"a":' * 100_000, 400, "invalid_input"),
        (b'{"sender":"a","message":"\\ud800"}', 422, "invalid_input"),
        (b'{"sender":"a","message":"a\\u0000b"}', 422, "invalid_input"),
        (b'{"sender":"a\\u0000","message":"a"}', 422, "invalid_input"),
        (b'{"sender":"a","message":"a","metadata":{"x":["\\ud800"]}}', 422, "invalid_input"),
        (b'{"sender":"a","message":"a","metadata":{"x\\u0000":1}}', 422, "invalid_input"),
        (b'{"sender":"a","message":5}', 422, "invalid_input"),
        (b'{"sender":"a","message":""}', 422, "message_empty"),
        (b'{"sender":"a","message":"' + b"x" * 100_000 + b'"}', 422, "message_too_long"),
        (b'{"sender":"a","message":"' + b"x" * MAX_BODY_BYTES + b'"}', 413, "body_too_large"),
    ],
    ids=[
        "empty", "cut", "not utf-8", "list", "deep lists", "deep objects", "surrogate", "nul",
        "nul in sender", "surrogate in metadata", "nul in a key", "number", "no text", "100,000 characters",
        "over 1 MiB",
    ],
)  # fmt: skip
def test_body_that_cannot_be_used_is_an_error_in_our_shape(
    client: httpx.Client, body: bytes, status: int, code: str
) -> None:
    answer = post(client, body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json().keys() == {"code", "message", "detail", "request_id"}
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_oversized_body_without_a_length_is_cut_off(client: httpx.Client) -> None:
    chunks = (b"x" * 65_536 for _ in range(40))

    answer = client.post(
        "/webhooks/rest/webhook", content=chunks, headers={"Content-Type": "application/json"}
    )

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_form_that_a_foreign_page_could_send_is_not_read_as_json(client: httpx.Client) -> None:
    answer = post(client, b'{"sender":"a","message":"a"}', "text/plain")

    assert answer.status_code == 422


def test_error_does_not_repeat_what_came(server: RunningServer) -> None:
    with server.client() as client:
        answer = client.post(f"{API}/auth/login", json={"name": "Ada", "password": {"x": "hunter2"}})

    assert answer.status_code == 422
    assert "hunter2" not in answer.text


def test_unexpected_failure_is_answered_in_our_shape_and_tells_no_secrets(client: httpx.Client) -> None:
    answer = client.post("/webhooks/rest/webhook", json={"sender": "a", "message": "fail unexpectedly"})

    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("GET", f"{API}/nothing", 404, "not_found"),
        ("DELETE", f"{API}/visitors", 405, "method_not_allowed"),
        ("POST", "/nothing", 405, "method_not_allowed"),
    ],
)
def test_wrong_address_is_an_error_in_our_shape(
    client: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    answer = client.request(method, path)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


# --- pages -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "title"), [("/", "index.html"), ("/agent", "agent.html"), ("/operator", "operator.html")]
)
def test_page_is_served_with_a_content_policy(web_server: RunningServer, path: str, title: str) -> None:
    with web_server.client() as client:
        answer = client.get(path)

    assert title in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-cache"


def test_widget_may_be_loaded_by_other_sites(web_server: RunningServer) -> None:
    with web_server.client() as client:
        answer = client.get("/widget.js")

    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"


def test_hashed_file_may_be_kept_for_ever(web_server: RunningServer) -> None:
    with web_server.client() as client:
        assert "immutable" in client.get("/assets/app-1a2b.js").headers["cache-control"]


@pytest.mark.parametrize("path", ["/", "/agent", "/operator"])
def test_page_that_is_not_built_says_how(sqlite_sessions: Sessions, tmp_path: Path, path: str) -> None:
    services = build_test_services(sqlite_sessions, settings={"web_dist": tmp_path / "nowhere"})
    with running(services) as server, server.client() as client:
        answer = client.get(path)

    assert answer.status_code == 503
    assert "make web" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/%2e%2e%2fsecret.txt",
        "/assets/../../secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/..%5csecret.txt",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/link.txt",
        "/index.html%00.js",
        "/" + "a" * 5_000,
    ],
)
def test_path_leads_nowhere_outside_the_build(web_server: RunningServer, path: str) -> None:
    with socket.create_connection(("127.0.0.1", web_server.port), timeout=20) as raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while data := raw.recv(65_536):
            answer += data

    assert answer.split(b"\r\n")[0].split()[1] in {b"400", b"404"}
    assert b"secret" not in answer.partition(b"\r\n\r\n")[2]
    assert b"root:" not in answer


# --- documents and health ----------------------------------------------------------------------


def test_openapi_names_every_address(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]

    assert {
        f"{API}/visitors",
        f"{API}/auth/login",
        f"{API}/conversations/{{conversation_id}}/turns/{{sequence}}/correction",
        f"{API}/models/rollback",
        "/webhooks/rest/webhook",
        "/model/parse",
        "/conversations/{name}/tracker",
        "/health",
        "/ready",
    } <= paths.keys()


def test_docs_page_needs_nothing_from_elsewhere(client: httpx.Client) -> None:
    page = client.get("/docs")

    assert page.status_code == 200
    assert "/webhooks/rest/webhook" in page.text
    assert "https://" not in page.text


def test_answers_of_the_api_are_not_cached(client: httpx.Client) -> None:
    assert client.get("/health").headers["cache-control"] == "no-store"


def test_ready_names_model_and_faq(client: httpx.Client) -> None:
    assert client.get("/ready").json() == {"status": "ready", "bundle_id": "bundle-1", "faq_hash": "faq-1"}


def test_not_ready_without_a_database(sqlite_sessions: Sessions) -> None:
    with running(build_test_services(sqlite_sessions)) as server, server.client() as client:
        engine = sqlite_sessions.kw["bind"]
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE promotions RENAME TO gone")
        answer = client.get("/ready")
        health = client.get("/health")

    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert health.status_code == 200


def test_openapi_can_be_written_down(client: httpx.Client) -> None:
    assert json.loads(client.get("/openapi.json").text)["info"]["title"] == "SpanDesk"
