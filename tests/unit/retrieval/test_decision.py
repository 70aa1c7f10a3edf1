from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nlu.reader.types import Reading
from nlu.types import FALLBACK_INTENT, IntentPrediction, ParsedUtterance
from retrieval.decision import (
    DecisionWeights,
    Evidence,
    confidence_of,
    gather_evidence,
    rank_candidates,
)
from retrieval.types import Hit

PARSED = ParsedUtterance("when", IntentPrediction("ask_hours", 0.75))
WEIGHTS = DecisionWeights(Evidence(2.0, 3.0, 5.0, 4.0, 0.5, 1.5, 0.25, -1.0), -3.0)


def hit(entry_id: str, dense_score: float, lexical_rank: int | None = None) -> Hit:
    return Hit(entry_id, 1, dense_score + 0.1, dense_score, dense_score - 0.1, 1, 0.0, lexical_rank)


def reading(score: float) -> Reading:
    return Reading(0, 3, score, -1.0)


def test_evidence_is_what_search_reader_and_intent_say() -> None:
    first, second = gather_evidence(
        PARSED, [hit("a", 0.6, lexical_rank=2), hit("b", 0.5, lexical_rank=1)], [reading(-2.0), reading(6.0)]
    )

    assert (first.dense_score, first.is_lexical_first, first.intent_confidence) == (0.6, 0.0, 0.75)
    assert (first.search_lead, second.search_lead) == (pytest.approx(0.1), pytest.approx(-0.1))
    assert (first.question_score, second.question_score) == (pytest.approx(0.5), pytest.approx(0.4))
    assert (first.question_lead, second.question_lead) == (pytest.approx(0.1), pytest.approx(-0.1))
    assert (first.reading, second.reading) == (-0.5, 1.5)
    assert (first.reading_lead, second.reading_lead) == (-2.0, 2.0)
    assert second.is_lexical_first == 1.0


def test_a_hit_leads_at_most_what_is_usual_in_a_large_store() -> None:
    (only,) = gather_evidence(PARSED, [hit("a", 0.6)], [None])
    first, _ = gather_evidence(PARSED, [hit("a", 0.6), hit("b", 0.1)], [None, None])

    for one in (only, first):
        assert one.search_lead == pytest.approx(0.7 - 0.4)
        assert one.question_lead == pytest.approx(0.5 - 0.4)
    assert (only.reading, only.reading_lead) == (0.0, 0.0)


def test_an_utterance_that_was_not_understood_has_no_intent() -> None:
    unknown = replace(PARSED, intent=IntentPrediction(FALLBACK_INTENT, 0.9))

    assert gather_evidence(unknown, [hit("a", 0.6)], [None])[0].intent_confidence == 0.0


@pytest.mark.parametrize("score", [1e9, float("inf"), -1e9, float("-inf")])
def test_scores_of_a_reading_are_bounded(score: float) -> None:
    (only,) = gather_evidence(PARSED, [hit("a", 0.6)], [reading(score)])

    assert abs(only.reading) == 3.0


def test_confidence_is_the_stated_logistic_function() -> None:
    evidence = gather_evidence(
        PARSED, [hit("a", 0.6, lexical_rank=1), hit("b", 0.5)], [reading(4.0), reading(2.0)]
    )[0]

    logit = 2.0 * 0.6 + 3.0 * 0.5 + 5.0 * 0.1 + 4.0 * 0.1 + 0.5 + 1.5 * 1.0 + 0.25 * 0.5 - 0.75 - 3.0
    assert confidence_of(evidence, WEIGHTS) == pytest.approx(1 / (1 + np.exp(-logit)))


def test_the_likeliest_candidate_is_first_whatever_the_search_says() -> None:
    hits = [hit("a", 0.6), hit("b", 0.5), hit("c", 0.4)]

    ranked = rank_candidates(PARSED, hits, [reading(-8.0), reading(8.0), None], WEIGHTS)

    assert [candidate.hit.entry_id for candidate in ranked][0] == "b"
    assert sorted((c.confidence for c in ranked), reverse=True) == [c.confidence for c in ranked]


def test_equal_candidates_keep_their_order() -> None:
    ranked = rank_candidates(PARSED, [hit("a", 0.5), hit("b", 0.5)], [None, None], WEIGHTS)

    assert [candidate.hit.entry_id for candidate in ranked] == ["a", "b"]


def test_no_hits_give_no_candidates() -> None:
    assert rank_candidates(PARSED, [], []) == []
