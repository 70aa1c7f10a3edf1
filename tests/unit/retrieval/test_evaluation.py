"""Figures against values computed by hand."""

from __future__ import annotations

import pytest

from retrieval.evaluation import (
    EvaluationError,
    RankedQuestion,
    accuracy_at_coverage,
    exact_match,
    mean_reciprocal_rank,
    normalise_answer,
    reading_figures,
    recall_at,
    token_f1,
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
    ("text", "expected"),
    [
        ("The  Moon's far side.", "moons far side"),
        ("an Answer, a theory", "answer theory"),
        ("theatre", "theatre"),
        ("The", ""),
    ],
    ids=["article, case, punctuation", "articles within", "article in a word", "only an article"],
)
def test_normalising_is_that_of_squad(text: str, expected: str) -> None:
    assert normalise_answer(text) == expected


@pytest.mark.parametrize(
    ("predicted", "references", "expected"),
    [
        ("the 30 days", ["30 days!"], 1.0),
        ("30 days", ["a month", "30 days"], 1.0),
        ("30", ["30 days"], 0.0),
        ("", [], 1.0),
        ("30", [], 0.0),
    ],
    ids=["normalised", "second reference", "part", "rightly silent", "wrongly not silent"],
)
def test_exact_match(predicted: str, references: list[str], expected: float) -> None:
    assert exact_match(predicted, references) == expected


@pytest.mark.parametrize(
    ("predicted", "references", "expected"),
    [
        ("within 30 days", ["30 days"], 0.8),  # precision 2/3, recall 1
        ("within 30 days", ["a month", "within 30"], 0.8),
        ("no no", ["no"], 2 / 3),  # precision 1/2, recall 1
        ("the", ["the"], 1.0),  # both have no words
        ("the", ["month"], 0.0),
        ("", [], 1.0),
        ("days", [], 0.0),
    ],
    ids=[
        "longer",
        "best reference",
        "repetition",
        "no words",
        "no words against some",
        "silent",
        "not silent",
    ],
)
def test_token_f1(predicted: str, references: list[str], expected: float) -> None:
    assert token_f1(predicted, references) == pytest.approx(expected)


def test_reading_figures_with_unanswerable_questions() -> None:
    references = {"q1": ["30 days"], "q2": ["by post"], "q3": [], "q4": []}

    figures = reading_figures({"q1": "within 30 days", "q2": "by post", "q3": "", "q4": "soon"}, references)

    assert figures.exact_match == pytest.approx((0 + 1 + 1 + 0) / 4)
    assert figures.f1 == pytest.approx((0.8 + 1 + 1 + 0) / 4)
    assert figures.answerable_f1 == pytest.approx((0.8 + 1) / 2)
    assert figures.no_answer_accuracy == pytest.approx(1 / 2)
    assert figures.num_questions == 4


def test_no_answer_accuracy_is_none_when_all_have_one() -> None:
    assert reading_figures({"q": "a month"}, {"q": ["month"]}).no_answer_accuracy is None


def test_reading_figures_of_nothing_are_zero() -> None:
    figures = reading_figures({}, {})

    assert (figures.f1, figures.num_questions) == (0.0, 0)


def test_reading_figures_refuse_other_questions() -> None:
    with pytest.raises(
        EvaluationError, match="without 1 of the questions and with 2 others, expected one for"
    ):
        reading_figures({"q1": "", "q8": "", "q9": ""}, {"q1": [], "q2": []})


@pytest.mark.parametrize(
    ("coverage", "expected"), [(0.25, 1.0), (0.5, 2 / 3), (0.75, 2 / 3), (0.8, 0.5), (1.0, 0.5)]
)
def test_accuracy_at_coverage_answers_equals_together(coverage: float, expected: float) -> None:
    confidences, is_right = [0.9, 0.7, 0.7, 0.2], [True, False, True, False]

    assert accuracy_at_coverage(confidences, is_right, coverage) == pytest.approx(expected)


def test_accuracy_at_coverage_of_nothing_is_none() -> None:
    assert accuracy_at_coverage([], [], 0.8) is None
