from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.dialogue.errors import UnderstandingError
from app.serving.batching import Batcher
from nlu.types import IntentPrediction, ParsedUtterance


def parsed(text: str) -> ParsedUtterance:
    return ParsedUtterance(text=text, intent=IntentPrediction("greet", 1.0))


def make_batcher(
    run_batch: Callable[[Sequence[str]], list[ParsedUtterance]], timeout_s: float = 10.0
) -> Batcher[str, ParsedUtterance]:
    return Batcher(run_batch, name="interpreter", failure=UnderstandingError, timeout_s=timeout_s)


def test_a_lone_text_is_parsed() -> None:
    batcher = make_batcher(lambda texts: [parsed(text) for text in texts])

    assert batcher.submit("hello").text == "hello"
    batcher.close()


def test_texts_that_wait_share_a_batch_and_keep_their_results() -> None:
    sizes: list[int] = []
    first_runs, others_wait = threading.Event(), threading.Event()

    def parse_batch(texts: Sequence[str]) -> list[ParsedUtterance]:
        sizes.append(len(texts))
        first_runs.set()
        assert others_wait.wait(5)
        return [parsed(text) for text in texts]

    batcher = make_batcher(parse_batch)
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(batcher.submit, "0")
        assert first_runs.wait(5)
        others = [pool.submit(batcher.submit, str(n)) for n in range(1, 9)]
        while batcher._queue.qsize() < 8:
            threading.Event().wait(0.001)
        others_wait.set()

        assert [future.result().text for future in [first, *others]] == [str(n) for n in range(9)]
    assert sizes == [1, 8]
    batcher.close()


def test_one_bad_text_does_not_fail_its_neighbours() -> None:
    def parse_batch(texts: Sequence[str]) -> list[ParsedUtterance]:
        if "bad" in texts:
            raise ValueError("no")
        return [parsed(text) for text in texts]

    batcher = make_batcher(parse_batch)
    with ThreadPoolExecutor(8) as pool:
        futures = {text: pool.submit(batcher.submit, text) for text in ["a", "b", "bad", "c", "d"]}

        assert [futures[text].result().text for text in "abcd"] == list("abcd")
        with pytest.raises(UnderstandingError, match="ValueError"):
            futures["bad"].result()
    batcher.close()


def test_a_slow_model_times_out_with_a_named_error() -> None:
    release = threading.Event()

    def parse_batch(texts: Sequence[str]) -> list[ParsedUtterance]:
        release.wait(5)
        return [parsed(text) for text in texts]

    batcher = make_batcher(parse_batch, timeout_s=0.05)
    with pytest.raises(UnderstandingError, match=r"0\.05 s"):
        batcher.submit("hello")
    release.set()
    batcher.close()


def test_a_closed_batcher_refuses() -> None:
    batcher = make_batcher(lambda texts: [parsed(text) for text in texts])
    batcher.close()

    with pytest.raises(UnderstandingError, match="closed"):
        batcher.submit("hello")
