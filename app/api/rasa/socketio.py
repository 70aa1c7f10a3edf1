"""Rasa's socket.io channel: what the widgets made for Rasa speak. The library does the transport.

What the bot (or an agent) says comes from the hub, after it is saved, to every socket of the session and each
once. A mistake of a client is told as an ``error`` event with code and message, and the socket stays open.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import socketio
from fastapi import APIRouter, Request
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp

from app.api.caller import TokenError, read_jwt
from app.api.deps import check_rate
from app.api.edge import Edge
from app.api.errors import INTERNAL_MESSAGE, check_message, status_and_code
from app.api.origins import is_allowed_origin
from app.api.rasa.body import kind_of
from app.api.rasa.replies import event_to_socket_messages
from app.api.text import check_json, is_storable
from app.bot.bot import SocketIoChannel
from app.dialogue.errors import ChatbotError, InvalidInputError, NotFoundError, RateLimitedError
from app.dialogue.events import AgentUttered, BotUttered
from app.dialogue.senders import SOCKETIO_PREFIX
from app.dialogue.understanding import CustomerMessage
from app.realtime.hub import ConversationFeed

CHANNEL = "socketio"
MAX_PACKET_BYTES = 256 * 1024
MAX_SESSION_CHARS = 180
MAX_SOCKETS_PER_SESSION = 20
MAX_WAITING = 20  # messages of one connection

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Client:
    """One connection: its messages are handled one after the other, its session is followed by a task."""

    turns: asyncio.Lock = field(default_factory=asyncio.Lock)
    num_waiting: int = 0
    session_id: str | None = None
    following: asyncio.Task[None] | None = None

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count what waits; a flood is refused and not kept.

        Raises:
            RateLimitedError: too much waits already.
        """
        if self.num_waiting >= MAX_WAITING:
            raise RateLimitedError("too many messages at once; wait for the answers", retry_after_s=1)
        self.num_waiting += 1
        try:
            yield
        finally:
            self.num_waiting -= 1


router = APIRouter(prefix="/webhooks/socketio", tags=["rasa"])


@router.get("/")
def show_health(request: Request) -> dict[str, str]:
    """Say that the channel is there.

    Raises:
        NotFoundError: the bot has none.
    """
    if request.app.state.socketio is None:
        raise NotFoundError("the bot has no socketio channel; name it in credentials.yml")
    return {"status": "ok"}


