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
from benchmarks.retrieval.rank_fusion import Ranking, fuse_rankings
from retrieval.evaluation import RankedQuestion
from retrieval.index import build_index
from retrieval.lexical import LexicalIndex
from retrieval.retriever import Retriever
from retrieval.types import Embed, FaqEntry, Hit

DEPTH = 100

BM25 = "bm25"
ENCODER = "encoder"
RANKS = "ranks"
OURS = "ours"
RERANKED = "reranked"
SINGLE = (BM25, ENCODER)

_RANK_K, _RANK_WEIGHT = 5.0, 0.25  # of rank fusion, the weight of BM25; the best on the starter bot's FAQ

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
    piece of the passage and the best question of each entry. Rank fusion is what joins both by ranks. Ours is
    the product's retriever.
    """
    index = build_index(store.entries, store.embed, encoder_id=store.encoder_id)
    lexical = LexicalIndex([(one.entry_id, _document(one)) for one in store.entries])
    retriever = Retriever(index)

    def by_words(question: str, _: NDArray[np.float32], limit: int) -> list[str]:
        return [entry_id for entry_id, _ in lexical.search(question, limit=limit)]

    def by_encoder(_: str, embedding: NDArray[np.float32], limit: int) -> list[str]:
        return [entry_id for entry_id, _ in index.search(embedding, limit=limit)]

    def by_ranks(question: str, embedding: NDArray[np.float32], limit: int) -> list[str]:
        dense = Ranking(by_encoder(question, embedding, limit))
        words = Ranking(by_words(question, embedding, limit), weight=_RANK_WEIGHT)
        return fuse_rankings([dense, words], k=_RANK_K)[:limit]

    def ours(question: str, embedding: NDArray[np.float32], limit: int) -> list[str]:
        return [hit.entry_id for hit in retriever.retrieve(question, embedding, limit)]

    found: dict[str, Search] = {BM25: by_words, ENCODER: by_encoder, RANKS: by_ranks, OURS: ours}
    if rerank is not None:
        found[RERANKED] = reranked(retriever, rerank)
    return found


def reranked(retriever: Retriever, rerank: Rerank) -> Search:
    """Give the search that orders the hits of `retriever` anew."""

    def search(question: str, embedding: NDArray[np.float32], limit: int) -> list[str]:
        return [hit.entry_id for hit in rerank(question, retriever.retrieve(question, embedding, limit))]

    return search


def _document(entry: FaqEntry) -> str:
    return "\n".join([entry.question, *entry.alternatives, entry.passage])


def measure(
    collections: Sequence[Collection],
    embed: Embed,
    *,
    encoder_id: str,
    num_context_turns: int = 0,
    rerank: Rerank | None = None,
) -> Mapping[str, Mapping[str, float]]:
    """Ask every question of its own collection: metrics by search, over the questions of all collections."""
    asked: dict[str, list[RankedQuestion]] = {}
    for collection in collections:
        texts = [question.with_context(num_context_turns) for question in collection.questions]
        embeddings = embed(texts)
        store = Store(collection.entries, embed, encoder_id)
        for name, search in searches(store, rerank).items():
            asked.setdefault(name, []).extend(
                RankedQuestion(search(text, embedding, DEPTH), question.gold)
                for question, text, embedding in zip(collection.questions, texts, embeddings, strict=True)
            )
    return {name: metrics_of(questions) for name, questions in asked.items()}
