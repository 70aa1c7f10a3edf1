"""What happens below our frames: bytes that the WebSocket protocol itself forbids."""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
from collections.abc import Iterator

import pytest

from app.api.socket import MAX_FRAME_BYTES
from tests.fakes_api import RunningServer

TEXT, BINARY, CLOSE = 0x1, 0x2, 0x8


class RawClient:
    """Speaks WebSocket by hand, so that it can speak it wrongly."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET /api/v1/chat HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self._received = b""
        head = self._read_until(b"\r\n\r\n")
        assert b" 101 " in head

    def send(self, opcode: int, payload: bytes) -> None:
        self.send_bytes(self.frame(opcode, payload))

    def send_bytes(self, data: bytes) -> None:
        self._socket.sendall(data)

    @staticmethod
    def frame(opcode: int, payload: bytes) -> bytes:
        length = len(payload)
        if length < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | length)
        elif length < 1 << 16:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, length)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, length)
        return head + b"\0\0\0\0" + payload  # masked with zeros

    def receive(self) -> tuple[int, bytes]:
        opcode, length = self._read(2)
        if length == 126:
            (length,) = struct.unpack("!H", self._read(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self._read(8))
        return opcode & 0x0F, self._read(length)

    def receive_close_code(self) -> int:
        opcode, payload = self.receive()
        assert opcode == CLOSE
        (code,) = struct.unpack("!H", payload[:2])
        return int(code)

    def close(self) -> None:
        self._socket.close()

    def _read(self, count: int) -> bytes:
        while len(self._received) < count:
            data = self._socket.recv(65_536)
            if not data:
                raise ConnectionError("the server closed the connection")
            self._received += data
        taken, self._received = self._received[:count], self._received[count:]
        return taken

    def _read_until(self, end: bytes) -> bytes:
        while end not in self._received:
            self._received += self._socket.recv(65_536)
        head, _, self._received = self._received.partition(end)
        return head


@pytest.fixture
def raw(server: RunningServer) -> Iterator[RawClient]:
    client = RawClient(server.port)
    yield client
    client.close()


def assert_healthy(server: RunningServer) -> None:
    with server.client() as client:
        assert client.get("/health").json() == {"status": "ok"}


def test_binary_frame_is_a_typed_error_and_the_socket_stays_open(raw: RawClient) -> None:
    raw.send(BINARY, b"\xff\xfe\x00")
    raw.send(TEXT, b'{"type":"ping"}')

    assert json.loads(raw.receive()[1])["code"] == "invalid_frame"
    assert json.loads(raw.receive()[1]) == {"type": "pong"}


def test_text_frame_that_is_not_utf_8_is_closed_with_1007_as_the_protocol_demands(
    raw: RawClient, server: RunningServer
) -> None:
    raw.send(TEXT, b'{"type":"ping","x":"\xff\xfe"}')

    assert raw.receive_close_code() == 1007
    assert_healthy(server)


def test_frame_above_the_limit_is_closed_with_1009(raw: RawClient, server: RunningServer) -> None:
    head = struct.pack("!BBQ", 0x80 | TEXT, 0x80 | 127, MAX_FRAME_BYTES + 1)
    raw.send_bytes(head + b"\0\0\0\0")

    assert raw.receive_close_code() == 1009
    assert_healthy(server)


def test_frame_without_a_mask_is_refused(raw: RawClient, server: RunningServer) -> None:
    raw.send_bytes(struct.pack("!BB", 0x80 | TEXT, 2) + b"{}")

    assert raw.receive_close_code() == 1002
    assert_healthy(server)


def test_connection_that_ends_in_the_middle_of_a_frame_is_harmless(
    raw: RawClient, server: RunningServer
) -> None:
    raw.send_bytes(RawClient.frame(TEXT, b'{"type":"ping"}')[:7])
    raw.close()

    assert_healthy(server)
