"""The searches that are compared, over the same entries and questions.

Each gives `DEPTH` ids at most; what stands behind them counts as not found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.retrieval.data import Collection
from benchmarks.retrieval.figures import metrics_of
from retrieval.evaluation import RankedQuestion
from retrieval.index import build_index
from retrieval.lexical import LexicalIndex
from retrieval.retriever import Retriever
from retrieval.types import Embed, FaqEntry, Hit

DEPTH = 100

BM25 = "bm25"
ENCODER = "encoder"
OURS = "ours"
RERANKED = "reranked"
SINGLE = (BM25, ENCODER)

Rerank = Callable[[str, Sequence[Hit]], Sequence[Hit]]
"""Orders the hits of a question anew."""

Search = Callable[[str, NDArray[np.float32], int], Sequence[str]]
"""Gives the ids of the best entries for a question and its embedding, ``(hidden,)``, best first."""


@dataclass(frozen=True, slots=True)
class Store:
    """What the searches share: the entries of a collection under one encoder."""

    entries: Sequence[FaqEntry]
    embed: Embed
    encoder_id: str


def searches(store: Store, rerank: Rerank | None = None) -> Mapping[str, Search]:
    """Build the searches by name.

    BM25 sees each entry as one document. The plain encoder is the dense side of the product alone: the best
    piece of the passage and the best question of each entry. Ours is the product's retriever.
    """
    index = build_index(store.entries, store.embed, encoder_id=store.encoder_id)
    lexical = LexicalIndex([(one.entry_id, _document(one)) for one in store.entries])
    retriever = Retriever(index)

    def by_rerank(question: str, embedding: NDArray[np.float32], limit: int) -> list[str]:
        hits = retriever.retrieve(question, embedding, limit)
        return [hit.entry_id for hit in (rerank(question, hits) if rerank is not None else hits)]

    found: dict[str, Search] = {
        BM25: lambda question, _, limit: [one for one, _ in lexical.search(question, limit=limit)],
        ENCODER: lambda _, embedding, limit: [one for one, _ in index.search(embedding, limit=limit)],
        OURS: lambda question, embedding, limit: [
            hit.entry_id for hit in retriever.retrieve(question, embedding, limit)
        ],
    }
    return found if rerank is None else found | {RERANKED: by_rerank}


def _document(entry: FaqEntry) -> str:
    return "\n".join([entry.question, *entry.alternatives, entry.passage])


def measure(
    collections: Sequence[Collection], embed: Embed, *, encoder_id: str, rerank: Rerank | None = None
) -> Mapping[str, Mapping[str, float]]:
    """Ask every question of its own collection: metrics by search, over the questions of all collections."""
    asked: dict[str, list[RankedQuestion]] = {}
    for collection in collections:
        embeddings = embed([question.text for question in collection.questions])
        store = Store(collection.entries, embed, encoder_id)
        for name, search in searches(store, rerank).items():
            asked.setdefault(name, []).extend(
                RankedQuestion(search(question.text, embedding, DEPTH), question.gold)
                for question, embedding in zip(collection.questions, embeddings, strict=True)
            )
    return {name: metrics_of(questions) for name, questions in asked.items()}
