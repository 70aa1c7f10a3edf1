from __future__ import annotations

import pytest

from nlu.evaluation.metrics import (
    Score,
    accuracy,
    class_scores,
    expected_calibration_error,
    macro_f1,
    score_counts,
    span_key,
    span_scores,
)
from nlu.types import EntityAnnotation, EntitySpan

RED = (4, 7, "colour", "", "")
COAT = (8, 12, "product", "", "")


def test_score_counts_equals_values_by_hand() -> None:
    score = score_counts(num_right=2, num_predicted=4, num_true=5)

    assert score == Score(0.5, 0.4, pytest.approx(4 / 9), 5)


def test_nothing_predicted_and_nothing_true_is_zero() -> None:
    assert score_counts(num_right=0, num_predicted=0, num_true=0) == Score(0.0, 0.0, 0.0, 0)
    assert accuracy([]) == 0.0
    assert macro_f1([]) == 0.0
    assert expected_calibration_error([], []) == 0.0


def test_macro_f1_counts_every_class_once() -> None:
    scores = class_scores(["a"] * 9 + ["b"], ["a"] * 10)

    assert scores["b"].f1 == 0.0
    assert macro_f1(scores.values()) == pytest.approx(scores["a"].f1 / 2)


@pytest.mark.parametrize(
    "guess",
    [(4, 8, "colour", "", ""), (4, 7, "size", "", ""), (4, 7, "colour", "new", "")],
    ids=["border", "entity", "role"],
)
def test_span_scores_are_strict(guess: tuple[int, int, str, str, str]) -> None:
    overall, per_entity = span_scores([frozenset({RED, COAT})], [frozenset({guess, COAT})])

    assert overall == Score(0.5, 0.5, 0.5, 2)
    assert per_entity["colour"].recall == 0.0
    assert per_entity["product"].f1 == 1.0


def test_span_key_ignores_value_and_confidence() -> None:
    annotation = EntityAnnotation(4, 7, "colour", "crimson")
    found = EntitySpan(4, 7, "colour", "red", "crimson", 0.9)

    assert span_key(annotation) == span_key(found) == RED


def test_expected_calibration_error_equals_a_value_by_hand() -> None:
    error = expected_calibration_error([0.9, 0.9, 0.2], [True, False, False], num_bins=10)

    assert error == pytest.approx((abs(1.8 - 1) + 0.2) / 3)


def test_full_confidence_is_in_the_last_bin() -> None:
    assert expected_calibration_error([1.0], [True]) == 0.0
