"""How good the starter bot's answers are: right entry, right words, silence where the shop has no answer.

    python -m benchmarks.faq_answers          measures on the test questions
    python -m benchmarks.faq_answers --followups      on questions that need what was said before, with it
    python -m benchmarks.faq_answers --fit    fits the weights of `retrieval.decision` on the calibration ones

Both sets are read with the bot's bundle and reader. Who wrote them saw the questions and passages of the
entries, not their alternatives.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.dialogue.events import BotUttered, FaqSource, UserUttered
from app.dialogue.history import said_before
from benchmarks.faq_questions import FaqQuestion, read_faq_questions
from nlu.bundle import load_bundle
from nlu.evaluation.answers import Judged, measure_answers, token_f1
from nlu.evaluation.confidence import chance_calibration_error, expected_calibration_error
from nlu.interpreter import BundleInterpreter
from nlu.reader.types import Reading
from nlu.serving import load_serving_reader
from nlu.types import IntentPrediction, ParsedUtterance
from retrieval.answerer import AnswerThresholds, FaqAnswerer
from retrieval.decision import (
    Candidate,
    DecisionWeights,
    Evidence,
    gather_evidence,
    rank_candidates,
)
from retrieval.embedder import BatchedEmbedder
from retrieval.importers.read import read_faq
from retrieval.index import build_index
from retrieval.reader import PassageReader
from retrieval.shipped import SHIPPED_READER
from retrieval.types import FaqEntry, Hit

_PENALTY = 0.3  # L2 on all weights but the bias; chosen by cross-validation on the calibration questions
_NUM_FOLDS = 5
_COVERAGES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5)
_MARK_SCORES = (-2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0)
_THRESHOLDS = (0.4, 0.5, 0.6, 0.7, 0.8)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what was found for it."""

    question: FaqQuestion
    parsed: ParsedUtterance
    hits: Sequence[Hit]
    readings: Sequence[Reading | None]
    is_in_context: bool

    def candidates(self, weights: DecisionWeights | None = None) -> list[Candidate]:
        return rank_candidates(self.parsed, self.hits, self.readings, weights)

    def evidence(self) -> list[Evidence]:
        return gather_evidence(self.parsed, self.hits, self.readings)


@dataclass(frozen=True, slots=True)
class Decided:
    """The best candidate of a question: how sure, whether right, whether there was anything to find."""

    confidence: float
    is_right: bool
    is_answerable: bool


def main() -> int:
    args = _parser().parse_args()
    answerer, interpreter = _load(args)
    questions = read_faq_questions(args.bot / "tests" / _file_name(args))
    if args.followups:
        questions = questions[1::2]  # thresholds were chosen on the others
    entries = {entry.entry_id: entry for entry in read_faq(args.bot / "faq")}
    asked = _ask(_in_conversation(questions, args.after, entries), answerer, interpreter)
    if args.fit:
        _print_fit(asked)
    else:
        _print_found(asked)
        _print_spans(asked, answerer)
    if not args.followups:
        _print_decisions([_decide(one, one.candidates()) for one in asked])
    return 0


def _load(args: argparse.Namespace) -> tuple[FaqAnswerer, BundleInterpreter]:
    interpreter = BundleInterpreter(load_bundle(args.bundle or args.bot / "bundle"))
    entries, embed = read_faq(args.bot / "faq"), BatchedEmbedder(interpreter.embed)
    index = build_index(entries, embed, encoder_id=interpreter.encoder_id)
    reader = None if args.without_reader else PassageReader(load_serving_reader(args.reader).read)
    return FaqAnswerer(entries, index, interpreter.embed, reader=reader), interpreter


def _file_name(args: argparse.Namespace) -> str:
    if args.followups:
        return "faq_followups.yml"
    return "faq_calibration.yml" if args.fit or args.calibration else "faq_questions.yml"


def _in_conversation(
    questions: Sequence[FaqQuestion], after: str, entries: Mapping[str, FaqEntry]
) -> list[FaqQuestion]:
    """Put another question, half a set away, and its help text before each; or nothing; or leave them."""
    if after == "own":
        return list(questions)
    if after == "nothing":
        return [replace(question, after=()) for question in questions]
    half = len(questions) // 2
    return [
        replace(question, after=_turn_about(other, entries))
        for question, other in zip(questions, [*questions[half:], *questions[:half]], strict=True)
    ]


