"""Turns that read help texts at the same time wait for one another instead of sharing the processors.

Each reading uses all of them; many at once take longer together, and much memory. A turn whose texts could
not be read in time goes on as without a reader: the search alone decides, and nothing is marked.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from app.dialogue.errors import RetrievalError
from app.serving.batching import Batcher
from nlu.reader.types import Reading
from retrieval.reader import ReadPairs

log = logging.getLogger(__name__)

_MAX_READINGS = 4  # of as many turns in one pass: a first one must not wait for all others
_Pairs = tuple[Sequence[str], Sequence[str]]


class ReadingQueue:
    """Reads for many turns in one thread, first come, first served; is a `retrieval.reader.ReadPairs`."""

    def __init__(self, read: ReadPairs, *, timeout_s: float = 5.0) -> None:
        """Take what reads; `timeout_s` is the longest wait of one turn, queueing included."""
        self._read = read
        self._batcher: Batcher[_Pairs, list[Reading | None]] = Batcher(
            self._read_all,
            name="reader",
            failure=RetrievalError,
            max_batch=_MAX_READINGS,
            timeout_s=timeout_s,
        )

    def __call__(self, questions: Sequence[str], passages: Sequence[str]) -> list[Reading | None]:
        """Read each question's passage; None for all of them if the reader fails or takes too long."""
        try:
            return self._batcher.submit((questions, passages))
        except RetrievalError as error:
            log.warning("not_read", extra={"error": str(error)})
            return [None] * len(questions)

    def close(self) -> None:
        """Finish what is queued, then stop the thread."""
        self._batcher.close()

    def _read_all(self, turns: Sequence[_Pairs]) -> list[list[Reading | None]]:
        questions = [question for own, _ in turns for question in own]
        passages = [passage for _, own in turns for passage in own]
        readings = iter(self._read(questions, passages))
        return [[next(readings) for _ in own] for own, _ in turns]
