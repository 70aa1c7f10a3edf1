"""Numbers that only benchmarks need."""

from __future__ import annotations

import pytest

from benchmarks.nlu.data import NO_INTENT, Part, Window
from benchmarks.nlu.measure import intent_set_f1, measure, metrics_of
from nlu.evaluation.report import compare
from nlu.types import EntityAnnotation, EntitySpan, Example, IntentPrediction, ParsedUtterance


def parsed(text: str, intent: str, *spans: tuple[int, int, str]) -> ParsedUtterance:
    prediction = IntentPrediction(intent, 0.9)
    entities = tuple(EntitySpan(a, b, kind, text[a:b], text[a:b], 0.9) for a, b, kind in spans)
    return ParsedUtterance(text, prediction, (prediction,), entities)


class FakeInterpreter:
    """Answers with the context as the intent."""

    def parse(self, texts: list[str], contexts: list[str]) -> list[ParsedUtterance]:
        return [parsed(text, context) for text, context in zip(texts, contexts, strict=True)]


def test_intent_sets_are_scored_per_atom_and_none_is_empty() -> None:
    examples = [Example("a", "book+why"), Example("b", NO_INTENT), Example("c", "book")]
    answers = [parsed("a", "why+book"), parsed("b", "why"), parsed("c", NO_INTENT)]

    # right: book, why; predicted: book, why, why; true: book, why, book
    assert intent_set_f1(examples, answers) == pytest.approx(2 / 3)


def test_tokens_are_counted_where_the_set_has_windows() -> None:
    text = "John Smith left"
    person = EntityAnnotation(0, 10, "PER", "John Smith")
    example = Example(text, NO_INTENT, (person,))
    part = Part("test", (example,), (Window(text, (((0, 4), (5, 10), (11, 15)),)),))
    answers = [parsed(text, NO_INTENT, (0, 4, "PER"))]

    metrics = metrics_of(part, answers, compare(answers, part.examples))

    assert metrics["token_micro_f1"] == pytest.approx(2 / 3)
    assert metrics["token_f1 B-PER"] == 1.0
    assert metrics["token_f1 I-PER"] == 0.0
    assert metrics["span_f1"] == 0.0


def test_parsing_is_told_what_was_asked_before() -> None:
    examples = tuple(Example(f"text {n}", "time", context="time" if n % 2 else "date") for n in range(40))

    metrics, report = measure(FakeInterpreter(), Part("test", examples))  # type: ignore[arg-type]

    assert metrics["intent_accuracy"] == 0.5
    assert report.num_examples == 40
