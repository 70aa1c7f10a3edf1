"""Two searches of the same ids become one: a weighted sum of their scores. Pure.

Bruch, Gai and Ingber 2023, "An Analysis of Fusion Functions for Hybrid Retrieval", ACM TOIS 42: a combination
of normalised scores finds more than reciprocal rank fusion, also in domains where it was not tuned.
"""

from __future__ import annotations

from collections.abc import Mapping


def fuse_scores(
    dense: Mapping[str, float], lexical: Mapping[str, float], *, lexical_weight: float
) -> list[tuple[str, float]]:
    """Give the ids of `dense` with ``dense + lexical_weight * lexical / best lexical``, best first.

    Dense scores are cosines and compare between questions as they are; lexical scores do not, hence the best
    one of a question counts as 1. Equal scores keep the order of `dense`.

    Args:
        dense: the scores of all candidates.
        lexical: scores above 0 of those that share words with the question; the others count 0.
        lexical_weight: how much the best lexical score adds.
    """
    best = max(lexical.values(), default=1.0)
    fused = {one: score + lexical_weight * lexical.get(one, 0.0) / best for one, score in dense.items()}
    return sorted(fused.items(), key=lambda scored: -scored[1])
