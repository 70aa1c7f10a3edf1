"""Chooses the calibration on validation data: temperatures by likelihood, thresholds by false-alarm rate."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nlu.calibration import softmax

_LOWEST, _HIGHEST = np.log(0.25), np.log(8.0)
_STEPS = 60
_PRIOR_ITEMS = 10.0
_LEAST = 1e-12  # probability; its logarithm is finite
_GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0


def fit_temperature(logits: NDArray[np.float32], targets: NDArray[np.int64]) -> float:
    """Find the temperature with the least mean negative log-likelihood; 1 when there is nothing to fit.

    A weak belief in 1, worth a few items, keeps some items that are all right from promising certainty.

    An item whose truth is not among the classes is wrong whatever wins: it makes all confidence costly.

    Args:
        logits: ``(items, classes)``.
        targets: ``(items,)`` true classes, -1 where none of them is true.
    """
    if len(targets) == 0:
        return 1.0

    def loss(log_temperature: float) -> float:
        probabilities = softmax(logits, float(np.exp(log_temperature)))
        chosen = probabilities[np.arange(len(targets)), targets]
        likelihoods = np.where(targets >= 0, chosen, 1.0 - probabilities.max(axis=1))
        likelihood = float(-np.log(likelihoods + _LEAST).mean())
        return likelihood + _PRIOR_ITEMS / len(targets) * log_temperature**2 / 2.0

    return float(np.exp(_minimum(loss, float(_LOWEST), float(_HIGHEST))))


def threshold_below(values: NDArray[np.float64], *, false_alarm_rate: float) -> float:
    """Give the least accepted value so that at most `false_alarm_rate` of good `values` lie below it."""
    if len(values) == 0:
        return 0.0
    ordered = np.sort(values)
    return float(ordered[int(false_alarm_rate * len(ordered))])


def threshold_above(values: NDArray[np.float32], *, false_alarm_rate: float) -> float | None:
    """Give the greatest accepted value so that at most `false_alarm_rate` of good `values` lie above it.

    Without values there is no limit.
    """
    if len(values) == 0:
        return None
    return -threshold_below(-values.astype(np.float64), false_alarm_rate=false_alarm_rate)


def _minimum(function: Callable[[float], float], low: float, high: float) -> float:
    """Search a function with one valley by golden sections."""
    for _ in range(_STEPS):
        inner = (high - low) * _GOLDEN
        if function(high - inner) < function(low + inner):
            high = low + inner
        else:
            low = high - inner
    return (low + high) / 2.0
