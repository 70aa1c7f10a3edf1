"""A question -> the FAQ entries that may answer it: dense and lexical search, fused."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from retrieval.fusion import fuse_scores
from retrieval.index import FaqIndex
from retrieval.lexical import LexicalIndex
from retrieval.types import Hit

# Chosen on the starter bot's FAQ (each alternative asked while left out of the index) and on the validation
# part of FeedbackQA; see docs/decisions/0013-fusion-by-scores.md. `python -m benchmarks.faq_retrieval` and
# `python -m benchmarks.retrieval --validation-only` measure it.
_LEXICAL_WEIGHT = 0.1
_NUM_CANDIDATES = 50  # of each search


class Retriever:
    """Searches one immutable index; safe to use from several threads."""

    def __init__(self, index: FaqIndex) -> None:
        """Build the lexical side from the texts of `index`."""
        self.index = index
        self._lexical = LexicalIndex(_documents(index))

    def retrieve(
        self,
        question: str,
        embedding: NDArray[np.float32],
        top_k: int,
        *,
        among: Collection[str] | None = None,
    ) -> list[Hit]:
        """Give the `top_k` best entries, best first, with the scores and ranks behind the order.

        Args:
            question: the customer's words.
            embedding: their float32 unit vector, ``(hidden,)``, of the encoder of the index.
            top_k: the most hits to give.
            among: ids of the entries to search; None for all.

        Raises:
            IndexMismatchError: the embedding does not fit the index.
        """
        limit = max(top_k, _NUM_CANDIDATES)
        dense = self.index.search(embedding, limit=limit, entry_ids=among)
        lexical = self._lexical.search(question, limit=limit, among=among)
        scored = dict(dense)
        only_lexical = [entry_id for entry_id, _ in lexical if entry_id not in scored]
        dense_scores = scored | self.index.scores(embedding, only_lexical)
        lexical_scores = dict(lexical)
        fused = fuse_scores(dense_scores, lexical_scores, lexical_weight=_LEXICAL_WEIGHT)[:top_k]
        dense_ranks, lexical_ranks = _ranks(dense), _ranks(lexical)
        return [
            Hit(
                entry_id=entry_id,
                rank=rank,
                score=score,
                dense_score=dense_scores[entry_id],
                dense_rank=dense_ranks.get(entry_id),
                lexical_score=lexical_scores.get(entry_id, 0.0),
                lexical_rank=lexical_ranks.get(entry_id),
            )
            for rank, (entry_id, score) in enumerate(fused, start=1)
        ]


def _documents(index: FaqIndex) -> list[tuple[str, str]]:
    """Join the texts of each entry into one document."""
    return [
        (entry_id, "\n".join(index.texts[row].text for row in rows))
        for entry_id, rows in index.rows_of.items()
    ]


def _ranks(scored: list[tuple[str, float]]) -> dict[str, int]:
    return {entry_id: rank for rank, (entry_id, _) in enumerate(scored, start=1)}
