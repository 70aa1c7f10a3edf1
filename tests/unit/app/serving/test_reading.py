from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.serving.reading import ReadingQueue
from nlu.reader.types import Reading


class SlowReader:
    """Finds the question in its passage; stops at the first call until it is let go."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.is_reading, self.may_go_on = threading.Event(), threading.Event()

    def read(self, questions: Sequence[str], passages: Sequence[str]) -> list[Reading | None]:
        self.calls.append(len(questions))
        self.is_reading.set()
        assert self.may_go_on.wait(5)
        places = [passage.find(question) for question, passage in zip(questions, passages, strict=True)]
        return [None if place < 0 else Reading(place, place + 1, 1.0, -1.0) for place in places]


@pytest.fixture
def slow() -> SlowReader:
    return SlowReader()


@pytest.fixture
def reading(slow: SlowReader) -> Iterator[ReadingQueue]:
    queue = ReadingQueue(slow.read)
    yield queue
    slow.may_go_on.set()
    queue.close()


def starts(readings: Sequence[Reading | None]) -> list[int | None]:
    return [None if one is None else one.start for one in readings]


def test_a_lone_turn_is_read_at_once(slow: SlowReader, reading: ReadingQueue) -> None:
    slow.may_go_on.set()

    assert starts(reading(["a", "b"], ["xa", "x"])) == [1, None]
    assert reading([], []) == []


def test_turns_that_wait_are_read_together_a_few_at_a_time_each_with_its_own(
    slow: SlowReader, reading: ReadingQueue
) -> None:
    with ThreadPoolExecutor(7) as pool:
        first = pool.submit(reading, ["a"], ["a"])
        assert slow.is_reading.wait(5)
        others = [pool.submit(reading, ["b"] * n, [" " * n + "b"] * n) for n in range(1, 7)]
        while reading._batcher._queue.qsize() < 6:
            threading.Event().wait(0.001)
        slow.may_go_on.set()

        assert starts(first.result()) == [0]
        assert [starts(one.result()) for one in others] == [[n] * n for n in range(1, 7)]
    assert len(slow.calls) == 3  # one, four, two turns
    assert sum(slow.calls) == 1 + sum(range(1, 7))


def test_a_reader_that_fails_reads_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def read(questions: Sequence[str], passages: Sequence[str]) -> list[Reading | None]:
        raise ValueError("no")

    queue = ReadingQueue(read)
    assert queue(["a", "b"], ["a", "b"]) == [None, None]
    assert "not_read" in caplog.messages
    queue.close()


def test_a_reader_that_takes_too_long_reads_nothing(slow: SlowReader) -> None:
    queue = ReadingQueue(slow.read, timeout_s=0.05)

    assert queue(["a"], ["a"]) == [None]
    slow.may_go_on.set()
    queue.close()


def test_a_closed_queue_reads_nothing(slow: SlowReader, reading: ReadingQueue) -> None:
    slow.may_go_on.set()
    reading.close()

    assert reading(["a"], ["a"]) == [None]
