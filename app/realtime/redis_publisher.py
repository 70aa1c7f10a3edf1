"""The publisher of one server among several, over Redis pub/sub.

Only a conversation id and sequence numbers travel; the receiver reads the events from the database, which is
the truth. Where notices may have been lost (Redis was away, the waiting list was full), every socket asks the
database once, so a lost notice delays a message and never loses it.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, ValidationError
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from app.dialogue.events import RecordedEvent
from app.realtime.hub import Hub
from app.realtime.publisher import InProcessPublisher

DEFAULT_CHANNEL = "spandesk:news"
MAX_WAITING_NOTICES = 10_000
RETRY_S = 1.0  # pause before connecting to Redis again
CANCEL_AGAIN_S = 0.2
POLL_S = 15.0  # how long one read waits; nothing depends on it

_KEEPALIVE = {socket.TCP_KEEPIDLE: 15, socket.TCP_KEEPINTVL: 5, socket.TCP_KEEPCNT: 3}
_log = logging.getLogger(__name__)


class Notice(BaseModel):
    """What travels through Redis; a "gap" says that the sender lost notices, whichever they were."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["events", "correction", "gap"]
    server_id: str
    conversation_id: str = ""
    first_sequence: int = 0
    last_sequence: int = 0


class RedisPublisher:
    """Delivers to the sockets of this process at once, and to those of other servers through Redis."""

    def __init__(self, hub: Hub, url: str, *, channel: str = DEFAULT_CHANNEL) -> None:
        self._hub = hub
        self._local = InProcessPublisher(hub)
        self._url = url
        self._channel = channel
        self._server_id = uuid4().hex
        self._waiting: asyncio.Queue[Notice] = asyncio.Queue(MAX_WAITING_NOTICES)
        self._has_dropped = False
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        self._subscribed = asyncio.Event()

    async def start(self) -> None:
        """Begin to deliver; a Redis that does not answer is tried again for as long as the server runs."""
        await self._local.start()
        self._tasks = (
            asyncio.create_task(self._again_and_again(self._send), name="redis-send"),
            asyncio.create_task(self._again_and_again(self._receive), name="redis-receive"),
        )

    async def stop(self) -> None:
        """Stop delivering."""
        await self._local.stop()
        running = set(self._tasks)
        while running:  # redis-py swallows a cancellation that meets it while it connects
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=CANCEL_AGAIN_S)
        self._tasks = ()

    async def wait_subscribed(self) -> None:
        """Wait until news from other servers arrive here."""
        await self._subscribed.wait()

    def publish(self, conversation_id: str, events: Sequence[RecordedEvent]) -> None:
        """Hand saved events to the hub, and their numbers to the other servers."""
        if events:
            self._local.publish(conversation_id, events)
            self._pass_on("events", conversation_id, events[0].sequence, events[-1].sequence)

    def publish_correction(self, conversation_id: str, sequence: int) -> None:
        """Hand a correction to the hub and to the other servers."""
        self._local.publish_correction(conversation_id, sequence)
        self._pass_on("correction", conversation_id, sequence, sequence)

    def _pass_on(
        self, kind: Literal["events", "correction"], conversation_id: str, first: int, last: int
    ) -> None:
        notice = Notice(
            kind=kind,
            server_id=self._server_id,
            conversation_id=conversation_id,
            first_sequence=first,
            last_sequence=last,
        )
        self._local.in_loop(lambda: self._enqueue(notice))

    def _enqueue(self, notice: Notice) -> None:
        try:
            self._waiting.put_nowait(notice)
        except asyncio.QueueFull:
            self._has_dropped = True

    async def _again_and_again(self, work: Callable[[Redis], Awaitable[None]]) -> None:
        """Do `work`, which never ends, with a connection of its own; begin again after Redis was away."""
        while True:
            # Without retries inside the client we learn of every lost connection, and ask for what we missed.
            redis = Redis.from_url(
                self._url,
                retry=Retry(NoBackoff(), 0),
                socket_keepalive=True,
                socket_keepalive_options=_KEEPALIVE,
            )
            try:
                await work(redis)
            except (RedisError, OSError) as error:
                _log.warning("redis_away", extra={"error": str(error), "retry_s": RETRY_S})
            finally:
                await redis.aclose()
            await asyncio.sleep(RETRY_S)

    async def _send(self, redis: Redis) -> None:
        """Send the waiting notices in order."""
        await self._send_one(redis, Notice(kind="gap", server_id=self._server_id))
        while True:
            if self._has_dropped:
                self._has_dropped = False
                await self._send_one(redis, Notice(kind="gap", server_id=self._server_id))
            await self._send_one(redis, await self._waiting.get())

    async def _send_one(self, redis: Redis, notice: Notice) -> None:
        # A notice that fails here is covered by the "gap" that the next connection begins with.
        await redis.publish(self._channel, notice.model_dump_json())

    async def _receive(self, redis: Redis) -> None:
        """Pass on what other servers tell."""
        pubsub = redis.pubsub(ignore_subscribe_messages=True)
        try:
            await pubsub.subscribe(self._channel)
            await pubsub.ping()
            self._hub.announce_gap()
            while True:
                message = await pubsub.get_message(timeout=POLL_S)
                if message is None:
                    continue
                if message["type"] == "pong":
                    self._subscribed.set()
                elif message["type"] == "message":
                    self._deliver(message["data"])
        finally:
            self._subscribed.clear()
            await pubsub.aclose()  # type: ignore[no-untyped-call]  # redis-py leaves it untyped

    def _deliver(self, data: bytes) -> None:
        try:
            notice = Notice.model_validate_json(data)
        except ValidationError:
            _log.warning("redis_notice_unreadable", extra={"num_bytes": len(data)})
            return
        if notice.server_id == self._server_id:
            return
        if notice.kind == "events":
            self._hub.announce_events(notice.conversation_id, notice.last_sequence)
        elif notice.kind == "correction":
            self._hub.announce_correction(notice.conversation_id, notice.last_sequence)
        else:
            self._hub.announce_gap()