def _turn_about(question: FaqQuestion, entries: Mapping[str, FaqEntry]) -> tuple[str, ...]:
    """Give what the dialogue passes on of a turn in which `question` was answered; nothing if it was not."""
    if question.entry_id is None:
        return ()
    source = FaqSource(question.entry_id, "", "", 0, 0, 1.0)
    answer = BotUttered(entries[question.entry_id].passage, faq=source)
    return said_before([_uttered(question.question), answer, _uttered("")])


def _uttered(text: str) -> UserUttered:
    return UserUttered(text, ParsedUtterance(text, IntentPrediction("", 0.0)))


def _ask(
    questions: Sequence[FaqQuestion], answerer: FaqAnswerer, interpreter: BundleInterpreter
) -> list[Asked]:
    asked = []
    for question, parsed in zip(questions, interpreter.parse([q.question for q in questions]), strict=True):
        found = answerer.search(parsed, said_before=question.after)
        by_entry = {candidate.hit.entry_id: candidate.reading for candidate in found.candidates}
        chosen = [hit for hit in found.hits if hit.entry_id in by_entry]
        readings = [by_entry[hit.entry_id] for hit in chosen]
        asked.append(Asked(question, parsed, chosen, readings, found.is_in_context))
    return asked


def _decide(asked: Asked, candidates: Sequence[Candidate]) -> Decided:
    best = candidates[0]
    right = asked.question.entry_ids
    confidence = 0.0 if asked.is_in_context else best.confidence  # in context the bot only suggests
    return Decided(confidence, best.hit.entry_id in right, bool(right))


def _print_found(asked: Sequence[Asked]) -> None:
    answerable = [one for one in asked if one.question.entry_ids]
    first = np.mean([one.hits[0].entry_id in one.question.entry_ids for one in answerable])
    among = np.mean([any(h.entry_id in one.question.entry_ids for h in one.hits) for one in answerable])
    best = np.mean([_decide(one, one.candidates()).is_right for one in answerable])
    print(f"{len(answerable)} questions with an answer, {len(asked) - len(answerable)} without")
    print(f"right entry first in the search {first:.3f}, among the candidates {among:.3f}")
    print(f"right entry decided for {best:.3f}")


def _print_spans(asked: Sequence[Asked], answerer: FaqAnswerer) -> None:
    """Print how well the words are marked in the passage of the entry that answers, where it was read."""
    judged = []
    for one in asked:
        for hit, reading in zip(one.hits, one.readings, strict=True):
            if hit.entry_id == one.question.entry_id and reading is not None:
                passage = answerer.entry(hit.entry_id).passage
                marked, wanted = passage[reading.start : reading.end], one.question.answer or ""
                judged.append(Judged(marked, (wanted,), reading.score))
    if not judged:
        return
    quality = measure_answers(judged)
    print(f"words marked in {len(judged)} right passages: {quality.exact_match:.3f} exactly")
    print(f"their F1 {quality.f1:.3f}")
    for least in (*_MARK_SCORES, AnswerThresholds().min_mark_score):
        shown = [one for one in judged if one.score >= least]
        near = [one for one in shown if token_f1(one.predicted, one.references) > 0]
        share = len(near) / max(len(shown), 1)
        print(f"marks of score {least:4.1f} and above: {len(shown)}, {share:.3f} of them near the words")


def _print_decisions(decided: Sequence[Decided]) -> None:
    confidences, right = [one.confidence for one in decided], [one.is_right for one in decided]
    error = expected_calibration_error(confidences, right)
    by_chance = chance_calibration_error(confidences)
    print(f"calibration error {error:.3f} (honest confidences on so few: {by_chance:.3f})")
    print("answerable answered  accuracy of answers  of these without an answer  threshold")
    for coverage in _COVERAGES:
        _print_row(decided, _threshold_of(decided, coverage))
    print("at thresholds:")
    for threshold in (*_THRESHOLDS, AnswerThresholds().min_confidence):
        _print_row(decided, threshold)


