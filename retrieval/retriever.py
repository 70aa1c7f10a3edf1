"""A question -> the FAQ entries that may answer it: dense and lexical search, fused.

With what was said before, a question counts twice: by its own words and together with them. Joined into one
query alone, an earlier topic would drown the question.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.fusion import fuse_scores
from retrieval.index import FaqIndex
from retrieval.lexical import LexicalIndex
from retrieval.types import Hit, SearchContext

# Chosen on the starter bot's FAQ (each alternative asked while left out of the index) and on the validation
# part of FeedbackQA; see docs/decisions/0013-fusion-by-scores.md. `python -m benchmarks.faq_retrieval` and
# `python -m benchmarks.retrieval --validation-only` measure it.
_LEXICAL_WEIGHT = 0.1
# Of the words said before; between what is best for the validation parts of MultiDoc2Dial and of DSTC11,
# see docs/decisions/0016-what-was-said-before.md.
_CONTEXT_WEIGHT = 0.15
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
        context: SearchContext | None = None,
    ) -> list[Hit]:
        """Give the `top_k` best entries, best first, with the scores and ranks behind the order.

        Args:
            question: the customer's words.
            embedding: their float32 unit vector, ``(hidden,)``, of the encoder of the index.
            top_k: the most hits to give.
            among: ids of the entries to search; None for all.
            context: what was said before, for a question that may depend on it.

        Raises:
            IndexMismatchError: an embedding does not fit the index.
        """
        limit = max(top_k, _NUM_CANDIDATES)
        embeddings = [embedding] if context is None else [embedding, context.embedding]
        dense = self._search_dense(embeddings, limit, among)
        lexical = self._lexical.search(question, limit=limit, among=among)
        earlier = [] if context is None else self._lexical.search(context.text, limit=limit, among=among)
        scored = dict(dense)
        others = dict.fromkeys(entry_id for entry_id, _ in [*lexical, *earlier] if entry_id not in scored)
        dense_scores = scored | self._score(embeddings, list(others))
        lexical_scores = dict(lexical)
        weighted = [(lexical_scores, _LEXICAL_WEIGHT), (dict(earlier), _CONTEXT_WEIGHT)]
        fused = fuse_scores(dense_scores, weighted)[:top_k]
        question_scores = _mean(
            [self.index.question_scores(one, [entry_id for entry_id, _ in fused]) for one in embeddings]
        )
        dense_ranks, lexical_ranks = _ranks(dense), _ranks(lexical)
        return [
            Hit(
                entry_id=entry_id,
                rank=rank,
                score=score,
                dense_score=dense_scores[entry_id],
                question_score=question_scores[entry_id],
                dense_rank=dense_ranks.get(entry_id),
                lexical_score=lexical_scores.get(entry_id, 0.0),
                lexical_rank=lexical_ranks.get(entry_id),
            )
            for rank, (entry_id, score) in enumerate(fused, start=1)
        ]

    def _search_dense(
        self, embeddings: Sequence[NDArray[np.float32]], limit: int, among: Collection[str] | None
    ) -> list[tuple[str, float]]:
        """Search by each embedding; entries that any of them finds have the mean of their scores."""
        found = [self.index.search(one, limit=limit, entry_ids=among) for one in embeddings]
        if len(found) == 1:
            return found[0]
        entry_ids = list(dict.fromkeys(entry_id for own in found for entry_id, _ in own))
        scores = self._score(embeddings, entry_ids)
        return sorted(scores.items(), key=lambda scored: -scored[1])[:limit]

    def _score(self, embeddings: Sequence[NDArray[np.float32]], entry_ids: Sequence[str]) -> dict[str, float]:
        return _mean([self.index.scores(one, entry_ids) for one in embeddings])


def _documents(index: FaqIndex) -> list[tuple[str, str]]:
    """Join the texts of each entry into one document."""
    return [
        (entry_id, "\n".join(index.texts[row].text for row in rows))
        for entry_id, rows in index.rows_of.items()
    ]


def _mean(scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Average the scores of the same entries."""
    return {entry_id: sum(own[entry_id] for own in scores) / len(scores) for entry_id in scores[0]}


def _ranks(scored: list[tuple[str, float]]) -> dict[str, int]:
    return {entry_id: rank for rank, (entry_id, _) in enumerate(scored, start=1)}
