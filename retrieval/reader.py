"""Reads the passages of the best hits for a question: which words answer, and how surely.

Of a long passage the part around its best piece is read, so that the time does not grow with the passage.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nlu.reader.types import Reading
from retrieval.passages import Passage, cut_passages

MAX_READ_WORDS = 240  # of an entry; the helpdesk passages that the reader learnt from have up to 180

ReadPairs = Callable[[Sequence[str], Sequence[str]], list[Reading | None]]
"""Reads each question's passage, see `nlu.reader.reading.Reader.read`."""


@dataclass(frozen=True, slots=True)
class PassageToRead:
    """The passage of an entry, and the piece of it that fits the question best."""

    passage: str
    best: Passage


class PassageReader:
    """Reads several passages for one question in one batch."""

    def __init__(self, read: ReadPairs, *, max_words: int = MAX_READ_WORDS) -> None:
        """Wrap `read`; `max_words` is the most that is read of a passage."""
        self._read = read
        self._max_words = max_words

    def read(self, question: str, passages: Sequence[PassageToRead]) -> list[Reading | None]:
        """Find the best span of each passage, as characters of all of it; None where it has no words."""
        parts = [part_to_read(one.passage, one.best, max_words=self._max_words) for one in passages]
        texts = [one.passage[part.start : part.end] for one, part in zip(passages, parts, strict=True)]
        readings = self._read([question] * len(texts), texts)
        return [
            None if reading is None else _moved(reading, part.start)
            for reading, part in zip(readings, parts, strict=True)
        ]


def part_to_read(passage: str, best: Passage, *, max_words: int) -> Passage:
    """Take the piece `best` and as many of its neighbours as `max_words` words allow, the nearer first.

    A passage that is short enough is taken whole, white space at its ends included.
    """
    if len(passage.split()) <= max_words:
        return Passage(0, len(passage))
    pieces = cut_passages(passage)
    sizes = [len(passage[one.start : one.end].split()) for one in pieces]
    first = last = next(place for place, one in enumerate(pieces) if one.end > best.start)
    num_words = sizes[first]
    while True:
        around = [place for place in (last + 1, first - 1) if 0 <= place < len(pieces)]
        fitting = [place for place in around if num_words + sizes[place] <= max_words]
        if not fitting:
            return Passage(pieces[first].start, pieces[last].end)
        num_words += sizes[fitting[0]]
        first, last = min(first, fitting[0]), max(last, fitting[0])


def _moved(reading: Reading, by: int) -> Reading:
    return Reading(reading.start + by, reading.end + by, reading.score, reading.null_score)
