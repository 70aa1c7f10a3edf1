from __future__ import annotations

import pytest

from app.actions.circuit_breaker import CircuitBreaker, CircuitOpenError


class DownError(Exception):
    """The server is down."""


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker(DownError, max_failures=2, pause_s=5.0, monotonic=clock)


def fail(breaker: CircuitBreaker, error: Exception) -> None:
    with pytest.raises(type(error)), breaker.guarding():
        raise error


def is_open(breaker: CircuitBreaker) -> bool:
    try:
        with breaker.guarding():
            raise KeyError  # says nothing about the server
    except CircuitOpenError:
        return True
    except KeyError:
        return False


def test_it_opens_after_failures_in_a_row_and_says_so(breaker: CircuitBreaker) -> None:
    fail(breaker, DownError())
    assert not is_open(breaker)
    fail(breaker, DownError())

    with pytest.raises(CircuitOpenError, match="failed 2 times in a row; asked again in 5 s"):
        breaker.guarding().__enter__()


def test_a_success_in_between_counts_anew(breaker: CircuitBreaker) -> None:
    fail(breaker, DownError())
    with breaker.guarding():
        pass
    fail(breaker, DownError())

    assert not is_open(breaker)


def test_other_errors_do_not_count(breaker: CircuitBreaker) -> None:
    for _ in range(3):
        fail(breaker, KeyError())

    assert not is_open(breaker)


def test_after_the_pause_one_call_tries_and_closes_it(breaker: CircuitBreaker, clock: Clock) -> None:
    for _ in range(2):
        fail(breaker, DownError())
    clock.now += 5.0

    with breaker.guarding():
        assert is_open(breaker)  # to all others

    assert not is_open(breaker)
    fail(breaker, DownError())
    assert not is_open(breaker)  # counted from 0


def test_a_try_that_fails_opens_it_again(breaker: CircuitBreaker, clock: Clock) -> None:
    for _ in range(2):
        fail(breaker, DownError())
    clock.now += 5.0

    fail(breaker, DownError())

    assert is_open(breaker)
    clock.now += 5.0
    with breaker.guarding():
        pass
    assert not is_open(breaker)


def test_a_try_that_says_nothing_about_the_server_lets_the_next_try(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    for _ in range(2):
        fail(breaker, DownError())
    clock.now += 5.0

    fail(breaker, KeyError())

    assert not is_open(breaker)
