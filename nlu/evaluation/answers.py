"""Quality of answer spans: exact match and token F1, with and without questions that have no answer.

As the SQuAD evaluation counts: Rajpurkar et al. 2016, section 6.1, and 2018, section 4. Answers are compared
in lower case without punctuation and English articles; a prediction counts against the reference that fits
it best, and no answer ("") is right only where there is no reference. Pure.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_WITHOUT_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True, slots=True)
class AnswerQuality:
    """Shares in [0, 1] over `num_questions`; higher is better. NaN where nothing is counted.

    Attributes:
        exact_match: of questions whose answer is right word for word, or rightly withheld.
        f1: mean of the token F1 of the questions; 1 for rightly withheld answers.
        answerable_f1: the mean over the answerable questions alone.
        no_answer_accuracy: of the unanswerable questions, those that got no answer.
        num_questions: all of them.
        num_answerable: those with a reference.
    """

    exact_match: float
    f1: float
    answerable_f1: float
    no_answer_accuracy: float
    num_questions: int
    num_answerable: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A prediction ("" for none), its score (higher is surer), and the references; none: unanswerable."""

    predicted: str
    references: tuple[str, ...]
    score: float = 0.0


def normalise_answer(text: str) -> list[str]:
    """Give the words that are compared."""
    lowered = text.lower().translate(_WITHOUT_PUNCTUATION)
    return _ARTICLES.sub(" ", lowered).split()


def exact_match(predicted: str, references: Sequence[str]) -> float:
    """Give 1 if the words are those of a reference, or if there are neither, else 0."""
    words = normalise_answer(predicted)
    return float(any(words == normalise_answer(reference) for reference in references or ("",)))


def token_f1(predicted: str, references: Sequence[str]) -> float:
    """Give the best harmonic mean of precision and recall of words over the references."""
    return max(_f1(normalise_answer(predicted), normalise_answer(one)) for one in references or ("",))


def measure_answers(judged: Sequence[Judged], *, min_score: float = float("-inf")) -> AnswerQuality:
    """Measure predictions; those whose score is below `min_score` count as withheld."""
    withheld = [one.predicted if one.score >= min_score else "" for one in judged]
    matches = [exact_match(text, one.references) for text, one in zip(withheld, judged, strict=True)]
    overlaps = [token_f1(text, one.references) for text, one in zip(withheld, judged, strict=True)]
    answerable = [f1 for f1, one in zip(overlaps, judged, strict=True) if one.references]
    unanswerable = [match for match, one in zip(matches, judged, strict=True) if not one.references]
    return AnswerQuality(
        exact_match=_mean(matches),
        f1=_mean(overlaps),
        answerable_f1=_mean(answerable),
        no_answer_accuracy=_mean(unanswerable),
        num_questions=len(judged),
        num_answerable=len(answerable),
    )


def choose_min_score(judged: Sequence[Judged]) -> float:
    """Choose the least score of an answer that tells best whether there is one.

    That is where the share of answerable questions with an answer, right or wrong, and the share of
    unanswerable ones without have the greatest sum (Youden 1950, "Index for rating diagnostic tests"),
    whatever the numbers of both: how many questions of customers a text answers is not known in advance. The
    lowest such score wins ties; without any unanswerable question it is minus infinity.
    """
    num_answerable = sum(bool(one.references) for one in judged)
    gains = {True: 1.0 / max(num_answerable, 1), False: -1.0 / max(len(judged) - num_answerable, 1)}
    return _score_of_greatest_gain(judged, [gains[bool(one.references)] for one in judged])


def choose_best_f1_score(judged: Sequence[Judged]) -> float:
    """Choose the least score of an answer for which the mean F1 of `judged` is greatest.

    The lowest such score wins ties; without any unanswerable question it is minus infinity.
    """
    gains = [token_f1(one.predicted, one.references) - token_f1("", one.references) for one in judged]
    return _score_of_greatest_gain(judged, gains)


def _score_of_greatest_gain(judged: Sequence[Judged], gains: Sequence[float]) -> float:
    """Find the score from which on answering gains most; questions with equal scores go together."""
    if all(one.references for one in judged):
        return float("-inf")
    waiting = sorted((one.score, gain) for one, gain in zip(judged, gains, strict=True))
    best, chosen, total = 0.0, float("inf"), 0.0
    while waiting:
        score = waiting[-1][0]
        while waiting and waiting[-1][0] == score:
            total += waiting.pop()[1]
        if total >= best:
            best, chosen = total, score
    return chosen


def _f1(predicted: Sequence[str], reference: Sequence[str]) -> float:
    if not predicted or not reference:
        return float(predicted == reference)
    common = sum((Counter(predicted) & Counter(reference)).values())
    if not common:
        return 0.0
    precision, recall = common / len(predicted), common / len(reference)
    return 2 * precision * recall / (precision + recall)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else float("nan")
