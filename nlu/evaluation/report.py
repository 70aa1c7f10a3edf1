"""One report on understanding, from parsed utterances and what they should have been."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from nlu.evaluation.metrics import (
    Score,
    accuracy,
    class_scores,
    expected_calibration_error,
    macro_f1,
    span_key,
    span_scores,
)
from nlu.types import FALLBACK_INTENT, Example, IntentPrediction, ParsedUtterance

Parse = Callable[[Sequence[str]], list[ParsedUtterance]]

_BATCH_SIZE = 32


@dataclass(frozen=True, slots=True)
class Miss:
    """An utterance that was understood wrongly."""

    text: str
    expected_intent: str
    got_intent: str
    confidence: float
    expected_spans: tuple[str, ...]
    got_spans: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """Quality on one set of examples.

    Attributes:
        num_examples: in-scope examples, the denominator of all rates but the last.
        intent_accuracy: share whose most confident intent is right, before thresholds.
        accepted_accuracy: share whose intent is right after thresholds; a fallback counts as wrong.
        fallback_rate: share of in-scope examples that were refused; lower is better.
        macro_f1: of intents before thresholds, each intent counted once.
        calibration_error: expected calibration error of the best intent, 15 bins; lower is better.
        spans: strict span score: offsets, entity, role and group must all be right.
        frame_accuracy: share with the right intent and exactly the right spans.
        intents: score per intent.
        entities: strict span score per entity.
        misses: the wrong ones, for a person to read.
        num_out_of_scope: examples whose intent is `FALLBACK_INTENT`; they count nowhere else.
        out_of_scope_recall: share of them that were refused.
    """

    num_examples: int
    intent_accuracy: float
    accepted_accuracy: float
    fallback_rate: float
    macro_f1: float
    calibration_error: float
    spans: Score
    frame_accuracy: float
    intents: dict[str, Score]
    entities: dict[str, Score]
    misses: tuple[Miss, ...]
    num_out_of_scope: int = 0
    out_of_scope_recall: float = 0.0

    def to_json(self) -> dict[str, object]:
        """Give the report as JSON values."""
        return asdict(self)

    def summary(self) -> dict[str, float]:
        """Give the headline numbers."""
        return {
            "num_examples": self.num_examples,
            "intent_accuracy": self.intent_accuracy,
            "accepted_accuracy": self.accepted_accuracy,
            "fallback_rate": self.fallback_rate,
            "macro_f1": self.macro_f1,
            "calibration_error": self.calibration_error,
            "span_f1": self.spans.f1,
            "frame_accuracy": self.frame_accuracy,
            "num_out_of_scope": self.num_out_of_scope,
            "out_of_scope_recall": self.out_of_scope_recall,
        }


def evaluate(parse: Parse, examples: Sequence[Example]) -> EvaluationReport:
    """Parse all examples in batches and compare."""
    parsed: list[ParsedUtterance] = []
    for start in range(0, len(examples), _BATCH_SIZE):
        parsed += parse([example.text for example in examples[start : start + _BATCH_SIZE]])
    return compare(parsed, examples)


def compare(parsed: Sequence[ParsedUtterance], examples: Sequence[Example]) -> EvaluationReport:
    """Compare parsed utterances with the examples they came from, in the same order."""
    pairs = list(zip(parsed, examples, strict=True))
    in_scope = [(one, example) for one, example in pairs if example.intent != FALLBACK_INTENT]
    refused = [
        one.intent.name == FALLBACK_INTENT for one, example in pairs if example.intent == FALLBACK_INTENT
    ]
    best = [_best(one) for one, _ in in_scope]
    right = [guess.name == example.intent for guess, (_, example) in zip(best, in_scope, strict=True)]
    true_spans = [frozenset(map(span_key, example.entities)) for _, example in in_scope]
    found_spans = [frozenset(map(span_key, one.entities)) for one, _ in in_scope]
    frames = [hit and found == true for hit, found, true in zip(right, found_spans, true_spans, strict=True)]
    overall, entities = span_scores(true_spans, found_spans)
    intents = class_scores([example.intent for _, example in in_scope], [guess.name for guess in best])
    return EvaluationReport(
        num_examples=len(in_scope),
        intent_accuracy=accuracy(right),
        accepted_accuracy=accuracy([one.intent.name == example.intent for one, example in in_scope]),
        fallback_rate=accuracy([one.intent.name == FALLBACK_INTENT for one, _ in in_scope]),
        macro_f1=macro_f1(intents.values()),
        calibration_error=expected_calibration_error([guess.confidence for guess in best], right),
        spans=overall,
        frame_accuracy=accuracy(frames),
        intents=intents,
        entities=entities,
        misses=tuple(_miss(*pair) for pair, is_right in zip(in_scope, frames, strict=True) if not is_right),
        num_out_of_scope=len(refused),
        out_of_scope_recall=accuracy(refused),
    )


def _best(parsed: ParsedUtterance) -> IntentPrediction:
    return parsed.ranking[0] if parsed.ranking else parsed.intent


def _miss(parsed: ParsedUtterance, example: Example) -> Miss:
    best = _best(parsed)
    return Miss(
        text=example.text,
        expected_intent=example.intent,
        got_intent=best.name,
        confidence=round(best.confidence, 4),
        expected_spans=_describe(example.text, map(span_key, example.entities)),
        got_spans=_describe(example.text, map(span_key, parsed.entities)),
    )


def _describe(text: str, keys: object) -> tuple[str, ...]:
    described = []
    for start, end, entity, role, group in sorted(keys):  # type: ignore[call-overload]
        label = "|".join((entity, role, group)).rstrip("|")
        described.append(f"[{text[start:end]}]({label})")
    return tuple(described)
