"""A socket whose other end does not read, or is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from pydantic import TypeAdapter
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketState

from app.api.frames import PingFrame, PongFrame
from app.api.socket import CloseCode, FrameSocket, SocketClosedError

Send = Callable[[Message], Awaitable[None]]


def make_socket(send: Send, *received: Message) -> FrameSocket[PingFrame]:
    waiting = list(received)

    async def receive() -> Message:
        return waiting.pop(0)

    websocket = WebSocket({"type": "websocket", "headers": []}, receive, send)
    websocket.client_state = websocket.application_state = WebSocketState.CONNECTED
    return FrameSocket(websocket, TypeAdapter(PingFrame))


async def take_nothing(message: Message) -> None:
    if message["type"] == "websocket.send":
        await asyncio.Event().wait()


async def be_gone(_message: Message) -> None:
    raise OSError("connection reset")


def test_socket_that_takes_nothing_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.api.socket.SEND_TIMEOUT_S", 0.01)
    closed: list[Message] = []

    async def send(message: Message) -> None:
        closed.append(message)
        await take_nothing(message)

    with pytest.raises(SocketClosedError):
        asyncio.run(make_socket(send).send(PongFrame()))

    assert closed[-1]["type"] == "websocket.close"
    assert closed[-1]["code"] == CloseCode.TOO_SLOW


def test_socket_that_is_gone_ends_quietly() -> None:
    with pytest.raises(SocketClosedError):
        asyncio.run(make_socket(be_gone).send(PongFrame()))


def test_closing_a_socket_that_is_gone_is_harmless() -> None:
    asyncio.run(make_socket(be_gone).close(CloseCode.INTERNAL_ERROR, "x"))


def test_disconnect_ends_receiving_for_good() -> None:
    socket = make_socket(take_nothing, {"type": "websocket.disconnect", "code": 1000})

    async def scenario() -> None:
        with pytest.raises(SocketClosedError):
            await socket.receive()
        await socket.receive()

    with pytest.raises(SocketClosedError):
        asyncio.run(scenario())


def test_frames_of_several_tasks_are_written_one_after_the_other() -> None:
    steps: list[str] = []

    async def send(_message: Message) -> None:
        steps.append("begin")
        await asyncio.sleep(0)  # lets the other task run in the middle
        steps.append("end")

    async def scenario() -> None:
        socket = make_socket(send)
        await asyncio.gather(*(socket.send(PongFrame()) for _ in range(2)))

    asyncio.run(scenario())

    assert steps == ["begin", "end"] * 2
