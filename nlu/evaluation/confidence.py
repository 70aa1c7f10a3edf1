"""How far a confidence can be trusted, and how well a score tells what is out of scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_NUM_BINS = 15
_MAX_POINTS = 100
_NUM_DRAWS = 200


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The predictions with a confidence in ``[low, high)``; the last bin holds 1 as well.

    Attributes:
        low: least confidence of the bin.
        high: where the next bin begins.
        count: predictions in the bin.
        confidence: their mean confidence; 0 when there is none.
        accuracy: share of them that is right; 0 when there is none.
    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class CoveragePoint:
    """What a threshold on the confidence would give.

    Attributes:
        threshold: least confidence that is accepted.
        coverage: share of all predictions that is accepted.
        accuracy: share of the accepted ones that is right.
    """

    threshold: float
    coverage: float
    accuracy: float


def reliability_bins(
    confidences: Sequence[float], hits: Sequence[bool], *, num_bins: int = _NUM_BINS
) -> tuple[ReliabilityBin, ...]:
    """Sort predictions into bins of equal width."""
    members: list[list[tuple[float, bool]]] = [[] for _ in range(num_bins)]
    for confidence, hit in zip(confidences, hits, strict=True):
        members[min(int(confidence * num_bins), num_bins - 1)].append((confidence, hit))
    return tuple(
        ReliabilityBin(
            low=number / num_bins,
            high=(number + 1) / num_bins,
            count=len(inside),
            confidence=sum(confidence for confidence, _ in inside) / max(len(inside), 1),
            accuracy=sum(hit for _, hit in inside) / max(len(inside), 1),
        )
        for number, inside in enumerate(members)
    )


def expected_calibration_error(
    confidences: Sequence[float], hits: Sequence[bool], *, num_bins: int = _NUM_BINS
) -> float:
    """Average |confidence - accuracy| over bins of equal width, weighted by their size; lower is better.

    0 for no predictions. Guo et al. 2017, "On Calibration of Modern Neural Networks", equation 3.
    """
    bins = reliability_bins(confidences, hits, num_bins=num_bins)
    gaps = (abs(one.confidence - one.accuracy) * one.count for one in bins)
    return sum(gaps) / len(hits) if hits else 0.0


def chance_calibration_error(confidences: Sequence[float], *, num_bins: int = _NUM_BINS) -> float:
    """Give the expected calibration error that honest confidences would show on so few predictions.

    Every prediction is drawn right with its own confidence, many times over; the mean of the errors. It
    shrinks with the number of predictions. Bröcker and Smith 2007, "Increasing the Reliability of Reliability
    Diagrams", section 3, resample so; 0 for no predictions.
    """
    if not confidences:
        return 0.0
    rng = np.random.default_rng(0)
    values = np.asarray(confidences, dtype=np.float64)
    bins = np.minimum((values * num_bins).astype(np.int64), num_bins - 1)
    errors = [
        np.abs(np.bincount(bins, weights=values - (rng.random(len(values)) < values))).sum() / len(values)
        for _ in range(_NUM_DRAWS)
    ]
    return float(np.mean(errors))


def coverage_curve(
    confidences: Sequence[float], hits: Sequence[bool], *, max_points: int = _MAX_POINTS
) -> tuple[CoveragePoint, ...]:
    """Give coverage and accuracy for thresholds from strict to lenient, evenly spread over the coverage.

    Equal confidences are accepted together. The last point accepts everything. Empty without predictions.
    """
    if not hits:
        return ()
    order = np.argsort(-np.asarray(confidences, dtype=np.float64), kind="stable")
    ordered = np.asarray(confidences, dtype=np.float64)[order]
    num_right = np.cumsum(np.asarray(hits, dtype=np.int64)[order])
    is_last_of_equals = np.append(ordered[:-1] != ordered[1:], True)
    ends = np.flatnonzero(is_last_of_equals)
    if len(ends) > max_points:
        chosen = np.linspace(0, len(ends) - 1, max_points).round().astype(np.int64)
        ends = ends[np.unique(chosen)]
    return tuple(
        CoveragePoint(float(ordered[end]), (end + 1) / len(hits), float(num_right[end] / (end + 1)))
        for end in ends.tolist()
    )


def auroc(negative_scores: Sequence[float], positive_scores: Sequence[float]) -> float | None:
    """Give the probability that a positive scores above a negative, equal scores counting half.

    The area under the ROC curve by ranks, higher is better; None when one side is empty. Hanley and McNeil
    1982, "The Meaning and Use of the Area under a Receiver Operating Characteristic (ROC) Curve".
    """
    if not negative_scores or not positive_scores:
        return None
    ordered = np.sort(np.asarray(negative_scores, dtype=np.float64))
    num_below = np.searchsorted(ordered, positive_scores, side="left")
    num_not_above = np.searchsorted(ordered, positive_scores, side="right")
    return float((num_below + num_not_above).mean() / 2.0 / len(ordered))
