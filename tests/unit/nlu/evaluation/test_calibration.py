from __future__ import annotations

import numpy as np
import pytest

from nlu.calibration import softmax
from nlu.evaluation.calibration import fit_temperature, threshold_above, threshold_below


def sampled_logits(temperature: float) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """Draw classes from honest logits, then make the logits too sure by `temperature`."""
    rng = np.random.default_rng(5)
    honest = rng.normal(size=(4000, 4)) * 2
    odds = np.exp(honest) / np.exp(honest).sum(axis=1, keepdims=True)
    targets = np.asarray([rng.choice(4, p=row) for row in odds], dtype=np.int64)
    return (honest * temperature).astype(np.float32), targets


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_fit_temperature_finds_how_much_too_sure_logits_are(temperature: float) -> None:
    logits, targets = sampled_logits(temperature)

    assert fit_temperature(logits, targets) == pytest.approx(temperature, rel=0.1)


def test_items_whose_truth_is_no_class_lower_the_confidence() -> None:
    logits = np.tile(np.asarray([[4.0, 0.0]], dtype=np.float32), (2000, 1))
    targets = np.where(np.arange(2000) % 4 == 0, -1, 0)

    temperature = fit_temperature(logits, targets)

    assert softmax(logits, temperature)[0, 0] == pytest.approx(0.75, abs=0.03)  # three of four are right


def test_fit_temperature_of_nothing_is_one() -> None:
    assert fit_temperature(np.zeros((0, 3), dtype=np.float32), np.zeros(0, dtype=np.int64)) == 1.0


def test_threshold_below_refuses_at_most_the_rate() -> None:
    values = np.linspace(0.0, 0.99, 100)

    threshold = threshold_below(values, false_alarm_rate=0.05)

    assert (values < threshold).sum() == 5


def test_threshold_above_refuses_at_most_the_rate() -> None:
    scores = np.linspace(0.0, 0.99, 100, dtype=np.float32)

    threshold = threshold_above(scores, false_alarm_rate=0.05)

    assert threshold is not None
    assert (scores > threshold).sum() == 5


def test_thresholds_without_values_refuse_nothing() -> None:
    nothing = np.zeros(0)

    assert threshold_below(nothing, false_alarm_rate=0.1) == 0.0
    assert threshold_above(nothing.astype(np.float32), false_alarm_rate=0.1) is None
