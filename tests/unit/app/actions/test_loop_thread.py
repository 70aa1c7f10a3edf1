import asyncio
import threading

import pytest

from app.actions import loop_thread
from app.actions.loop_thread import LoopThread


async def _thread_name() -> str:
    return threading.current_thread().name


async def _raise() -> None:
    raise ZeroDivisionError("by zero")


async def _wait_for_ever() -> None:
    await asyncio.Event().wait()


async def _block(until: threading.Event) -> None:
    until.wait(20)


def test_all_coroutines_run_in_one_thread() -> None:
    loop = LoopThread("actions")

    names = {loop.run(_thread_name(), timeout_s=5) for _ in range(3)}
    loop.close()

    assert names == {"actions"}


def test_what_a_coroutine_raises_is_raised_to_the_caller() -> None:
    loop = LoopThread("actions")

    with pytest.raises(ZeroDivisionError, match="by zero"):
        loop.run(_raise(), timeout_s=5)
    loop.close()


def test_a_coroutine_that_takes_too_long_is_cancelled_and_others_go_on() -> None:
    loop = LoopThread("actions")

    with pytest.raises(TimeoutError):
        loop.run(_wait_for_ever(), timeout_s=0.01)

    assert loop.run(_thread_name(), timeout_s=5) == "actions"
    loop.close()


def test_a_blocked_loop_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_thread, "GRACE_S", 0.01)
    loop, release = LoopThread("actions"), threading.Event()

    with pytest.raises(TimeoutError):
        loop.run(_block(release), timeout_s=0.01)

    assert loop.run(_thread_name(), timeout_s=5) == "actions"
    release.set()
    loop.close()


def test_those_who_wait_for_a_blocked_loop_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_thread, "GRACE_S", 0.01)
    loop, release, is_waiting = LoopThread("actions"), threading.Event(), threading.Event()
    told: list[str] = []

    async def _signal_and_wait() -> None:
        is_waiting.set()
        await asyncio.Event().wait()

    def _wait() -> None:
        with pytest.raises(TimeoutError) as error:
            loop.run(_signal_and_wait(), timeout_s=30)
        told.append(str(error.value))

    waiting = threading.Thread(target=_wait)
    waiting.start()
    assert is_waiting.wait(10)
    with pytest.raises(TimeoutError):
        loop.run(_block(release), timeout_s=0.01)
    release.set()
    waiting.join(10)
    loop.close()

    assert told == ["another action blocked the event loop, which was given up"]


def test_closing_twice_does_nothing() -> None:
    loop = LoopThread("actions")
    loop.close()
    loop.close()
