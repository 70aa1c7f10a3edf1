"""Several searches of the same ids become one: a weighted sum of their scores. Pure.

Bruch, Gai and Ingber 2023, "An Analysis of Fusion Functions for Hybrid Retrieval", ACM TOIS 42: a combination
of normalised scores finds more than reciprocal rank fusion, also in domains where it was not tuned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def fuse_scores(
    dense: Mapping[str, float], lexical: Sequence[tuple[Mapping[str, float], float]]
) -> list[tuple[str, float]]:
    """Give the ids of `dense` with ``dense + sum of weight * lexical / best lexical``, best first.

    Dense scores are cosines and compare between questions as they are; lexical scores do not, hence the best
    one of a search counts as 1. Equal scores keep the order of `dense`.

    Args:
        dense: the scores of all candidates.
        lexical: of each lexical search the scores above 0 of those that share words with what was searched
            (the others count 0), and how much its best score adds.
    """
    fused = dict(dense)
    for scores, weight in lexical:
        best = max(scores.values(), default=1.0)
        fused = {one: score + weight * scores.get(one, 0.0) / best for one, score in fused.items()}
    return sorted(fused.items(), key=lambda scored: -scored[1])
