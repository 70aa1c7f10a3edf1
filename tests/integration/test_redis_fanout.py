"""Two servers on one database, connected by a real Redis."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from redis import Redis
from redis.exceptions import RedisError
from websockets.sync.client import ClientConnection, connect

from app.db.engine import Sessions
from app.dialogue.events import AgentUttered, RecordedEvent
from app.realtime.hub import ConversationNews, Hub
from app.realtime.redis_publisher import RedisPublisher
from tests.fakes_api import RunningServer, build_test_services, running

pytestmark = pytest.mark.redis

REDIS_URL = os.environ.get("SPANDESK_TEST_REDIS_URL", "redis://127.0.0.1:6379/0")
EVENT = RecordedEvent(1, datetime(2026, 1, 1, tzinfo=UTC), AgentUttered("hi", "a1", "Ada"))


@pytest.fixture
def redis() -> Iterator[Redis]:
    with Redis.from_url(REDIS_URL, socket_connect_timeout=2) as client:
        try:
            client.ping()
        except (RedisError, OSError):
            pytest.skip(f"no Redis answers at {REDIS_URL} (SPANDESK_TEST_REDIS_URL)")
        yield client


@pytest.fixture
def channel(redis: Redis) -> str:
    """A channel of this test's own; asks for Redis, so that the test is left out without one."""
    del redis
    return f"spandesk-test:{uuid.uuid4().hex}"


@pytest.fixture
def servers(sqlite_sessions: Sessions, channel: str) -> Iterator[tuple[RunningServer, RunningServer]]:
    here, there = Hub(), Hub()
    first = build_test_services(
        sqlite_sessions, hub=here, publisher=RedisPublisher(here, REDIS_URL, channel=channel)
    )
    second = build_test_services(
        sqlite_sessions, hub=there, publisher=RedisPublisher(there, REDIS_URL, channel=channel)
    )
    with running(first) as one, running(second) as two:
        yield one, two


def open_socket(server: RunningServer, visitor: dict[str, str]) -> ClientConnection:
    ws = connect(f"{server.ws_url}/api/v1/chat")
    ws.send(json.dumps({"type": "hello", **visitor}))
    read_until(ws, "Welcome to web")
    return ws


def read_until(ws: ClientConnection, text: str) -> list[tuple[int, str]]:
    """Give the utterances up to this one."""
    spoken: list[tuple[int, str]] = []
    while not spoken or spoken[-1][1] != text:
        frame = json.loads(ws.recv(timeout=20))
        if frame["type"] == "utterance":
            spoken.append((frame["sequence"], frame["text"]))
    return spoken


def test_message_on_one_server_appears_on_the_other_once_and_in_order(
    servers: tuple[RunningServer, RunningServer],
) -> None:
    one, two = servers
    with one.client() as client:
        visitor = client.post("/api/v1/visitors").json()
    here, there = open_socket(one, visitor), open_socket(two, visitor)
    with here, there:
        for number in range(3):
            here.send(
                json.dumps({"type": "message", "client_message_id": f"m{number}", "text": f"text {number}"})
            )
        seen = [read_until(ws, "You said text 2") for ws in (here, there)]

    expected = [(3, "text 0"), (5, "You said text 0"), (6, "text 1"), (8, "You said text 1")]
    expected += [(9, "text 2"), (11, "You said text 2")]
    assert seen == [expected, expected]


def test_message_sent_again_to_another_server_is_answered_once(
    servers: tuple[RunningServer, RunningServer],
) -> None:
    one, two = servers
    with one.client() as client:
        visitor = client.post("/api/v1/visitors").json()
    message = json.dumps({"type": "message", "client_message_id": "m1", "text": "hello"})
    with open_socket(one, visitor) as here, open_socket(two, visitor) as there:
        here.send(message)
        read_until(here, "You said hello")
        there.send(message)
        there.send(json.dumps({"type": "message", "client_message_id": "m2", "text": "end"}))
        spoken = [text for _, text in read_until(there, "You said end")]

    assert spoken == ["hello", "You said hello", "end", "You said end"]


def test_only_numbers_travel(redis: Redis, channel: str) -> None:
    notices: list[dict[str, object]] = []
    has_come = threading.Event()

    def listen(message: dict[str, bytes]) -> None:
        notice = json.loads(message["data"])
        if notice["kind"] == "events":
            notices.append(notice)
            has_come.set()

    async def scenario() -> None:
        publisher = RedisPublisher(Hub(), REDIS_URL, channel=channel)
        await publisher.start()
        publisher.publish("c1", [EVENT])
        await asyncio.to_thread(has_come.wait, 20)
        await publisher.stop()

    pubsub = redis.pubsub(ignore_subscribe_messages=True)
    pubsub.subscribe(**{channel: listen})
    thread = pubsub.run_in_thread(sleep_time=0.05)
    asyncio.run(scenario())
    thread.stop()
    thread.join()

    assert [notice | {"server_id": ""} for notice in notices] == [
        {"kind": "events", "server_id": "", "conversation_id": "c1", "first_sequence": 1, "last_sequence": 1}
    ]


def test_lost_connection_makes_every_socket_ask_the_store(
    redis: Redis, channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.realtime.redis_publisher.RETRY_S", 0.01)
    hub = Hub()
    publisher = RedisPublisher(hub, REDIS_URL, channel=channel)

    async def scenario() -> ConversationNews:
        await publisher.start()
        await publisher.wait_subscribed()
        with hub.following("c1") as feed:
            await asyncio.to_thread(cut_subscribers, redis)
            news = await feed.next()
        await publisher.stop()
        return news

    assert asyncio.run(scenario()).must_read


def cut_subscribers(redis: Redis) -> None:
    redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
