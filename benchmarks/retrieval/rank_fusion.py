"""Reciprocal rank fusion, which the product's fusion of scores is compared with. Pure.

Cormack, Clarke and Büttcher 2009, "Reciprocal rank fusion outperforms Condorcet and individual rank
learning methods": an id scores the sum of ``weight / (k + rank)`` over the rankings that hold it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ranking:
    """Ids in order, best first, each at most once; `weight` is how much this order counts."""

    items: Sequence[str]
    weight: float = 1.0


def fuse_rankings(rankings: Sequence[Ranking], *, k: float) -> list[str]:
    """Fuse `rankings` into one, best first.

    Equal scores keep the order of the first ranking that holds them. A large `k` makes the ranks more
    alike; 0 lets the first places decide nearly alone.
    """
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, item in enumerate(ranking.items, start=1):
            scores[item] = scores.get(item, 0.0) + ranking.weight / (k + rank)
    return sorted(scores, key=lambda item: -scores[item])
