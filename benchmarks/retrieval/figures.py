"""What is reported about a retrieval data set: figures, aims, and what others published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from retrieval.evaluation import RankedQuestion, mean_reciprocal_rank, recall_at

MRR = "mrr"
MRR_LABEL = "MRR, %"
MIN_GAIN = 0.03  # of the mean reciprocal rank over the better single search


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table.

    Attributes:
        metric: its name among the metrics of a part.
        label: what a reader sees; says the unit.
        target: the least value to reach, in [0, 1], or None.
        min_gain: the least gain over the better of the single searches, in [0, 1], or None.
        published: what others reached, with its source.
    """

    metric: str
    label: str
    target: float | None = None
    min_gain: float | None = None
    published: str = ""


def metrics_of(questions: Sequence[RankedQuestion]) -> Mapping[str, float]:
    """Give every number that a table may show."""
    return {
        "recall@1": recall_at(questions, 1),
        "recall@5": recall_at(questions, 5),
        MRR: mean_reciprocal_rank(questions),
    }


FAQ_FIGURES = (
    Figure("recall@1", "R@1, %"),
    Figure("recall@5", "R@5, %"),
    Figure(MRR, MRR_LABEL, min_gain=MIN_GAIN),
)
_RAG = "RAG retriever, trained on the training part, dialogue history, full set: {} (Feng et al. 2021)"
PASSAGE_FIGURES = (
    Figure("recall@1", "R@1, %", target=0.40, published=_RAG.format(37.5)),
    Figure("recall@5", "R@5, %", target=0.68, published=_RAG.format("67.0")),
    Figure(MRR, MRR_LABEL),
)