def _threshold_of(decided: Sequence[Decided], coverage: float) -> float:
    """Give the confidence that `coverage` of the answerable questions reach."""
    sure = sorted((one.confidence for one in decided if one.is_answerable), reverse=True)
    return sure[max(round(coverage * len(sure)), 1) - 1]


def _print_row(decided: Sequence[Decided], threshold: float) -> None:
    answered = [one for one in decided if one.confidence >= threshold]
    answerable = [one for one in decided if one.is_answerable]
    coverage = sum(one.is_answerable for one in answered) / len(answerable)
    accuracy = sum(one.is_right for one in answered) / max(len(answered), 1)
    foreign = sum(not one.is_answerable for one in answered) / max(len(decided) - len(answerable), 1)
    print(f"{coverage:18.3f} {accuracy:20.3f} {foreign:27.3f} {threshold:10.3f}")


def _print_fit(asked: Sequence[Asked]) -> None:
    folds = np.arange(len(asked)) % _NUM_FOLDS
    unseen: list[Decided] = []
    for fold in range(_NUM_FOLDS):
        train = [one for one, own in zip(asked, folds, strict=True) if own != fold]
        weights = _fit(train)
        test = [one for one, own in zip(asked, folds, strict=True) if own == fold]
        unseen += [_decide(one, one.candidates(weights)) for one in test]
    print(f"cross-validated on {len(asked)} questions, penalty {_PENALTY}:")
    _print_decisions(unseen)
    fitted = _fit(asked)
    slopes = ", ".join(f"{value:.3f}" for value in astuple(fitted.slopes))
    print(f"fitted on all: DecisionWeights(Evidence({slopes}), {fitted.bias:.3f})")
    print("with the weights that ship:")


def _fit(asked: Sequence[Asked]) -> DecisionWeights:
    """Fit which candidate is right, then how likely the best one is."""
    rows = [
        (astuple(evidence), hit.entry_id in one.question.entry_ids)
        for one in asked
        for hit, evidence in zip(one.hits, one.evidence(), strict=True)
    ]
    features = np.array([[*row, 1.0] for row, _ in rows])
    fitted = _regress(features, np.array([float(right) for _, right in rows]), penalty=_PENALTY)
    ranking = _weights(fitted)
    decided = [_decide(one, one.candidates(ranking)) for one in asked]
    logits = np.array([[_logit(one.confidence), 1.0] for one in decided])
    scale, shift = _regress(logits, np.array([float(one.is_right) for one in decided]), penalty=0.0)
    return _weights(scale * fitted + np.array([*np.zeros(len(fitted) - 1), shift]))


def _weights(coefficients: NDArray[np.float64]) -> DecisionWeights:
    """Take the last coefficient as the bias."""
    *slopes, bias = coefficients.tolist()
    return DecisionWeights(Evidence(*slopes), bias)


def _regress(
    features: NDArray[np.float64], right: NDArray[np.float64], *, penalty: float
) -> NDArray[np.float64]:
    """Fit a logistic regression by Newton's method; the last column is the bias, which has no penalty."""
    coefficients = np.zeros(features.shape[1])
    decay = np.full(features.shape[1], penalty) + 1e-6
    decay[-1] = 1e-6
    for _ in range(50):
        chance = 1 / (1 + np.exp(-features @ coefficients))
        slope = features.T @ (chance - right) + decay * coefficients
        curvature = (features.T * (chance * (1 - chance))) @ features + np.diag(decay)
        coefficients -= np.linalg.solve(curvature, slope)
    return coefficients


def _logit(confidence: float) -> float:
    clipped = min(max(confidence, 1e-9), 1 - 1e-9)
    return float(np.log(clipped / (1 - clipped)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bot", type=Path, default=Path("bots/retail"))
    parser.add_argument("--bundle", type=Path, help="by default the bot's own")
    parser.add_argument("--reader", type=Path, default=SHIPPED_READER)
    parser.add_argument("--without-reader", action="store_true")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--followups", action="store_true", help="the follow-up questions")
    which.add_argument("--calibration", action="store_true", help="measure on the calibration questions")
    parser.add_argument(
        "--after",
        choices=("own", "nothing", "another"),
        default="own",
        help="what was said before: what the file says, nothing, or another question with its answer",
    )
    parser.add_argument("--fit", action="store_true", help="on the calibration questions")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
