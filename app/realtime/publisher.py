"""The publisher of one server: from the worker thread that saved events to the sockets of this process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from app.dialogue.events import RecordedEvent
from app.realtime.hub import Hub

_log = logging.getLogger(__name__)


class ServerPublisher(Protocol):
    """The port `app.dialogue.ports.Publisher`, with the life cycle that a server needs."""

    def publish(self, conversation_id: str, events: Sequence[RecordedEvent]) -> None:
        """Tell of saved events, from any thread; never raises, never blocks."""

    def publish_correction(self, conversation_id: str, sequence: int) -> None:
        """Tell of a corrected turn, from any thread; never raises, never blocks."""

    async def start(self) -> None:
        """Begin to deliver into the running event loop."""

    async def stop(self) -> None:
        """Stop delivering; what is published afterwards is dropped."""


class InProcessPublisher:
    """Delivers to the sockets of this process."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self) -> None:
        """Begin to deliver into the running event loop."""
        self._loop = asyncio.get_running_loop()

    async def stop(self) -> None:
        """Stop delivering."""
        self._loop = None

    def publish(self, conversation_id: str, events: Sequence[RecordedEvent]) -> None:
        """Hand saved events to the hub."""
        if events:
            newest_sequence = events[-1].sequence
            self.in_loop(lambda: self._hub.announce_events(conversation_id, newest_sequence, events))

    def publish_correction(self, conversation_id: str, sequence: int) -> None:
        """Hand a correction to the hub."""
        self.in_loop(lambda: self._hub.announce_correction(conversation_id, sequence))

    def in_loop(self, deliver: Callable[[], None]) -> None:
        """Run `deliver` in the event loop soon; before the start and after the end nobody listens."""
        loop = self._loop
        if loop is None:
            return
        try:
            loop.call_soon_threadsafe(deliver)
        except RuntimeError:  # the loop closed between our look and the call: all sockets are gone
            _log.info("publish_after_close")
