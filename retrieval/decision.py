"""One calibrated decision: how likely it is that a hit's passage answers what was asked. Pure.

What intent, search and reader say of every candidate goes through one logistic regression; the likeliest
candidate wins, and its probability is the confidence. Platt 1999, "Probabilistic Outputs for Support Vector
Machines"; with scores of a reader Kamath et al. 2020, "Selective Question Answering under Domain Shift".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from operator import mul

from nlu.reader.types import Reading
from nlu.types import FALLBACK_INTENT, ParsedUtterance
from retrieval.types import Hit

_MAX_SCORE = 12.0  # of a reading: beyond, more certainty says nothing more
_USUAL_SCORE = 0.4  # of the best other entry of a large store: in a small one, leading means less
_SCALE = 4.0  # brings readings to the size of the other features


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a candidate, each about in [-3, 3].

    Attributes:
        dense_score: cosine of question and entry, see `FaqIndex.scores`.
        question_score: cosine of question and the entry's nearest question, alternatives among them.
        question_lead: by how much it leads the best other candidate's, or what is usual; below 0 behind it.
        search_lead: the same of its fused score.
        is_lexical_first: whether the lexical search has it first.
        reading: the reader's score of its best span against no answer, scaled; 0 without a reader.
        reading_lead: by how much that leads the best other candidate; 0 without a reader.
        intent_confidence: of the best intent that is none of the FAQ's; a sure task is no question.
    """

    dense_score: float
    question_score: float
    question_lead: float
    search_lead: float
    is_lexical_first: float
    reading: float
    reading_lead: float
    intent_confidence: float


@dataclass(frozen=True, slots=True)
class DecisionWeights:
    """A logistic regression over `Evidence`: the weight of each kind, and the bias."""

    slopes: Evidence
    bias: float


# Fitted by `python -m benchmarks.faq_answers --fit` on the starter bot's 400 calibration questions.
WITHOUT_READER = DecisionWeights(Evidence(1.798, 5.731, 5.870, 6.149, 1.823, 0.0, 0.0, -0.220), -5.345)
WITH_READER = DecisionWeights(Evidence(0.914, 5.312, 6.187, 6.448, 1.807, 0.924, -0.233, -0.221), -4.434)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A hit with what the reader found in its passage (None: not read, or no words) and its probability."""

    hit: Hit
    reading: Reading | None
    confidence: float


def gather_evidence(
    parsed: ParsedUtterance, hits: Sequence[Hit], readings: Sequence[Reading | None]
) -> list[Evidence]:
    """Give the evidence for every hit; `readings` are as many, all None without a reader."""
    scores = [_score(reading) for reading in readings]
    found = [hit.score for hit in hits]
    intent = 0.0 if parsed.intent.name == FALLBACK_INTENT else parsed.intent.confidence
    return [
        Evidence(
            dense_score=hit.dense_score,
            question_score=hit.question_score,
            question_lead=_lead([other.question_score for other in hits], place, floor=_USUAL_SCORE),
            search_lead=_lead(found, place, floor=_USUAL_SCORE),
            is_lexical_first=float(hit.lexical_rank == 1),
            reading=scores[place],
            reading_lead=_lead(scores, place, floor=-_MAX_SCORE / _SCALE) if any(readings) else 0.0,
            intent_confidence=intent,
        )
        for place, hit in enumerate(hits)
    ]


def confidence_of(evidence: Evidence, weights: DecisionWeights) -> float:
    """Give the probability that a candidate answers."""
    logit = weights.bias + sum(map(mul, astuple(weights.slopes), astuple(evidence)))
    return 1.0 / (1.0 + math.exp(-logit)) if logit > -700.0 else 0.0


def rank_candidates(
    parsed: ParsedUtterance,
    hits: Sequence[Hit],
    readings: Sequence[Reading | None],
    weights: DecisionWeights | None = None,
) -> list[Candidate]:
    """Give the candidates, the likeliest first; equal ones keep the order of the hits.

    Args:
        parsed: what was asked.
        hits: the best entries, best first.
        readings: what the reader found in each.
        weights: None for those that ship, with or without a reader.
    """
    chosen = weights or (WITH_READER if any(readings) else WITHOUT_READER)
    evidence = gather_evidence(parsed, hits, readings)
    candidates = [
        Candidate(hit, reading, confidence_of(one, chosen))
        for hit, reading, one in zip(hits, readings, evidence, strict=True)
    ]
    return sorted(candidates, key=lambda candidate: -candidate.confidence)


def _score(reading: Reading | None) -> float:
    if reading is None:
        return 0.0
    return max(-_MAX_SCORE, min(_MAX_SCORE, reading.score)) / _SCALE


def _lead(values: Sequence[float], place: int, *, floor: float) -> float:
    others = [value for other, value in enumerate(values) if other != place]
    return values[place] - max([floor, *others])
