"""The searches that are compared, over the same entries and questions.

Each gives `DEPTH` ids at most; what stands behind them counts as not found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

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


class Comparison:
    """All searches over the entries of one collection under one encoder.

    BM25 sees each entry as one document. The plain encoder is the dense side of the product alone: the best
    piece of the passage and the best question of each entry. Rank fusion is what joins both by ranks. Ours is
    the product's retriever, and re-ranked are its hits ordered anew.
    """

    def __init__(
        self, entries: Sequence[FaqEntry], embed: Embed, encoder_id: str, rerank: Rerank | None = None
    ) -> None:
        self._index = build_index(entries, embed, encoder_id=encoder_id)
        self._lexical = LexicalIndex([(one.entry_id, _document(one)) for one in entries])
        self._retriever = Retriever(self._index)
        self._rerank = rerank

    def rank(self, question: str, embedding: NDArray[np.float32]) -> Mapping[str, Sequence[str]]:
        """Give the ids that each search finds for a question and its embedding, ``(hidden,)``, best first."""
        words = [entry_id for entry_id, _ in self._lexical.search(question, limit=DEPTH)]
        dense = [entry_id for entry_id, _ in self._index.search(embedding, limit=DEPTH)]
        hits = self._retriever.retrieve(question, embedding, DEPTH)
        found = {
            BM25: words,
            ENCODER: dense,
            RANKS: fuse_rankings([Ranking(dense), Ranking(words, _RANK_WEIGHT)], k=_RANK_K)[:DEPTH],
            OURS: _ids(hits),
        }
        return found if self._rerank is None else found | {RERANKED: _ids(self._rerank(question, hits))}


def measure(
    collections: Sequence[Collection],
    embed: Embed,
    *,
    encoder_id: str,
    num_context_turns: int = 0,
    rerank: Rerank | None = None,
) -> Mapping[str, Mapping[str, float]]:
    """Ask every question of its own collection: metrics by search, over the questions of all collections."""
    asked: dict[str, list[RankedQuestion]] = defaultdict(list)
    for collection in collections:
        comparison = Comparison(collection.entries, embed, encoder_id, rerank)
        texts = [question.with_context(num_context_turns) for question in collection.questions]
        for question, text, embedding in zip(collection.questions, texts, embed(texts), strict=True):
            for name, ranked in comparison.rank(text, embedding).items():
                asked[name].append(RankedQuestion(ranked, question.gold))
    return {name: metrics_of(questions) for name, questions in asked.items()}


def _document(entry: FaqEntry) -> str:
    return "\n".join([entry.question, *entry.alternatives, entry.passage])


def _ids(hits: Sequence[Hit]) -> list[str]:
    return [hit.entry_id for hit in hits]
