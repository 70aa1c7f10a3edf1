from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.evaluation.confidence import (
    CoveragePoint,
    auroc,
    chance_calibration_error,
    coverage_curve,
    expected_calibration_error,
    reliability_bins,
)

SCORES = st.lists(st.integers(0, 6).map(lambda tenth: tenth / 10), min_size=1, max_size=30)


def test_expected_calibration_error_equals_a_value_by_hand() -> None:
    error = expected_calibration_error([0.9, 0.9, 0.2], [True, False, False], num_bins=10)

    assert error == pytest.approx((abs(1.8 - 1) + 0.2) / 3)


def test_full_confidence_is_in_the_last_bin() -> None:
    assert expected_calibration_error([1.0], [True]) == 0.0
    assert reliability_bins([1.0], [True])[-1].count == 1


def test_nothing_has_no_calibration_error() -> None:
    assert expected_calibration_error([], []) == 0.0


def test_chance_error_is_that_of_honest_confidences() -> None:
    rng = np.random.default_rng(5)
    confidences = rng.random(120)
    errors = [
        expected_calibration_error(confidences.tolist(), (rng.random(120) < confidences).tolist())
        for _ in range(200)
    ]

    assert chance_calibration_error(confidences.tolist()) == pytest.approx(np.mean(errors), rel=0.1)


def test_chance_error_shrinks_with_the_number_of_predictions() -> None:
    few, many = chance_calibration_error([0.7] * 50), chance_calibration_error([0.7] * 5000)

    half_normal = np.sqrt(0.7 * 0.3 / 50) * np.sqrt(2 / np.pi)  # all in one bin
    assert few == pytest.approx(half_normal, rel=0.1)
    assert many == pytest.approx(few / 10, rel=0.15)


@pytest.mark.parametrize("confidences", [[], [1.0], [0.0, 1.0, 1.0]])
def test_certainty_and_nothing_have_no_chance_error(confidences: list[float]) -> None:
    assert chance_calibration_error(confidences) == 0.0


def test_reliability_bins_hold_every_prediction_once() -> None:
    rng = np.random.default_rng(1)
    confidences = rng.random(200).tolist()
    hits = (rng.random(200) < 0.5).tolist()

    bins = reliability_bins(confidences, hits)

    assert len(bins) == 15
    assert sum(one.count for one in bins) == 200
    assert all(one.low <= one.confidence < one.high for one in bins if one.count)
    assert sum(one.accuracy * one.count for one in bins) == pytest.approx(sum(hits))


def test_coverage_curve_equals_values_by_hand() -> None:
    curve = coverage_curve([0.9, 0.5, 0.9, 0.4], [True, False, False, True])

    assert curve == (
        CoveragePoint(0.9, 0.5, 0.5),
        CoveragePoint(0.5, 0.75, pytest.approx(1 / 3)),
        CoveragePoint(0.4, 1.0, 0.5),
    )


def test_long_coverage_curve_is_thinned_and_keeps_its_ends() -> None:
    confidences = np.linspace(1.0, 0.001, 1000).tolist()

    curve = coverage_curve(confidences, [True] * 1000, max_points=50)

    assert len(curve) == 50
    assert (curve[0].coverage, curve[-1].coverage) == (0.001, 1.0)


@given(SCORES, SCORES)
def test_auroc_equals_counting_all_pairs(negatives: list[float], positives: list[float]) -> None:
    wins = sum((high > low) + (high == low) / 2 for low in negatives for high in positives)

    assert auroc(negatives, positives) == pytest.approx(wins / len(negatives) / len(positives))


@pytest.mark.parametrize(("negatives", "positives"), [([], [0.1]), ([0.1], []), ([], [])])
def test_auroc_of_one_side_alone_is_unknown(negatives: list[float], positives: list[float]) -> None:
    assert auroc(negatives, positives) is None
