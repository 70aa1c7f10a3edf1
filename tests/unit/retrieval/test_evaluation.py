"""Figures against values computed by hand."""

from __future__ import annotations

import pytest

from retrieval.evaluation import (
    EvaluationError,
    RankedQuestion,
    accuracy_at_coverage,
    mean_reciprocal_rank,
    recall_at,
)

FIRST = RankedQuestion(["a", "b", "c"], {"a"})
THIRD = RankedQuestion(["a", "b", "c"], {"c", "z"})
MISSED = RankedQuestion(["a", "b", "c"], {"z"})


@pytest.mark.parametrize(("k", "expected"), [(1, 1 / 3), (2, 1 / 3), (3, 2 / 3), (9, 2 / 3)])
def test_recall_counts_all_questions(k: int, expected: float) -> None:
    assert recall_at([FIRST, THIRD, MISSED], k) == pytest.approx(expected)


def test_reciprocal_rank_of_a_missed_question_is_zero() -> None:
    assert mean_reciprocal_rank([FIRST, THIRD, MISSED]) == pytest.approx((1 + 1 / 3 + 0) / 3)


def test_rank_is_that_of_the_first_right_id() -> None:
    assert RankedQuestion(["x", "b", "a"], {"a", "b"}).rank == 2


def test_no_questions_give_zero() -> None:
    assert (recall_at([], 1), mean_reciprocal_rank([])) == (0.0, 0.0)


def test_question_without_gold_is_refused() -> None:
    with pytest.raises(EvaluationError, match="without a right entry, expected at least one"):
        RankedQuestion(["a"], frozenset())


def test_recall_at_nothing_is_refused() -> None:
    with pytest.raises(EvaluationError, match="got k=0, expected at least 1"):
        recall_at([FIRST], 0)


@pytest.mark.parametrize(
    ("coverage", "expected"), [(0.25, 1.0), (0.5, 2 / 3), (0.75, 2 / 3), (0.8, 0.5), (1.0, 0.5)]
)
def test_accuracy_at_coverage_answers_equals_together(coverage: float, expected: float) -> None:
    confidences, is_right = [0.9, 0.7, 0.7, 0.2], [True, False, True, False]

    assert accuracy_at_coverage(confidences, is_right, coverage) == pytest.approx(expected)


def test_accuracy_at_coverage_of_nothing_is_none() -> None:
    assert accuracy_at_coverage([], [], 0.8) is None
