"""One turn at a time per conversation, in the order of arrival; conversations do not wait for each other."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class KeyedLock:
    """A fair lock per key; keys that nobody holds take no memory. Not re-entrant."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._queues: dict[str, deque[threading.Event]] = {}

    @contextmanager
    def hold(self, key: str) -> Iterator[None]:
        """Wait for the key's turn, in order of arrival, and hold it."""
        turn = threading.Event()
        with self._guard:
            queue = self._queues.setdefault(key, deque())
            queue.append(turn)
            if queue[0] is turn:
                turn.set()
        turn.wait()
        try:
            yield
        finally:
            self._pass_on(key)

    def num_keys(self) -> int:
        """Count the keys that somebody holds or waits for."""
        with self._guard:
            return len(self._queues)

    def num_waiting(self, key: str) -> int:
        """Count those who wait for the key."""
        with self._guard:
            return max(0, len(self._queues.get(key, ())) - 1)

    def _pass_on(self, key: str) -> None:
        with self._guard:
            queue = self._queues[key]
            queue.popleft()
            if queue:
                queue[0].set()
            else:
                del self._queues[key]
