"""One report on understanding, from parsed utterances and what they should have been.

Values only: `nlu.evaluation.page` draws them, `nlu.evaluation.comparison` sets two of them side by side.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from nlu.evaluation.confidence import (
    CoveragePoint,
    ReliabilityBin,
    auroc,
    chance_calibration_error,
    coverage_curve,
    expected_calibration_error,
    reliability_bins,
)
from nlu.evaluation.metrics import (
    Averages,
    Score,
    SpanKey,
    accuracy,
    average_scores,
    label_atoms,
    label_scores,
    span_key,
    span_scores,
)
from nlu.evaluation.tokens import TokenReport
from nlu.labels import INTENT_JOINER
from nlu.types import FALLBACK_INTENT, Example, IntentPrediction, ParsedUtterance

_BATCH_SIZE = 32


class Parse(Protocol):
    """Understands texts, each with what was asked before it."""

    def __call__(self, texts: Sequence[str], contexts: Sequence[str], /) -> list[ParsedUtterance]:
        """Give one parse per text; ``""`` is no context."""


class ReportError(Exception):
    """A report that cannot be read, or two that are not about the same examples."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often `expected` was understood as `got`; right ones are listed too."""

    expected: str
    got: str
    count: int


@dataclass(frozen=True, slots=True)
class Miss:
    """An utterance that was understood wrongly; `position` is its place among all examples, from 0.

    `is_refused` says that the thresholds turned it into a fallback, so that no wrong answer followed.
    """

    position: int
    text: str
    expected_intent: str
    got_intent: str
    confidence: float
    is_refused: bool
    expected_keys: tuple[SpanKey, ...]
    got_keys: tuple[SpanKey, ...]

    @property
    def expected_spans(self) -> tuple[str, ...]:
        """Give the spans to find as ``[piece](label)``."""
        return _describe(self.text, self.expected_keys)

    @property
    def got_spans(self) -> tuple[str, ...]:
        """Give the spans that were found as ``[piece](label)``."""
        return _describe(self.text, self.got_keys)


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """Quality on one set of examples.

    An intent ``a+b`` means the atomic intents a and b in any order; it is right only if both are found and
    nothing else.

    Attributes:
        num_examples: in-scope examples, the denominator of all rates but those out of scope.
        intent_accuracy: share whose most confident intent is right, before thresholds.
        accepted_accuracy: share whose intent is right after thresholds; a fallback counts as wrong.
        fallback_rate: share of in-scope examples that were refused, the false alarms; lower is better.
        macro_f1: of intents before thresholds, each intent counted once.
        calibration_error: expected calibration error of the best intent, 15 bins; lower is better.
        spans: strict span score: offsets, entity, role and group must all be right.
        frame_accuracy: share with the right intent and exactly the right spans.
        intents: score per intent as annotated; support 0 for one that was only guessed.
        intent_averages: micro, macro and weighted mean of `intents`.
        entities: strict span score per entity; support 0 for one that was only guessed.
        entity_averages: micro, macro and weighted mean of `entities`.
        atoms: score per atomic intent; empty unless some example has several.
        atom_averages: micro, macro and weighted mean of `atoms`; None with them.
        confusions: how often each intent was understood as which, most frequent first.
        reliability: confidence against accuracy in 15 bins of equal width.
        coverage: what other thresholds on the confidence would accept, and how much of that is right.
        misses: the wrong ones, for a person to read.
        num_out_of_scope: examples whose intent is `FALLBACK_INTENT`; they count nowhere else.
        out_of_scope_recall: share of them that were refused.
        out_of_scope_auroc: how well the out-of-scope score tells them from the others; None without them.
        accepted_out_of_scope: those that were not refused.
        examples_hash: of texts and annotations in their order; equal for reports that can be compared.
        tokens: score per token, when somebody asked for it.
        chance_calibration_error: the `calibration_error` of honest confidences on so few examples; None in
            reports of older versions.
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
    intent_averages: Averages
    entities: dict[str, Score]
    entity_averages: Averages
    atoms: dict[str, Score]
    atom_averages: Averages | None
    confusions: tuple[Confusion, ...]
    reliability: tuple[ReliabilityBin, ...]
    coverage: tuple[CoveragePoint, ...]
    misses: tuple[Miss, ...]
    num_out_of_scope: int
    out_of_scope_recall: float
    out_of_scope_auroc: float | None
    accepted_out_of_scope: tuple[Miss, ...]
    examples_hash: str
    tokens: TokenReport | None = None
    chance_calibration_error: float | None = None

    def to_json(self) -> dict[str, object]:
        """Give the report as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: object) -> EvaluationReport:
        """Read what `to_json` gave, as the json module returns it.

        Raises:
            ReportError: the document has another form.
        """
        from pydantic import TypeAdapter, ValidationError  # only for reading a report back

        try:
            return TypeAdapter(cls).validate_python(document)
        except ValidationError as error:
            raise ReportError(
                f"got a report in another form ({error.error_count()} errors, the first at "
                f"{error.errors()[0]['loc']}), expected one of this version; evaluate again"
            ) from error

    def summary(self) -> dict[str, float]:
        """Give the headline numbers; those that the examples say nothing about are left out."""
        numbers = {
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
        if self.out_of_scope_auroc is not None:
            numbers["out_of_scope_auroc"] = self.out_of_scope_auroc
        if self.atom_averages is not None:
            numbers["atom_f1"] = self.atom_averages.micro.f1
        return numbers


def evaluate(parse: Parse, examples: Sequence[Example]) -> EvaluationReport:
    """Parse all examples in batches and compare."""
    return compare(parse_all(parse, examples), examples)


def parse_all(parse: Parse, examples: Sequence[Example]) -> list[ParsedUtterance]:
    """Parse all examples in batches, each with what was asked before it; the order stays."""
    parsed: list[ParsedUtterance] = []
    for start in range(0, len(examples), _BATCH_SIZE):
        batch = examples[start : start + _BATCH_SIZE]
        parsed += parse([example.text for example in batch], [example.context for example in batch])
    return parsed


def compare(parsed: Sequence[ParsedUtterance], examples: Sequence[Example]) -> EvaluationReport:
    """Compare parsed utterances with the examples they came from, in the same order."""
    pairs = [
        _Pair(position, one, example)
        for position, (one, example) in enumerate(zip(parsed, examples, strict=True))
    ]
    in_scope = [pair for pair in pairs if not pair.is_out_of_scope]
    out_of_scope = [pair for pair in pairs if pair.is_out_of_scope]
    overall, entities = span_scores([pair.true_spans for pair in in_scope], [pair.spans for pair in in_scope])
    intents, intent_averages = _intent_scores(in_scope)
    atoms, atom_averages = _atom_scores(in_scope)
    right = [pair.is_right_intent for pair in in_scope]
    confidences = [pair.best.confidence for pair in in_scope]
    return EvaluationReport(
        num_examples=len(in_scope),
        intent_accuracy=accuracy(right),
        accepted_accuracy=accuracy([pair.is_right_answer for pair in in_scope]),
        fallback_rate=accuracy([pair.is_refused for pair in in_scope]),
        macro_f1=intent_averages.macro.f1,
        calibration_error=expected_calibration_error(confidences, right),
        spans=overall,
        frame_accuracy=accuracy([pair.is_right for pair in in_scope]),
        intents=intents,
        intent_averages=intent_averages,
        entities=entities,
        entity_averages=average_scores(overall, entities),
        atoms=atoms,
        atom_averages=atom_averages,
        confusions=_confusions(in_scope),
        reliability=reliability_bins(confidences, right),
        coverage=coverage_curve(confidences, right),
        misses=tuple(pair.miss() for pair in in_scope if not pair.is_right),
        num_out_of_scope=len(out_of_scope),
        out_of_scope_recall=accuracy([pair.is_refused for pair in out_of_scope]),
        out_of_scope_auroc=auroc(_scope_scores(in_scope), _scope_scores(out_of_scope)),
        accepted_out_of_scope=tuple(pair.miss() for pair in out_of_scope if not pair.is_refused),
        examples_hash=_hash_examples(examples),
        chance_calibration_error=chance_calibration_error(confidences),
    )


@dataclass(frozen=True, slots=True)
class _Pair:
    """What was understood beside what should have been."""

    position: int
    parsed: ParsedUtterance
    example: Example

    @property
    def is_out_of_scope(self) -> bool:
        return self.example.intent == FALLBACK_INTENT

    @property
    def is_refused(self) -> bool:
        return self.parsed.intent.name == FALLBACK_INTENT

    @property
    def best(self) -> IntentPrediction:
        return self.parsed.ranking[0] if self.parsed.ranking else self.parsed.intent

    @property
    def is_right_intent(self) -> bool:
        return label_atoms(self.best.name) == label_atoms(self.example.intent)

    @property
    def is_right_answer(self) -> bool:
        return label_atoms(self.parsed.intent.name) == label_atoms(self.example.intent)

    @property
    def true_spans(self) -> frozenset[SpanKey]:
        return frozenset(map(span_key, self.example.entities))

    @property
    def spans(self) -> frozenset[SpanKey]:
        return frozenset(map(span_key, self.parsed.entities))

    @property
    def is_right(self) -> bool:
        return self.is_right_intent and self.spans == self.true_spans

    def miss(self) -> Miss:
        return Miss(
            position=self.position,
            text=self.example.text,
            expected_intent=self.example.intent,
            got_intent=self.best.name,
            confidence=round(self.best.confidence, 4),
            is_refused=self.is_refused,
            expected_keys=tuple(sorted(self.true_spans)),
            got_keys=tuple(sorted(self.spans)),
        )


def _intent_scores(pairs: Sequence[_Pair]) -> tuple[dict[str, Score], Averages]:
    true = [frozenset({_in_order(pair.example.intent)}) for pair in pairs]
    overall, scores = label_scores(true, [frozenset({_in_order(pair.best.name)}) for pair in pairs])
    return scores, average_scores(overall, scores)


def _atom_scores(pairs: Sequence[_Pair]) -> tuple[dict[str, Score], Averages | None]:
    true = [label_atoms(pair.example.intent) for pair in pairs]
    if all(len(atoms) == 1 for atoms in true):
        return {}, None
    overall, scores = label_scores(true, [label_atoms(pair.best.name) for pair in pairs])
    return scores, average_scores(overall, scores)


def _scope_scores(pairs: Sequence[_Pair]) -> list[float]:
    return [pair.parsed.out_of_scope_score for pair in pairs]


def _confusions(pairs: Sequence[_Pair]) -> tuple[Confusion, ...]:
    counts = Counter((_in_order(pair.example.intent), _in_order(pair.best.name)) for pair in pairs)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Confusion(expected, got, count) for (expected, got), count in ordered)


def _in_order(label: str) -> str:
    """Write the atoms of a label in one order, so that ``b+a`` and ``a+b`` are one class."""
    return INTENT_JOINER.join(sorted(label_atoms(label)))


def _describe(text: str, keys: Sequence[SpanKey]) -> tuple[str, ...]:
    return tuple(f"[{text[start:end]}]({span_label(*labels)})" for start, end, *labels in keys)


def span_label(entity: str, role: str, group: str) -> str:
    """Give entity, role and group as one label."""
    return "|".join((entity, role, group)).rstrip("|")


def _hash_examples(examples: Sequence[Example]) -> str:
    values = [[one.text, one.context, one.intent, sorted(map(span_key, one.entities))] for one in examples]
    return hashlib.sha256(json.dumps(values).encode("ascii")).hexdigest()
