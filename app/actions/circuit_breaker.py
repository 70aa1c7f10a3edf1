"""Spares a server that is down, and the customers who would wait for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class CircuitOpenError(Exception):
    """The server is not asked now; `wait_s` says when it is asked again."""

    def __init__(self, num_failures: int, wait_s: float) -> None:
        super().__init__(f"failed {num_failures} times in a row; asked again in {wait_s:.0f} s")
        self.num_failures = num_failures
        self.wait_s = wait_s


class CircuitBreaker:
    """Opens after failures in a row, lets one call try after a pause, and closes when that works.

    Thread-safe. Only errors of the class `counts` are failures of the server; others say nothing about it.
    """

    def __init__(
        self,
        counts: type[Exception],
        *,
        max_failures: int = 5,
        pause_s: float = 5.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._counts = counts
        self._max_failures = max_failures
        self._pause_s = pause_s
        self._monotonic = monotonic
        self._guard = threading.Lock()
        self._num_failures = 0
        self._opened_at = 0.0
        self._is_trying = False

    @contextmanager
    def guarding(self) -> Iterator[None]:
        """Watch one call.

        Raises:
            CircuitOpenError: the call must not be made now.
        """
        is_trial = self._enter()
        try:
            yield
        except self._counts:
            self._note_failure()
            raise
        else:
            self._note_success()
        finally:
            if is_trial:
                self._end_trial()

    def _enter(self) -> bool:
        """Let a call through; True if it is the one that tries after the pause."""
        with self._guard:
            if self._num_failures < self._max_failures:
                return False
            wait_s = self._opened_at + self._pause_s - self._monotonic()
            if wait_s > 0 or self._is_trying:
                raise CircuitOpenError(self._num_failures, max(wait_s, 0.0))
            self._is_trying = True
            return True

    def _note_failure(self) -> None:
        with self._guard:
            self._num_failures += 1
            self._opened_at = self._monotonic()

    def _note_success(self) -> None:
        with self._guard:
            self._num_failures = 0

    def _end_trial(self) -> None:
        with self._guard:
            self._is_trying = False
