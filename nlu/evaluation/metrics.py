"""Metrics over plain values; higher is better unless said, and empty input gives 0 unless said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from nlu.types import EntityAnnotation, EntitySpan

SpanKey = tuple[int, int, str, str, str]
"""Start, end, entity, role and group: a span counts as found only if all five are right."""


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and their harmonic mean; `support` counts the true items."""

    precision: float
    recall: float
    f1: float
    support: int


def accuracy(hits: Sequence[bool]) -> float:
    """Give the share of hits among all items."""
    return sum(hits) / len(hits) if hits else 0.0


def score_counts(*, num_right: int, num_predicted: int, num_true: int) -> Score:
    """Give precision = right / predicted, recall = right / true; nothing predicted and nothing true is 0."""
    precision = num_right / num_predicted if num_predicted else 0.0
    recall = num_right / num_true if num_true else 0.0
    total = precision + recall
    return Score(precision, recall, 2 * precision * recall / total if total else 0.0, num_true)


def class_scores(true: Sequence[str], predicted: Sequence[str]) -> dict[str, Score]:
    """Score every class that occurs among the true labels."""
    num_right = Counter(label for label, guess in zip(true, predicted, strict=True) if label == guess)
    num_predicted, num_true = Counter(predicted), Counter(true)
    return {
        label: score_counts(
            num_right=num_right[label], num_predicted=num_predicted[label], num_true=num_true[label]
        )
        for label in sorted(num_true)
    }


def macro_f1(scores: Iterable[Score]) -> float:
    """Average the F1 over classes, each counted once."""
    values = [score.f1 for score in scores]
    return sum(values) / len(values) if values else 0.0


def span_key(span: EntityAnnotation | EntitySpan) -> SpanKey:
    """Give what must be equal for a span to count as found."""
    return span.start, span.end, span.entity, span.role or "", span.group or ""


def span_scores(
    true: Sequence[frozenset[SpanKey]], predicted: Sequence[frozenset[SpanKey]]
) -> tuple[Score, dict[str, Score]]:
    """Score spans strictly, over all utterances together and per entity."""
    right: Counter[Hashable] = Counter()
    guessed: Counter[Hashable] = Counter()
    expected: Counter[Hashable] = Counter()
    for spans, guesses in zip(true, predicted, strict=True):
        right.update(key[2] for key in spans & guesses)
        guessed.update(key[2] for key in guesses)
        expected.update(key[2] for key in spans)
    overall = score_counts(num_right=right.total(), num_predicted=guessed.total(), num_true=expected.total())
    per_entity = {
        str(entity): score_counts(
            num_right=right[entity], num_predicted=guessed[entity], num_true=expected[entity]
        )
        for entity in sorted(expected, key=str)
    }
    return overall, per_entity


def expected_calibration_error(
    confidences: Sequence[float], hits: Sequence[bool], *, num_bins: int = 15
) -> float:
    """Average |confidence - accuracy| over bins of equal width, weighted by their size; lower is better.

    Guo et al. 2017, "On Calibration of Modern Neural Networks", equation 3.
    """
    bins: dict[int, list[tuple[float, bool]]] = {}
    for confidence, hit in zip(confidences, hits, strict=True):
        bins.setdefault(min(int(confidence * num_bins), num_bins - 1), []).append((confidence, hit))
    gaps = (abs(sum(confidence - hit for confidence, hit in members)) for members in bins.values())
    return sum(gaps) / len(hits) if hits else 0.0
