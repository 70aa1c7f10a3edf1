"""Concurrent callers share the passes of a model; a lone caller waits for nobody.

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
from typing import Generic, TypeVar

from app.dialogue.errors import ChatbotError

log = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Request(Generic[Item, Result]):
    item: Item
    result: Future[Result]


class Batcher(Generic[Item, Result]):
    """Runs a model in its own thread for many callers.

    Args:
        run_batch: computes the results of some items in one pass, in order.
        name: of the model, for errors.
        failure: the error that callers get.
        max_batch: most items of one pass.
        timeout_s: longest wait of one caller, queueing included.
    """

    def __init__(
        self,
        run_batch: Callable[[Sequence[Item]], list[Result]],
        *,
        name: str,
        failure: type[ChatbotError],
        max_batch: int = 32,
        timeout_s: float = 10.0,
    ) -> None:
        self._run_batch = run_batch
        self._name = name
        self._failure = failure
        self._max_batch = max_batch
        self._timeout_s = timeout_s
        self._queue: queue.SimpleQueue[_Request[Item, Result] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, item: Item) -> Result:
        """Compute one result, together with whatever else is waiting.

        Raises:
            ChatbotError: the kind `failure`: the model failed, took longer than `timeout_s`, or is closed.
        """
        request: _Request[Item, Result] = _Request(item, Future())
        if not self._thread.is_alive():
            raise self._failure(f"the {self._name} is closed: got a request after shutdown")
        self._queue.put(request)
        try:
            return request.result.result(timeout=self._timeout_s)
        except TimeoutError as error:
            request.result.cancel()
            message = f"the {self._name} gave no result in {self._timeout_s:g} s; is the machine overloaded?"
            raise self._failure(message) from error

    def close(self) -> None:
        """Finish what is queued, then stop the thread."""
        self._queue.put(None)
        self._thread.join(timeout=self._timeout_s)

    def _run(self) -> None:
        while (batch := self._next_batch()) is not None:
            self._answer([request for request in batch if request.result.set_running_or_notify_cancel()])

    def _next_batch(self) -> list[_Request[Item, Result]] | None:
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

    def _answer(self, batch: Sequence[_Request[Item, Result]]) -> None:
        if not batch:
            return
        try:
            results = self._run_batch([request.item for request in batch])
        except Exception as error:  # the model's thread must survive whatever a text does to the model
            log.exception("batch_failed", extra={"model": self._name, "num_items": len(batch)})
            self._fail_or_retry(batch, error)
            return
        for request, result in zip(batch, results, strict=True):
            request.result.set_result(result)

    def _fail_or_retry(self, batch: Sequence[_Request[Item, Result]], error: Exception) -> None:
        """One bad item must not fail its neighbours: they are computed again one by one."""
        if len(batch) == 1:
            failure = self._failure(f"the {self._name} failed on this text: {type(error).__name__}")
            failure.__cause__ = error
            batch[0].result.set_exception(failure)
            return
        for request in batch:
            self._answer([request])