class SocketIo:
    """The socket.io server of one bot; `app` is to be mounted at the channel's path."""

    def __init__(self, edge: Edge, channel: SocketIoChannel) -> None:
        self._edge = edge
        self._channel = channel
        self._namespace = channel.namespace or "/"
        self._clients: dict[str, _Client] = {}
        self._server = socketio.AsyncServer(
            async_mode="asgi",
            cors_allowed_origins=self._is_allowed,
            max_http_buffer_size=MAX_PACKET_BYTES,
            namespaces=[self._namespace],
        )
        self.app: ASGIApp = socketio.ASGIApp(self._server, socketio_path=channel.path)
        for event, handler in (
            ("connect", self._connect),
            ("disconnect", self._disconnect),
            ("session_request", self._request_session),
            (channel.user_message_event, self._take_message),
        ):
            self._server.on(event, handler, namespace=self._namespace)

    async def close(self) -> None:
        """End all that follows a session."""
        tasks = [client.following for client in self._clients.values() if client.following is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _is_allowed(self, origin: str | None, environ: Mapping[str, Any]) -> bool:
        del origin  # the request itself says more
        connection = HTTPConnection(environ["asgi.scope"])
        return is_allowed_origin(connection, self._edge.services.settings.allowed_origins)

    async def _connect(self, sid: str, environ: Mapping[str, Any], auth: Any = None) -> None:
        del environ
        if self._channel.jwt_key is not None:
            self._check_jwt(auth, self._channel.jwt_key)
        self._clients[sid] = _Client()

    def _check_jwt(self, auth: Any, key: str) -> None:
        token = auth.get("token") if isinstance(auth, Mapping) else None
        if not isinstance(token, str):
            raise socketio.exceptions.ConnectionRefusedError("this needs a JWT as auth.token")
        try:
            read_jwt(token, key, self._channel.jwt_method)
        except TokenError as error:
            raise socketio.exceptions.ConnectionRefusedError(str(error)) from error

    async def _disconnect(self, sid: str, *_reason: Any) -> None:
        client = self._clients.pop(sid, None)
        if client is not None and client.following is not None:
            client.following.cancel()

    async def _request_session(self, sid: str, data: Any = None, *_more: Any) -> None:
        await self._in_turn(sid, lambda client: self._confirm_session(sid, client, data))

    async def _take_message(self, sid: str, data: Any = None, *_more: Any) -> None:
        await self._in_turn(sid, lambda client: self._handle(sid, client, data))

    async def _in_turn(self, sid: str, step: Callable[[_Client], Awaitable[None]]) -> None:
        """Take one step for a client after those before it; what is wrong with it is told to the client."""
        client = self._clients.get(sid)
        if client is None:
            return
        try:
            with client.waiting():
                async with client.turns:
                    await step(client)
        except ChatbotError as error:
            _, code = status_and_code(error)
            await self._emit(sid, "error", {"code": code, "message": str(error)})
        except Exception:  # the edge of the process: the socket lives on
            log.exception("socketio_message_failed")
            await self._emit(sid, "error", {"code": "internal", "message": INTERNAL_MESSAGE})

    async def _confirm_session(self, sid: str, client: _Client, data: Any) -> None:
        session_id = _session_of(data) or uuid4().hex
        if self._channel.session_persistence:
            await self._follow(sid, client, session_id)
        await self._emit(sid, "session_confirm", session_id)

    async def _handle(self, sid: str, client: _Client, data: Any) -> None:
        session_id = self._session_for(sid, data)
        message = self._message_of(SOCKETIO_PREFIX + session_id, data)
        services = self._edge.services
        check_message(message.text, max_chars=services.settings.max_message_chars)
        check_rate(self._edge.messages, message.conversation_id, "messages")
        await self._follow(sid, client, session_id)
        await self._edge.in_thread(services.manager.handle_message, message)

    def _session_for(self, sid: str, data: Any) -> str:
        if not isinstance(data, Mapping):
            raise InvalidInputError(f"got {kind_of(data)}; expected an object with 'message'")
        if not self._channel.session_persistence:
            return sid
        session_id = _session_of(data)
        if session_id is None:
            raise InvalidInputError(
                "'session_id' is missing; send session_request first, then its id each time"
            )
        return session_id

    def _message_of(self, conversation_id: str, data: Mapping[str, Any]) -> CustomerMessage:
        text = data.get("message")
        if not isinstance(text, str) or not is_storable(text):
            raise InvalidInputError(f"'message': got {kind_of(text)}; expected a text without NUL characters")
        metadata = _metadata_of(data.get(self._channel.metadata_key))
        return CustomerMessage(conversation_id, text, channel=CHANNEL, metadata=metadata)

    async def _follow(self, sid: str, client: _Client, session_id: str) -> None:
        """Let a socket hear this session from now on, and no other."""
        if client.session_id == session_id:
            return
        conversation_id = SOCKETIO_PREFIX + session_id
        if self._edge.services.hub.num_followers(conversation_id) >= MAX_SOCKETS_PER_SESSION:
            raise RateLimitedError("this session is open in too many places; close one", retry_after_s=60)
        with ExitStack() as entered:
            feed = entered.enter_context(self._edge.services.hub.following(conversation_id))
            last = await self._edge.in_thread(self._last_sequence, conversation_id)
            if self._clients.get(sid) is not client:
                return  # gone in the meantime
            leaving = entered.pop_all()
        if client.following is not None:
            client.following.cancel()
        client.session_id = session_id
        client.following = asyncio.create_task(self._deliver(sid, feed, last), name=f"socketio-{sid}")
        client.following.add_done_callback(lambda _: leaving.close())

    def _last_sequence(self, conversation_id: str) -> int:
        known = self._edge.services.conversations.find(conversation_id)
        return known.last_sequence if known is not None else 0

    async def _deliver(self, sid: str, feed: ConversationFeed, last: int) -> None:
        while True:
            await feed.next()
            try:
                last = await self._deliver_after(sid, feed.conversation_id, last)
            except Exception:  # the edge of the process: the next news brings what is missing
                log.exception("socketio_delivery_failed")

    async def _deliver_after(self, sid: str, conversation_id: str, last: int) -> int:
        store = self._edge.services.tracker_store
        recorded = await self._edge.in_thread(store.recorded, conversation_id, after_sequence=last)
        for item in recorded:
            if isinstance(item.event, BotUttered | AgentUttered):
                await self._say(sid, item.event)
        return recorded[-1].sequence if recorded else last

    async def _say(self, sid: str, event: BotUttered | AgentUttered) -> None:
        for message in event_to_socket_messages(event):
            await self._emit(sid, self._channel.bot_message_event, message)

    async def _emit(self, sid: str, event: str, data: Any) -> None:
        await self._server.emit(event, data, to=sid, namespace=self._namespace)


def _session_of(data: Any) -> str | None:
    """Give the session that a client names; None when it names none.

    Raises:
        InvalidInputError: it cannot be one.
    """
    raw = data.get("session_id") if isinstance(data, Mapping) else None
    if data is not None and not isinstance(data, Mapping):
        raise InvalidInputError(f"got {kind_of(data)}; expected an object with 'session_id'")
    if raw is None or raw == "":
        return None
    session_id = str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else raw
    if not isinstance(session_id, str) or len(session_id) > MAX_SESSION_CHARS or not session_id.isprintable():
        raise InvalidInputError(
            f"'session_id': got {kind_of(raw)}; expected up to {MAX_SESSION_CHARS} printable characters"
        )
    return session_id


def _metadata_of(raw: Any) -> dict[str, Any]:
    """Read metadata: an object, or one that is written as JSON text.

    Raises:
        InvalidInputError: it is something else.
    """
    if raw is None or raw == "":
        return {}
    try:
        value = check_json(json.loads(raw) if isinstance(raw, str) else raw)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError("the metadata are no JSON object that can be stored") from error
    if not isinstance(value, dict):
        raise InvalidInputError(f"the metadata are {kind_of(value)}; expected an object")
    return value
