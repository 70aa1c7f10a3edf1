"""From raw scores to honest confidences, and the thresholds below which nothing counts as understood.

Run-time values and pure functions; `nlu.evaluation.calibration` chooses the numbers on validation data.
Temperature scaling: Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nlu.types import FALLBACK_INTENT, IntentPrediction, ParsedUtterance


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When an utterance counts as not understood."""

    min_confidence: float = 0.0  # of the best intent, in [0, 1]
    min_margin: float = 0.0  # between the two best intents, in [0, 1]
    max_out_of_scope_score: float | None = (
        None  # higher is farther from the training examples; None: no limit
    )


@dataclass(frozen=True, slots=True)
class Calibration:
    """The numbers chosen on validation data; temperature 1 leaves scores as they are."""

    intent_temperature: float = 1.0
    span_temperature: float = 1.0
    thresholds: Thresholds = Thresholds()

    def to_json(self) -> dict[str, object]:
        """Give the calibration as JSON values."""
        return asdict(self)


def softmax(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float64]:
    """Turn logits of the last axis into probabilities; a temperature above 1 makes them less sure."""
    scaled = logits.astype(np.float64) / temperature
    exponentials: NDArray[np.float64] = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    probabilities: NDArray[np.float64] = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return probabilities


def span_confidence(gains: NDArray[np.float32], label: int, temperature: float) -> float:
    """Give the probability of `label` for one span from its gains per label; no label has gain 0."""
    logits = np.append(gains, np.float32(0.0))
    return float(softmax(logits, temperature)[label])


def apply_thresholds(parsed: ParsedUtterance, thresholds: Thresholds) -> ParsedUtterance:
    """Turn the intent into `FALLBACK_INTENT` when the utterance is unsure, ambiguous or out of scope.

    The ranking keeps the real intents; the fallback's confidence is what the best of them left over.
    """
    best = parsed.ranking[0].confidence if parsed.ranking else 0.0
    second = parsed.ranking[1].confidence if len(parsed.ranking) > 1 else 0.0
    limit = thresholds.max_out_of_scope_score
    is_understood = (
        best >= thresholds.min_confidence
        and best - second >= thresholds.min_margin
        and (limit is None or parsed.out_of_scope_score <= limit)
    )
    if is_understood and parsed.ranking:
        return replace(parsed, intent=parsed.ranking[0])
    return replace(parsed, intent=IntentPrediction(FALLBACK_INTENT, 1.0 - best))
