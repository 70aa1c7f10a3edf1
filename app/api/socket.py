"""One WebSocket as typed frames in and out: limits, ordered writing, close codes. Knows no dialogue.

What is wrong with a frame is told by a typed error and the socket stays open. Two things that the protocol
itself forbids are answered a level below us, by the WebSocket library: a text frame that is not UTF-8 (closed
with 1007) and a frame above `MAX_FRAME_BYTES` (closed with 1009).
"""

from __future__ import annotations

import asyncio
from enum import IntEnum
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from app.api.frames import ErrorFrame, Frame

MAX_FRAME_BYTES = 2 * 1024 * 1024  # 100,000 characters fit in every spelling that JSON has for them
SEND_TIMEOUT_S = 20.0  # a socket that takes nothing for so long is dropped; it catches up by resume

ReceivedT = TypeVar("ReceivedT")


class CloseCode(IntEnum):
    """Why the server closes a socket; the error frame before says more."""

    NOT_AUTHENTICATED = 4401
    TOO_SLOW = 4408
    TOO_MANY_SOCKETS = 4429
    INTERNAL_ERROR = 1011


class SocketClosedError(Exception):
    """The socket is closed, by whom ever; nothing more can be sent."""


class FrameError(Exception):
    """A frame that cannot be used; becomes an error frame."""

    def __init__(self, code: str, message: str) -> None:
        """Store the code and the message of the error frame."""
        super().__init__(message)
        self.code = code


class FrameSocket(Generic[ReceivedT]):
    """Frames over an accepted WebSocket; `send` may be called from several tasks."""

    def __init__(self, websocket: WebSocket, received: TypeAdapter[ReceivedT]) -> None:
        self._websocket = websocket
        self._received = received
        self._sending = asyncio.Lock()

    async def receive(self) -> ReceivedT:
        """Wait for the next frame.

        Raises:
            FrameError: it is not one that we know; the next call goes on.
            SocketClosedError: there will be no more.
        """
        try:
            message = await self._websocket.receive()
        except WebSocketDisconnected as error:
            raise SocketClosedError from error
        if message["type"] == "websocket.disconnect":
            raise SocketClosedError
        text = message.get("text")
        if text is None:
            raise FrameError("invalid_frame", "got a binary frame, expected JSON as a text frame")
        return parse_frame(self._received, text)

    async def send(self, frame: Frame) -> None:
        """Send one frame after those before it.

        Raises:
            SocketClosedError: the socket is closed, or took nothing for `SEND_TIMEOUT_S`.
        """
        text = frame.model_dump_json()
        try:
            async with self._sending, asyncio.timeout(SEND_TIMEOUT_S):
                await self._websocket.send_text(text)
        except TimeoutError as error:
            await self.close(CloseCode.TOO_SLOW, "took nothing for too long; reconnect and resume")
            raise SocketClosedError from error
        except (WebSocketDisconnect, WebSocketDisconnected) as error:
            raise SocketClosedError from error

    async def close(self, code: CloseCode, reason: str) -> None:
        """Close; harmless on a closed socket."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self._websocket.close(code, reason)
        except (TimeoutError, WebSocketDisconnect, WebSocketDisconnected):
            return


def parse_frame(adapter: TypeAdapter[ReceivedT], text: str) -> ReceivedT:
    """Read a frame.

    Raises:
        FrameError: it is not JSON, of unknown type, or has missing, unknown or wrong fields.
    """
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
    if problem["type"] == "union_tag_invalid":
        raise FrameError("unknown_type", "got a frame of unknown type, expected one of docs/protocol.md")
    where = ".".join(str(part) for part in problem["loc"][1:])
    message = f"{where}: {problem['msg']}" if where else problem["msg"]
    raise FrameError("invalid_frame", message)


def error_frame(error: FrameError) -> ErrorFrame:
    """Make the answer to a frame that cannot be used."""
    return ErrorFrame(code=error.code, message=str(error))
