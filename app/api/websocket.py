"""The customer's socket: an explicit state machine over typed frames.

Frames of one socket are handled in order, one at a time; while one is handled, the transport stops reading,
so a flood costs no memory here. What the conversation says comes from a feed of the hub, in order and each
once: a gap is filled from the store. Nothing is sent that is not saved.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum, auto
from typing import Any, NoReturn

from pydantic import TypeAdapter
from starlette.websockets import WebSocket

from app.api.access import access_own_conversation
from app.api.edge import Edge
from app.api.errors import (
    INTERNAL_MESSAGE,
    NotAuthenticatedError,
    check_message,
    status_and_code,
)
from app.api.frames import (
    AckFrame,
    CustomerFrame,
    ErrorFrame,
    HelloFrame,
    MessageFrame,
    PingFrame,
    PongFrame,
    RatingFrame,
    ResumeFrame,
    TypingFrame,
    WelcomeFrame,
)
from app.api.origins import is_allowed_origin
from app.api.socket import CloseCode, FrameError, FrameSocket, SocketClosedError, error_frame
from app.api.wire import recorded_to_frame
from app.db.conversation_store import Conversation
from app.dialogue.errors import ChatbotError, RateLimitedError
from app.dialogue.events import AgentJoined, HandoffClosed, RecordedEvent, UserUttered
from app.dialogue.manager import TurnResult
from app.dialogue.understanding import CustomerMessage
from app.realtime.hub import ConversationFeed, ConversationNews

HELLO_TIMEOUT_S = 10.0
MAX_SOCKETS_PER_CONVERSATION = 20

log = logging.getLogger(__name__)


class SocketState(Enum):
    """Where a customer socket is; the end is leaving the loop."""

    AWAITING_HELLO = auto()
    READY = auto()


class CustomerSocket:
    """One customer socket from hello to the end."""

    def __init__(self, socket: FrameSocket[CustomerFrame], edge: Edge) -> None:
        self._socket = socket
        self._edge = edge
        self._state = SocketState.AWAITING_HELLO
        self._conversation: Conversation | None = None
        self._delivered = 0  # sequence of the last event that the socket has seen
        self._resume_after: int | None = None
        self._has_agent = False

    async def run(self) -> None:
        """Serve the socket until either side closes it."""
        try:
            async with asyncio.timeout(HELLO_TIMEOUT_S):
                while self._state is SocketState.AWAITING_HELLO:
                    await self._handle_next()
        except TimeoutError:
            # Not the code of a wrong token, on which a client gives its conversation up.
            await self._refuse(CloseCode.NOT_AUTHENTICATED, "hello_timeout", "say hello within 10 s")
        await self._serve(self._own_conversation)

    async def _serve(self, conversation: Conversation) -> None:
        hub = self._edge.services.hub
        conversation_id = conversation.conversation_id
        if hub.num_followers(conversation_id) >= MAX_SOCKETS_PER_CONVERSATION:
            reason = "this conversation is open in too many places"
            await self._refuse(CloseCode.TOO_MANY_SOCKETS, "too_many_sockets", reason)
        with hub.following(conversation_id) as feed:
            await self._socket.send(self._welcome(conversation))
            feed.request_read()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._deliver(feed), name=f"deliver-{conversation_id}")
                await self._read(feed)

    # --- frames from the customer --------------------------------------------------------------

    async def _read(self, feed: ConversationFeed) -> None:
        while True:
            await self._handle_next()
            if self._resume_after is not None:
                feed.request_read()

    async def _handle_next(self) -> None:
        """Take one frame and answer it; what is wrong with it is told, and the socket stays open."""
        try:
            frame = await self._socket.receive()
            handler = _HANDLERS[self._state].get(type(frame))
            if handler is None:
                raise _WRONG_STATE[self._state]
            await handler(self, frame)
        except FrameError as error:
            await self._socket.send(error_frame(error))

    async def _on_hello(self, frame: HelloFrame) -> None:
        services = self._edge.services
        try:
            conversation = await self._edge.in_thread(
                access_own_conversation, services, frame.conversation_id, frame.token
            )
        except NotAuthenticatedError as error:
            await self._refuse(CloseCode.NOT_AUTHENTICATED, "not_authenticated", str(error))
        self._conversation = conversation
        self._delivered = min(frame.after_sequence, conversation.last_sequence)
        self._has_agent = conversation.mode == "agent"
        self._state = SocketState.READY

    async def _on_message(self, frame: MessageFrame) -> None:
        conversation = self._own_conversation
        problem = self._find_problem(conversation.conversation_id, frame)
        if problem is not None:
            await self._socket.send(problem)
            return
        message = CustomerMessage(
            conversation_id=conversation.conversation_id,
            text=frame.text,
            client_message_id=frame.client_message_id,
            channel=conversation.channel,
            payload=frame.payload,
        )
        await self._socket.send(await self._take_turn(frame, message))

    def _find_problem(self, conversation_id: str, frame: MessageFrame) -> ErrorFrame | None:
        max_chars = self._edge.services.settings.max_message_chars
        try:
            for text in (frame.text, frame.payload):
                if text is not None:
                    check_message(text, max_chars=max_chars)
            self._check_rate(conversation_id)
        except ChatbotError as error:
            return _named_error(error, frame)
        return None

    def _check_rate(self, conversation_id: str) -> None:
        """Take a token for a message or a rating.

        Raises:
            RateLimitedError: there is none.
        """
        wait_s = self._edge.messages.take(conversation_id)
        if wait_s > 0:
            raise RateLimitedError(
                f"too many messages; send it again in {wait_s:.1f} s", retry_after_s=wait_s
            )

    async def _take_turn(self, frame: MessageFrame, message: CustomerMessage) -> AckFrame | ErrorFrame:
        """Have the bot answer; the answer itself comes through the feed, this is the receipt."""
        services = self._edge.services
        if not self._has_agent:
            services.hub.announce_typing(message.conversation_id, is_typing=True)
        try:
            result = await self._edge.in_thread(services.manager.handle_message, message)
        except Exception as error:  # the edge of the process: whatever went wrong, the socket stays open
            return self._error_of(error, frame)
        finally:
            services.hub.announce_typing(message.conversation_id, is_typing=False)
        return _acknowledge(message, result)

    async def _on_rating(self, frame: RatingFrame) -> None:
        """Save a rating; it comes back through every socket's feed, one that was known already only here."""
        conversation_id = self._own_conversation.conversation_id
        manager = self._edge.services.manager
        try:
            self._check_rate(conversation_id)
            result = await self._edge.in_thread(
                manager.rate_answer, conversation_id, frame.answer_sequence, is_helpful=frame.is_helpful
            )
        except Exception as error:  # the edge of the process: whatever went wrong, the socket stays open
            await self._socket.send(self._error_of(error, frame))
            return
        if result.duplicate:
            await self._show(conversation_id, result.recorded[0])

    def _error_of(self, error: Exception, frame: MessageFrame | RatingFrame) -> ErrorFrame:
        """Say what went wrong with a frame; what an unexpected error says stays in the log."""
        if isinstance(error, ChatbotError):
            return _named_error(error, frame)
        conversation_id = self._own_conversation.conversation_id
        log.error("turn_failed", exc_info=error, extra={"conversation_id": conversation_id})
        return _about(frame, code="internal", message=INTERNAL_MESSAGE)

    async def _on_resume(self, frame: ResumeFrame) -> None:
        self._resume_after = frame.after_sequence

    async def _on_ping(self, _frame: PingFrame) -> None:
        await self._socket.send(PongFrame())

    # --- frames to the customer ----------------------------------------------------------------

    async def _deliver(self, feed: ConversationFeed) -> None:
        while True:
            news = await feed.next()
            if self._resume_after is not None:
                self._delivered = min(self._delivered, self._resume_after)
                self._resume_after = None
            for recorded in await self._find_undelivered(feed.conversation_id, news):
                await self._deliver_one(feed.conversation_id, recorded)
            if news.is_typing is not None:
                await self._socket.send(TypingFrame(is_typing=news.is_typing))

    async def _find_undelivered(
        self, conversation_id: str, news: ConversationNews
    ) -> Sequence[RecordedEvent]:
        """Give what the socket has not seen; asks the store when the news have a gap."""
        events = [recorded for recorded in news.events if recorded.sequence > self._delivered]
        newest = max(news.newest_sequence, self._delivered)
        if not news.must_read and self._delivered + len(events) == newest:
            return events
        return await self._edge.in_thread(
            self._edge.services.tracker_store.recorded, conversation_id, after_sequence=self._delivered
        )

    async def _deliver_one(self, conversation_id: str, recorded: RecordedEvent) -> None:
        if isinstance(recorded.event, AgentJoined | HandoffClosed):
            self._has_agent = isinstance(recorded.event, AgentJoined)
        await self._show(conversation_id, recorded)
        self._delivered = recorded.sequence

    async def _show(self, conversation_id: str, recorded: RecordedEvent) -> None:
        frame = recorded_to_frame(conversation_id, recorded)
        if frame is not None:
            await self._socket.send(frame)

    # --- small things --------------------------------------------------------------------------

    @property
    def _own_conversation(self) -> Conversation:
        if self._conversation is None:
            raise RuntimeError("a handler ran before hello")  # the table of handlers forbids it
        return self._conversation

    def _welcome(self, conversation: Conversation) -> WelcomeFrame:
        services = self._edge.services
        return WelcomeFrame(
            conversation_id=conversation.conversation_id,
            bot_name=services.bot.name,
            last_sequence=conversation.last_sequence,
            max_message_chars=services.settings.max_message_chars,
        )

    async def _refuse(self, close_code: CloseCode, code: str, reason: str) -> NoReturn:
        """Tell why and close.

        Raises:
            SocketClosedError: always.
        """
        await self._socket.send(ErrorFrame(code=code, message=reason))
        await self._socket.close(close_code, reason)
        raise SocketClosedError


