"""Figures of answering: was the right entry found, are the answer's words right, and silence in its place.

Pure: neither torch nor an index. Every figure is a mean over questions in [0, 1] unless it says otherwise.
The answer decision's calibration error and abstain curve are those of `nlu.evaluation.confidence`.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from nlu.evaluation.confidence import coverage_curve

_ARTICLE = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


class EvaluationError(ValueError):
    """Figures cannot be computed: got, expected."""


@dataclass(frozen=True, slots=True)
class RankedQuestion:
    """The ids that were found for a question, best first, and those that are right; at least one is."""

    ranked: Sequence[str]
    gold: Collection[str]

    def __post_init__(self) -> None:
        if not self.gold:
            raise EvaluationError("got a question without a right entry, expected at least one; leave it out")

    @property
    def rank(self) -> int | None:
        """Give the rank of the first right id, 1 is best; None if none was found."""
        return next((rank for rank, one in enumerate(self.ranked, start=1) if one in self.gold), None)


def recall_at(questions: Sequence[RankedQuestion], k: int) -> float:
    """Give the part of `questions` with a right id among the first `k`; higher is better.

    Denominator: all questions, also those for which nothing was found. No questions give 0. Of several
    right ids one is enough (some call this the hit rate, or success@k).
    """
    if k < 1:
        raise EvaluationError(f"got k={k}, expected at least 1")
    found = sum(question.rank is not None and question.rank <= k for question in questions)
    return found / len(questions) if questions else 0.0


def mean_reciprocal_rank(questions: Sequence[RankedQuestion]) -> float:
    """Give the mean of 1 / rank of the first right id, 0 where none was found; higher is better.

    Denominator: all questions; no questions give 0. It counts as deep as `ranked` goes.
    """
    found = sum(1.0 / question.rank for question in questions if question.rank is not None)
    return found / len(questions) if questions else 0.0


def normalise_answer(text: str) -> str:
    """Lower-case, drop punctuation and English articles, join words by one blank.

    Rajpurkar et al. 2016, "SQuAD: 100,000+ Questions for Machine Comprehension of Text", section 6, in the
    order of the official script; its punctuation is ASCII.
    """
    return " ".join(_ARTICLE.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(predicted: str, references: Sequence[str]) -> float:
    """Give 1 if `predicted` equals one of `references` after `normalise_answer`, else 0.

    No references: there is no answer, and only an empty `predicted` is right (Rajpurkar et al. 2018).
    """
    answer = normalise_answer(predicted)
    return float(any(answer == normalise_answer(one) for one in references or ("",)))


def token_f1(predicted: str, references: Sequence[str]) -> float:
    """Give the best F1 of `predicted` against one of `references` over words counted with repetition.

    Words are those of `normalise_answer`. Precision is over predicted words, recall over those of the
    reference. Where either has no words, both must have none. No references: as for `exact_match`.
    """
    words = normalise_answer(predicted).split()
    return max(_f1(words, normalise_answer(one).split()) for one in references or ("",))


def _f1(predicted: Sequence[str], reference: Sequence[str]) -> float:
    if not predicted or not reference:
        return float(list(predicted) == list(reference))
    num_shared = sum((Counter(predicted) & Counter(reference)).values())
    return 2 * num_shared / (len(predicted) + len(reference))


@dataclass(frozen=True, slots=True)
class ReadingFigures:
    """How well spans were selected.

    Attributes:
        exact_match: mean over all questions.
        f1: mean of `token_f1` over all questions.
        num_questions: that both are about.
        answerable_f1: mean of `token_f1` over the questions with an answer; 0 if there are none.
        no_answer_accuracy: of the questions without an answer, the part that got none; None if all have one.
    """

    exact_match: float
    f1: float
    num_questions: int
    answerable_f1: float
    no_answer_accuracy: float | None


def reading_figures(predicted: Mapping[str, str], references: Mapping[str, Sequence[str]]) -> ReadingFigures:
    """Compare answers by the id of their question; an empty one says that there is no answer.

    Rajpurkar et al. 2018, "Know What You Don't Know: Unanswerable Questions for SQuAD": a question without
    references counts 1 in both figures if it gets no answer, else 0.

    Raises:
        EvaluationError: the ids of `predicted` and `references` differ.
    """
    if predicted.keys() != references.keys():
        num_missing, num_more = len(references.keys() - predicted), len(predicted.keys() - references)
        raise EvaluationError(
            f"got answers without {num_missing} of the questions and with {num_more} others,"
            f" expected one for each of {len(references)}"
        )
    exact = {one: exact_match(predicted[one], own) for one, own in references.items()}
    f1 = {one: token_f1(predicted[one], own) for one, own in references.items()}
    answerable = [one for one, own in references.items() if own]
    silent = [exact[one] for one, own in references.items() if not own]
    return ReadingFigures(
        exact_match=_mean(list(exact.values())),
        f1=_mean(list(f1.values())),
        num_questions=len(references),
        answerable_f1=_mean([f1[one] for one in answerable]),
        no_answer_accuracy=_mean(silent) if silent else None,
    )


def accuracy_at_coverage(
    confidences: Sequence[float], is_right: Sequence[bool], coverage: float
) -> float | None:
    """Give the part of right answers when at least `coverage` of all questions get one, the surest first.

    Denominator: the answered questions. Those as sure as the last answered one are answered with it. For a
    question that has no answer none is right. None without questions. The whole abstain curve is
    `nlu.evaluation.confidence.coverage_curve`.
    """
    curve = coverage_curve(confidences, is_right, max_points=max(len(is_right), 1))
    return next((point.accuracy for point in curve if point.coverage >= coverage), None)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
