"""One thread with an event loop, for the async actions of a bot."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import CancelledError
from typing import Any, TypeVar

T = TypeVar("T")

GRACE_S = 1.0  # the loop's own limit comes first, unless an action blocks the loop


class LoopThread:
    """Runs coroutines one beside the other; a blocked loop is left behind and replaced by a fresh one."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._guard = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, coroutine: Coroutine[Any, Any, T], *, timeout_s: float) -> T:
        """Run a coroutine from another thread and wait for it.

        Raises:
            TimeoutError: it took longer than `timeout_s` and was cancelled.
        """
        loop = self._running_loop()
        future = asyncio.run_coroutine_threadsafe(_bounded(coroutine, timeout_s), loop)
        try:
            return future.result(timeout_s + GRACE_S)
        except CancelledError as error:
            raise TimeoutError("another action blocked the event loop, which was given up") from error
        except TimeoutError:
            if not future.done():
                self._abandon(loop)
            raise

    def close(self) -> None:
        """Stop the loop; the next `run` would start another."""
        with self._guard:
            loop, self._loop = self._loop, None
        if loop is not None:
            loop.call_soon_threadsafe(loop.stop)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._guard:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=_run_until_stopped, args=(self._loop,), name=self._name, daemon=True
                ).start()
            return self._loop

    def _abandon(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._guard:
            if self._loop is loop:
                self._loop = None
        loop.call_soon_threadsafe(loop.stop)


async def _bounded(coroutine: Coroutine[Any, Any, T], timeout_s: float) -> T:
    async with asyncio.timeout(timeout_s):
        return await coroutine


def _run_until_stopped(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    finally:
        loop.close()
