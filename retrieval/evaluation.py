"""Figures of answering: was the right entry found, and silence in its place.

Pure: neither torch nor an index. Every figure is a mean over questions in [0, 1] unless it says otherwise.
The calibration error and abstain curve of decisions are those of `nlu.evaluation.confidence`, whether the
words are right those of `nlu.evaluation.answers`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from nlu.evaluation.confidence import coverage_curve


class EvaluationError(ValueError):
    """Figures cannot be computed: got, expected."""


@dataclass(frozen=True, slots=True)
class RankedQuestion:
    """The ids that were found for a question, best first, and those that are right; at least one is."""

    ranked: Sequence[str]
    gold: Collection[str]

    def __post_init__(self) -> None:
        if not self.gold:
            raise EvaluationError("got a question without a right entry, expected at least one; leave it out")

    @property
    def rank(self) -> int | None:
        """Give the rank of the first right id, 1 is best; None if none was found."""
        return next((rank for rank, one in enumerate(self.ranked, start=1) if one in self.gold), None)


def recall_at(questions: Sequence[RankedQuestion], k: int) -> float:
    """Give the part of `questions` with a right id among the first `k`; higher is better.

    Denominator: all questions, also those for which nothing was found. No questions give 0. Of several
    right ids one is enough (some call this the hit rate, or success@k).
    """
    if k < 1:
        raise EvaluationError(f"got k={k}, expected at least 1")
    found = sum(question.rank is not None and question.rank <= k for question in questions)
    return found / len(questions) if questions else 0.0


def mean_reciprocal_rank(questions: Sequence[RankedQuestion]) -> float:
    """Give the mean of 1 / rank of the first right id, 0 where none was found; higher is better.

    Denominator: all questions; no questions give 0. It counts as deep as `ranked` goes.
    """
    found = sum(1.0 / question.rank for question in questions if question.rank is not None)
    return found / len(questions) if questions else 0.0


def accuracy_at_coverage(
    confidences: Sequence[float], is_right: Sequence[bool], coverage: float
) -> float | None:
    """Give the part of right answers when at least `coverage` of all questions get one, the surest first.

    Denominator: the answered questions. Those as sure as the last answered one are answered with it. For a
    question that has no answer none is right. None without questions. The whole abstain curve is
    `nlu.evaluation.confidence.coverage_curve`.
    """
    curve = coverage_curve(confidences, is_right, max_points=max(len(is_right), 1))
    return next((point.accuracy for point in curve if point.coverage >= coverage), None)