Handler = Callable[[CustomerSocket, Any], Awaitable[None]]

_HANDLERS: Mapping[SocketState, Mapping[type, Handler]] = {
    SocketState.AWAITING_HELLO: {
        HelloFrame: CustomerSocket._on_hello,
        PingFrame: CustomerSocket._on_ping,
    },
    SocketState.READY: {
        MessageFrame: CustomerSocket._on_message,
        RatingFrame: CustomerSocket._on_rating,
        ResumeFrame: CustomerSocket._on_resume,
        PingFrame: CustomerSocket._on_ping,
    },
}
_WRONG_STATE: Mapping[SocketState, FrameError] = {
    SocketState.AWAITING_HELLO: FrameError("not_authenticated", "say hello first"),
    SocketState.READY: FrameError("invalid_frame", "hello was said already; open a new socket"),
}


async def serve_customer(websocket: WebSocket, edge: Edge) -> None:
    """Serve one customer socket; a page that may not embed the widget is refused with HTTP 403."""
    if not is_allowed_origin(websocket, edge.services.settings.allowed_origins):
        await websocket.close()
        return
    await websocket.accept()
    socket: FrameSocket[CustomerFrame] = FrameSocket(websocket, TypeAdapter(CustomerFrame))
    try:
        await CustomerSocket(socket, edge).run()
    except* SocketClosedError:
        pass
    except* Exception:  # the edge of the process: this socket ends, its client reconnects and resumes
        log.exception("customer_socket_failed")
        await socket.close(CloseCode.INTERNAL_ERROR, "something went wrong here; reconnect")


def _acknowledge(message: CustomerMessage, result: TurnResult) -> AckFrame:
    own = next(item for item in result.recorded if isinstance(item.event, UserUttered))
    return AckFrame(
        client_message_id=message.client_message_id or "",
        sequence=own.sequence,
        last_sequence=result.recorded[-1].sequence,
        duplicate=result.duplicate,
    )


def _named_error(error: ChatbotError, frame: MessageFrame | RatingFrame) -> ErrorFrame:
    _, code = status_and_code(error)
    told = _about(frame, code=code, message=str(error))
    if isinstance(error, RateLimitedError):
        told.retry_after_ms = math.ceil(error.retry_after_s * 1000)
    return told


def _about(frame: MessageFrame | RatingFrame, *, code: str, message: str) -> ErrorFrame:
    """Make an error that names the message or the rated answer that it is about."""
    if isinstance(frame, RatingFrame):
        return ErrorFrame(code=code, message=message, answer_sequence=frame.answer_sequence)
    return ErrorFrame(code=code, message=message, client_message_id=frame.client_message_id)
