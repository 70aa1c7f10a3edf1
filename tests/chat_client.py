"""A customer's socket for tests: says things and waits for frames."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.fakes_api import RunningServer

Frame = dict[str, Any]


@dataclass(frozen=True)
class Chat:
    """A customer: a conversation with its token and one open socket."""

    conversation_id: str
    token: str
    ws: ClientConnection

    def send(self, **frame: Any) -> None:
        self.ws.send(json.dumps(frame))

    def say(self, text: str, message_id: str = "m1") -> None:
        self.send(type="message", client_message_id=message_id, text=text)

    def receive(self) -> Frame:
        frame: Frame = json.loads(self.ws.recv(timeout=20))
        return frame

    def receive_until(self, is_last: Callable[[Frame], bool]) -> list[Frame]:
        frames = [self.receive()]
        while not is_last(frames[-1]):
            frames.append(self.receive())
        return frames

    def receive_type(self, *types: str) -> Frame:
        return self.receive_until(lambda frame: frame["type"] in types)[-1]

    def utterances_until(self, text: str) -> list[Frame]:
        frames = self.receive_until(lambda frame: frame.get("text") == text)
        return [frame for frame in frames if frame["type"] == "utterance"]


def new_visitor(server: RunningServer) -> tuple[str, str]:
    with server.client() as client:
        body = client.post("/api/v1/visitors").raise_for_status().json()
    return body["conversation_id"], body["token"]


@contextmanager
def open_chat(
    server: RunningServer, visitor: tuple[str, str] | None = None, after_sequence: int = 0
) -> Iterator[Chat]:
    conversation_id, token = visitor or new_visitor(server)
    with connect(f"{server.ws_url}/api/v1/chat") as ws:
        chat = Chat(conversation_id, token, ws)
        chat.send(type="hello", conversation_id=conversation_id, token=token, after_sequence=after_sequence)
        assert chat.receive()["type"] == "welcome"
        yield chat
