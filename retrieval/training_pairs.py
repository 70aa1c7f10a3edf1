"""FAQ entries -> pairs of a question and a text, from which the query encoder learns to search."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nlu.types import RetrievalPair
from retrieval.index import IndexedText, embedded_texts
from retrieval.types import FaqEntry


def training_pairs(
    entries: Iterable[FaqEntry], asked: Iterable[tuple[str, str]] = ()
) -> tuple[RetrievalPair, ...]:
    """Pair the questions of every published entry with the texts that the index holds of it.

    Args:
        entries: the FAQ.
        asked: entry ids with what customers asked and the entry answered well; entries that are gone, and
            questions that an entry has already, add nothing.
    """
    published = {entry.entry_id: entry for entry in entries if entry.status == "published"}
    questions = {
        (entry_id, question): None
        for entry_id, entry in published.items()
        for question in (entry.question, *entry.alternatives)
    } | {(entry_id, question): None for entry_id, question in asked if entry_id in published}
    return tuple(
        pair for entry_id, question in questions for pair in question_pairs(question, published[entry_id])
    )


def question_pairs(question: str, entry: FaqEntry) -> list[RetrievalPair]:
    """Pair what a customer asks, or asked, with the texts of the entry that answers it.

    The question meets the entry's own question and every piece of the passage below that; alternatives are
    questions only.
    """
    return [
        RetrievalPair(question, embedded, entry.entry_id)
        for text, embedded in _found(embedded_texts([entry]))
        if text.text != question
    ]


def _found(rows: Sequence[tuple[IndexedText, str]]) -> list[tuple[IndexedText, str]]:
    return [(text, embedded) for text, embedded in rows if text.kind != "alternative"]
