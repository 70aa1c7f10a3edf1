"""Precision, recall and F1 over plain values; higher is better, and empty input gives 0.

A class that was only guessed has support 0: it counts in the micro average, as every wrong guess does, and
in no mean over classes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TypeVar

from nlu.labels import INTENT_JOINER
from nlu.types import EntityAnnotation, EntitySpan

SpanKey = tuple[int, int, str, str, str]
"""Start, end, entity, role and group: a span counts as found only if all five are right."""

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and their harmonic mean; `support` counts the true items."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class Averages:
    """Three ways to one score.

    Attributes:
        micro: over all items together, whatever their class.
        macro: mean over classes with support, each counted once.
        weighted: mean over classes, each counted as often as it occurs.
    """

    micro: Score
    macro: Score
    weighted: Score


def accuracy(hits: Sequence[bool]) -> float:
    """Give the share of hits among all items."""
    return sum(hits) / len(hits) if hits else 0.0


def score_counts(*, num_right: int, num_predicted: int, num_true: int) -> Score:
    """Give precision = right / predicted, recall = right / true; nothing predicted and nothing true is 0."""
    precision = num_right / num_predicted if num_predicted else 0.0
    recall = num_right / num_true if num_true else 0.0
    total = precision + recall
    return Score(precision, recall, 2 * precision * recall / total if total else 0.0, num_true)


def label_scores(
    true: Sequence[frozenset[str]], predicted: Sequence[frozenset[str]]
) -> tuple[Score, dict[str, Score]]:
    """Score sets of labels, one set per item: over all labels together and per label."""
    return _set_scores(true, predicted, str)


def span_scores(
    true: Sequence[frozenset[SpanKey]], predicted: Sequence[frozenset[SpanKey]]
) -> tuple[Score, dict[str, Score]]:
    """Score spans strictly, over all utterances together and per entity."""
    return _set_scores(true, predicted, itemgetter(2))


def macro_f1(scores: Iterable[Score]) -> float:
    """Average the F1 over classes with support, each counted once."""
    values = [score.f1 for score in scores if score.support]
    return sum(values) / len(values) if values else 0.0


def average_scores(micro: Score, scores: Mapping[str, Score]) -> Averages:
    """Average the `scores` per class; `micro` is the one over all items together."""
    counted = [score for score in scores.values() if score.support]
    supports = [score.support for score in counted]
    return Averages(micro, _mean(counted, [1] * len(counted)), _mean(counted, supports))


def label_atoms(label: str) -> frozenset[str]:
    """Give the atomic intents of any label, trained or not; ``a`` is the only atom of ``a``."""
    return frozenset(atom for atom in label.split(INTENT_JOINER) if atom)


def span_key(span: EntityAnnotation | EntitySpan) -> SpanKey:
    """Give what must be equal for a span to count as found."""
    return span.start, span.end, span.entity, span.role or "", span.group or ""


def _set_scores(
    true: Sequence[frozenset[_Item]], predicted: Sequence[frozenset[_Item]], class_of: Callable[[_Item], str]
) -> tuple[Score, dict[str, Score]]:
    num_right: Counter[str] = Counter()
    num_predicted: Counter[str] = Counter()
    num_true: Counter[str] = Counter()
    for expected, guessed in zip(true, predicted, strict=True):
        num_right.update(map(class_of, expected & guessed))
        num_predicted.update(map(class_of, guessed))
        num_true.update(map(class_of, expected))
    overall = score_counts(
        num_right=num_right.total(), num_predicted=num_predicted.total(), num_true=num_true.total()
    )
    per_class = {
        name: score_counts(
            num_right=num_right[name], num_predicted=num_predicted[name], num_true=num_true[name]
        )
        for name in sorted({*num_true, *num_predicted})
    }
    return overall, per_class


def _mean(scores: Sequence[Score], weights: Sequence[int]) -> Score:
    total = sum(weights)
    if not total:
        return Score(0.0, 0.0, 0.0, 0)
    pairs = list(zip(scores, weights, strict=True))
    return Score(
        precision=sum(score.precision * weight for score, weight in pairs) / total,
        recall=sum(score.recall * weight for score, weight in pairs) / total,
        f1=sum(score.f1 * weight for score, weight in pairs) / total,
        support=sum(score.support for score in scores),
    )
