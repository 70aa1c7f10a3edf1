"""Values of FAQ retrieval; no torch, no faiss, so that the dialogue core may import them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Gives float32 rows of unit length for texts, ``(texts, hidden)``."""

FaqStatus = Literal["draft", "published", "archived"]


@dataclass(frozen=True, slots=True)
class FaqEntry:
    """A question with its help passage (Markdown, one to several paragraphs separated by blank lines).

    `entry_id` is a stable slug such as ``shipping-times``; `source` is the link shown to the customer,
    may be empty; `language` is a BCP 47 tag such as ``en`` or ``en-GB``; `origin` is ``file:line`` of the
    imported file for error messages. The entry answers from `valid_from` to `valid_until`, both days
    included, and only while it is published.
    """

    entry_id: str
    question: str
    passage: str
    alternatives: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    source: str = ""
    language: str = "en"
    origin: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    status: FaqStatus = "published"

    def is_valid_on(self, day: date) -> bool:
        """Say whether the entry answers on this day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


@dataclass(frozen=True, slots=True)
class FaqFilter:
    """Which entries may answer: those that are valid on `day`, in this language, with all of these tags.

    Of languages the more general fits the more special: ``en`` and ``en-GB`` fit each other, ``en-US`` and
    ``en-GB`` do not. None and no tags ask for nothing.
    """

    day: date | None = None
    language: str | None = None
    tags: frozenset[str] = frozenset()

    def accepts(self, entry: FaqEntry) -> bool:
        """Say whether the entry may answer."""
        return (
            (self.day is None or entry.is_valid_on(self.day))
            and (self.language is None or _fits(self.language, entry.language))
            and self.tags <= set(entry.tags)
        )


def _fits(wanted: str, language: str) -> bool:
    short, long = sorted((wanted.casefold().split("-"), language.casefold().split("-")), key=len)
    return long[: len(short)] == short


def content_hash(entries: Iterable[FaqEntry]) -> str:
    """Hash what customers and indexes see of `entries`: not their order, nor where they came from."""
    content = [asdict(replace(entry, origin="")) for entry in sorted(entries, key=lambda e: e.entry_id)]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=date.isoformat).encode()).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class SearchContext:
    """What was said before a question.

    `text` is that alone; `embedding` is the unit vector, ``(hidden,)``, of the question and `text` together.
    """

    text: str
    embedding: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hit:
    """One retrieved FAQ entry, rank 1 is best.

    `score` is the fused one; `dense_score` weighs the best cosines over the entry's passages and over its
    questions, and is known for every hit, as is `question_score`, the cosine of the nearest question; ranks
    are None where that search missed it.
    """

    entry_id: str
    rank: int
    score: float
    dense_score: float
    question_score: float
    dense_rank: int | None
    lexical_score: float
    lexical_rank: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A passage that answers; ``[span_start, span_end)`` is the selected span of `passage`.

    The span covers the whole passage where no reader marked anything in it.
    """

    entry_id: str
    question: str
    passage: str
    span_start: int
    span_end: int
    source: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Likely questions, best first, when no single answer is certain enough."""

    entries: tuple[tuple[str, str], ...]  # (entry_id, question)


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The store has nothing close enough; `reason` is for the log."""

    reason: str


FaqOutcome = Answer | Suggestions | NoAnswer
