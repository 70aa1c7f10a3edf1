"""The searches that are compared, over the same entries and questions.

Each gives `DEPTH` ids at most; what stands behind them counts as not found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.retrieval.data import Collection, Question
from benchmarks.retrieval.figures import metrics_of
from benchmarks.retrieval.rank_fusion import Ranking, fuse_rankings
from retrieval.evaluation import RankedQuestion
from retrieval.index import build_index
from retrieval.lexical import LexicalIndex
from retrieval.retriever import Retriever
from retrieval.types import Embed, FaqEntry, Hit, SearchContext

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


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A question as the searches see it.

    The product searches with `text` and what was said before, the others with both `joined` to one text.
    """

    text: str
    embedding: NDArray[np.float32]
    joined: str
    joined_embedding: NDArray[np.float32]
    said_before: str

    @property
    def context(self) -> SearchContext | None:
        """Give what the product's search takes beside the question."""
        return SearchContext(self.said_before, self.joined_embedding) if self.said_before else None


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

    def rank(self, asked: Asked) -> Mapping[str, Sequence[str]]:
        """Give the ids that each search finds, best first."""
        words = [entry_id for entry_id, _ in self._lexical.search(asked.joined, limit=DEPTH)]
        dense = [entry_id for entry_id, _ in self._index.search(asked.joined_embedding, limit=DEPTH)]
        hits = self._retriever.retrieve(asked.text, asked.embedding, DEPTH, context=asked.context)
        found = {
            BM25: words,
            ENCODER: dense,
            RANKS: fuse_rankings([Ranking(dense), Ranking(words, _RANK_WEIGHT)], k=_RANK_K)[:DEPTH],
            OURS: _ids(hits),
        }
        return found if self._rerank is None else found | {RERANKED: _ids(self._rerank(asked.text, hits))}


def measure(
    collections: Sequence[Collection],
    embed: Embed,
    *,
    encoder_id: str,
    num_context_turns: int = 0,
    rerank: Rerank | None = None,
) -> Mapping[str, Mapping[str, float]]:
    """Ask every question of its own collection: metrics by search, over the questions of all collections."""
    ranked: dict[str, list[RankedQuestion]] = defaultdict(list)
    for collection in collections:
        comparison = Comparison(collection.entries, embed, encoder_id, rerank)
        for question, one in zip(
            collection.questions, _ask(collection.questions, embed, num_context_turns), strict=True
        ):
            for name, ids in comparison.rank(one).items():
                ranked[name].append(RankedQuestion(ids, question.gold))
    return {name: metrics_of(questions) for name, questions in ranked.items()}


def _ask(questions: Sequence[Question], embed: Embed, num_context_turns: int) -> list[Asked]:
    texts = [question.text for question in questions]
    joined = [question.with_context(num_context_turns) for question in questions]
    return [
        Asked(question.text, alone, text, together, question.context_text(num_context_turns))
        for question, alone, text, together in zip(
            questions, embed(texts), joined, embed(joined), strict=True
        )
    ]


def _document(entry: FaqEntry) -> str:
    return "\n".join([entry.question, *entry.alternatives, entry.passage])


def _ids(hits: Sequence[Hit]) -> list[str]:
    return [hit.entry_id for hit in hits]
