from __future__ import annotations

import json

import numpy as np
import pytest

from nlu.calibration import Calibration, Thresholds, apply_thresholds, softmax, span_confidence
from nlu.types import FALLBACK_INTENT, IntentPrediction, ParsedUtterance

THRESHOLDS = Thresholds(min_confidence=0.5, min_margin=0.1, max_out_of_scope_score=0.4)


def parsed(best: float, second: float, out_of_scope_score: float) -> ParsedUtterance:
    ranking = (IntentPrediction("track", best), IntentPrediction("cancel", second))
    return ParsedUtterance("hm", ranking[0], ranking, (), out_of_scope_score)


@pytest.mark.parametrize(
    ("best", "second", "score"),
    [(0.49, 0.1, 0.0), (0.55, 0.45, 0.0), (0.9, 0.05, 0.41)],
    ids=["unsure", "ambiguous", "out of scope"],
)
def test_apply_thresholds_falls_back(best: float, second: float, score: float) -> None:
    judged = apply_thresholds(parsed(best, second, score), Thresholds(0.5, 0.15, 0.4))

    assert judged.intent == IntentPrediction(FALLBACK_INTENT, pytest.approx(1.0 - best))
    assert [prediction.name for prediction in judged.ranking] == ["track", "cancel"]


def test_apply_thresholds_accepts_what_is_exactly_good_enough() -> None:
    judged = apply_thresholds(parsed(0.5, 0.25, 0.4), THRESHOLDS)

    assert judged.intent.name == "track"


def test_apply_thresholds_takes_a_fallback_back_when_thresholds_are_lower() -> None:
    refused = apply_thresholds(parsed(0.3, 0.1, 0.0), THRESHOLDS)

    assert apply_thresholds(refused, Thresholds()).intent.name == "track"


def test_without_a_limit_no_score_is_out_of_scope() -> None:
    far = parsed(0.9, 0.05, 1e6)  # the scores of energy and Mahalanobis know no greatest value

    assert apply_thresholds(far, Thresholds()).intent.name == "track"
    assert apply_thresholds(far, Thresholds(max_out_of_scope_score=2.0)).intent.name == FALLBACK_INTENT


def test_missing_limit_is_null_in_json() -> None:
    thresholds = Calibration().to_json()["thresholds"]

    assert json.loads(json.dumps(thresholds))["max_out_of_scope_score"] is None


def test_apply_thresholds_without_ranking_is_a_fallback() -> None:
    empty = ParsedUtterance("", IntentPrediction("track", 1.0))

    assert apply_thresholds(empty, Thresholds()).intent == IntentPrediction(FALLBACK_INTENT, 1.0)


def test_softmax_is_less_sure_at_a_higher_temperature() -> None:
    logits = np.asarray([[2.0, 0.0]], dtype=np.float32)

    assert softmax(logits, 1.0)[0, 0] == pytest.approx(1 / (1 + np.exp(-2)))
    assert softmax(logits, 4.0)[0, 0] == pytest.approx(1 / (1 + np.exp(-0.5)))


def test_softmax_survives_huge_logits() -> None:
    assert softmax(np.asarray([[1e4, 0.0]], dtype=np.float32), 1.0).tolist() == [[1.0, 0.0]]


def test_span_confidence_counts_no_label_as_gain_zero() -> None:
    gains = np.asarray([np.log(3.0), -100.0], dtype=np.float32)

    assert span_confidence(gains, 0, 1.0) == pytest.approx(0.75)
