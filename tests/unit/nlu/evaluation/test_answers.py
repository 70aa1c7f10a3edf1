from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest

from nlu.evaluation.answers import (
    Judged,
    choose_best_f1_score,
    choose_min_score,
    exact_match,
    measure_answers,
    token_f1,
)


@pytest.mark.parametrize(
    ("predicted", "references", "expected"),
    [
        ("The cat!", ("cat",), 1.0),
        ("a big cat", ("cat",), 0.0),
        ("", (), 1.0),
        ("cat", (), 0.0),
        ("", ("cat",), 0.0),
        ("dog", ("cat", "the dog"), 1.0),
    ],
    ids=["article-and-punctuation", "more-words", "rightly-none", "wrongly-some", "wrongly-none", "second"],
)
def test_exact_match(predicted: str, references: tuple[str, ...], expected: float) -> None:
    assert exact_match(predicted, references) == expected


@pytest.mark.parametrize(
    ("predicted", "references", "expected"),
    [
        ("big black cat", ("black cat",), 0.8),  # precision 2/3, recall 1
        ("cat cat", ("cat",), 2 / 3),
        ("dog", ("cat",), 0.0),
        ("", (), 1.0),
        ("dog", ("cat", "dog house"), 2 / 3),
    ],
    ids=["overlap", "repeated", "none", "no-answer", "best-reference"],
)
def test_token_f1(predicted: str, references: tuple[str, ...], expected: float) -> None:
    assert token_f1(predicted, references) == pytest.approx(expected)


def test_measure_counts_withheld_answers() -> None:
    judged = [
        Judged("cat", ("cat",), 3.0),
        Judged("big dog", ("dog",), 2.0),
        Judged("bird", ("bird",), -1.0),  # withheld
        Judged("fish", (), 0.5),  # wrongly answered
        Judged("fish", (), -2.0),  # rightly withheld
    ]

    quality = measure_answers(judged, min_score=0.0)

    assert quality.exact_match == pytest.approx(2 / 5)
    assert quality.f1 == pytest.approx((1 + 2 / 3 + 0 + 0 + 1) / 5)
    assert quality.answerable_f1 == pytest.approx((1 + 2 / 3) / 3)
    assert quality.no_answer_accuracy == pytest.approx(1 / 2)
    assert (quality.num_questions, quality.num_answerable) == (5, 3)


def test_nothing_measured_is_nan() -> None:
    quality = measure_answers([])

    assert math.isnan(quality.f1)
    assert math.isnan(quality.no_answer_accuracy)


JUDGED = [
    Judged("cat", ("cat",), 5.0),
    Judged("cow", ("cow",), 4.0),
    Judged("x", (), 3.0),
    Judged("pig", ("dog",), 2.0),
    Judged("y", (), 1.0),
]


def test_the_least_score_tells_best_whether_there_is_an_answer_right_or_wrong() -> None:
    chosen = choose_min_score(JUDGED)

    assert chosen == 4.0  # two of three with an answer, none of two without; 2.0 has three and one
    assert choose_min_score([*JUDGED, Judged("z", (), 0.0), Judged("z", (), 0.0)]) == 2.0


def test_both_kinds_of_question_count_alike_whatever_their_numbers() -> None:
    answerable = [Judged("cat", ("dog",), score) for score in (5.0, 4.0, 1.0, 1.0, 1.0)]

    assert choose_min_score([*answerable, Judged("x", (), 2.0)]) == 4.0
    assert choose_min_score([*answerable, Judged("x", (), 0.5)]) == 1.0


def test_the_best_f1_is_reached_where_wrong_answers_end() -> None:
    chosen = choose_best_f1_score(JUDGED)

    assert chosen == 4.0
    assert measure_answers(JUDGED, min_score=chosen).f1 == pytest.approx(4 / 5)


def test_equal_scores_are_answered_together() -> None:
    judged = [Judged("cat", ("cat",), 1.0), Judged("x", (), 1.0), Judged("y", (), 1.0), Judged("z", (), 0.0)]

    assert choose_best_f1_score(judged) == math.inf
    assert choose_min_score([*judged, Judged("cow", ("cow",), 0.0)]) == 0.0  # nothing is told apart


@pytest.mark.parametrize("choose", [choose_min_score, choose_best_f1_score])
def test_without_unanswerable_questions_everything_is_answered(
    choose: Callable[[Sequence[Judged]], float],
) -> None:
    assert choose([Judged("cat", ("dog",), 0.0)]) == -math.inf
    assert choose([]) == -math.inf
