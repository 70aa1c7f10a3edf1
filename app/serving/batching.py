"""Concurrent `parse` calls share encoder passes; a lone caller waits for nobody.

One thread owns the model. It takes whatever is queued at that moment, up to a bound, and runs one batch;
while it runs, the next callers queue up. Knows nothing about dialogue or bundles.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from app.dialogue.errors import UnderstandingError
from nlu.types import ParsedUtterance

log = logging.getLogger(__name__)

ParseBatch = Callable[[Sequence[str]], list[ParsedUtterance]]


@dataclass(frozen=True, slots=True)
class _Request:
    text: str
    result: Future[ParsedUtterance]


class Batcher:
    """Runs `parse_batch` in its own thread for many callers.

    Args:
        parse_batch: parses a list of texts in one encoder pass, in order.
        max_batch: most texts of one pass.
        timeout_s: longest wait of one caller, queueing included.
    """

    def __init__(self, parse_batch: ParseBatch, *, max_batch: int = 32, timeout_s: float = 10.0) -> None:
        self._parse_batch = parse_batch
        self._max_batch = max_batch
        self._timeout_s = timeout_s
        self._queue: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="batcher", daemon=True)
        self._thread.start()

    def parse(self, text: str) -> ParsedUtterance:
        """Parse one text, together with whatever else is waiting.

        Raises:
            UnderstandingError: the model failed, took longer than `timeout_s`, or the batcher is closed.
        """
        request = _Request(text, Future())
        if not self._thread.is_alive():
            raise UnderstandingError("the interpreter is closed: got an utterance after shutdown")
        self._queue.put(request)
        try:
            return request.result.result(timeout=self._timeout_s)
        except TimeoutError as error:
            request.result.cancel()
            message = f"the interpreter gave no result in {self._timeout_s:g} s; is the machine overloaded?"
            raise UnderstandingError(message) from error

    def close(self) -> None:
        """Finish what is queued, then stop the thread."""
        self._queue.put(None)
        self._thread.join(timeout=self._timeout_s)

    def _run(self) -> None:
        while (batch := self._next_batch()) is not None:
            self._answer([request for request in batch if request.result.set_running_or_notify_cancel()])

    def _next_batch(self) -> list[_Request] | None:
        first = self._queue.get()
        if first is None:
            return None
        batch = [first]
        while len(batch) < self._max_batch:
            try:
                request = self._queue.get_nowait()
            except queue.Empty:
                break
            if request is None:
                self._queue.put(None)  # close after this batch
                break
            batch.append(request)
        return batch

    def _answer(self, batch: Sequence[_Request]) -> None:
        if not batch:
            return
        try:
            results = self._parse_batch([request.text for request in batch])
        except Exception as error:  # the model's thread must survive whatever a text does to the model
            log.exception("parse_failed", extra={"num_texts": len(batch)})
            self._fail_or_retry(batch, error)
            return
        for request, parsed in zip(batch, results, strict=True):
            request.result.set_result(parsed)

    def _fail_or_retry(self, batch: Sequence[_Request], error: Exception) -> None:
        """One bad text must not fail its neighbours: they are parsed again one by one."""
        if len(batch) == 1:
            failure = UnderstandingError(f"the model failed on this utterance: {type(error).__name__}")
            failure.__cause__ = error
            batch[0].result.set_exception(failure)
            return
        for request in batch:
            self._answer([request])
