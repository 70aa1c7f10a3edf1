"""What a reader of a retrieval data set gives.

A collection is what one bot would hold: FAQ entries, and questions about them. The questions of the test part
are behind a call of their own, so that a run that only chooses never sees them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from retrieval.types import FaqEntry


@dataclass(frozen=True, slots=True)
class Question:
    """A customer's words, and the ids of the entries that answer them; at least one.

    `context` is what was said before, oldest first; empty where the data set has single questions.
    """

    text: str
    gold: frozenset[str]
    context: tuple[str, ...] = ()

    def with_context(self, num_turns: int) -> str:
        """Give the words to search with: the last turn, then the `num_turns` before it, latest first."""
        return "\n".join(part for part in (self.text, self.context_text(num_turns)) if part)

    def context_text(self, num_turns: int) -> str:
        """Give the `num_turns` before the last, latest first; empty without any."""
        return "\n".join(self.context[::-1][:num_turns])


@dataclass(frozen=True, slots=True)
class Collection:
    """The entries of one store with questions about them; every gold id is the id of an entry."""

    name: str
    entries: tuple[FaqEntry, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class RetrievalData:
    """One data set.

    Attributes:
        name: of the set.
        validation: what choices are made on; empty where the set has no part for that.
        read_test: reads the part that is measured once, at the end.
        notes: what was chosen, changed or left out, with numbers.
        read_training: reads the part that an encoder may be trained on, where the set has one of its own.
    """

    name: str
    validation: tuple[Collection, ...]
    read_test: Callable[[], tuple[Collection, ...]]
    notes: tuple[str, ...] = ()
    read_training: Callable[[], tuple[Collection, ...]] | None = None


def halve(collection: Collection) -> tuple[Collection, Collection]:
    """Split the questions of a set without published parts: every other one for choosing, the rest test."""
    first, second = collection.questions[::2], collection.questions[1::2]
    return replace(collection, questions=first), replace(collection, questions=second)
