"""How annotated examples were understood, in the keys of Rasa's ``/model/test/intents``. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.bot.story_report import LabelReport, SpanReport, label_report, span_report
from app.dialogue.states import intent_base
from nlu.types import EntityAnnotation, EntitySpan, Example, ParsedUtterance

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Understood:
    """An example beside what was understood of it."""

    example: Example
    parsed: ParsedUtterance


def evaluation_json(items: Sequence[Understood]) -> Json:
    """Judge intents, entities per extractor and retrieval intents; what the examples have none of is null."""
    with_intent = [item for item in items if item.example.intent]
    retrieval = [item for item in with_intent if intent_base(item.example.intent) != item.example.intent]
    has_entities = any(item.example.entities or item.parsed.entities for item in items)
    return {
        "intent_evaluation": _labels_json(with_intent, intent_base) if with_intent else None,
        "entity_evaluation": _entities_json(items) if has_entities else None,
        "response_selection_evaluation": _labels_json(retrieval, str) if retrieval else None,
    }


def _labels_json(items: Sequence[Understood], name_of: Callable[[str], str]) -> Json:
    """Compare intents by the name that `name_of` makes of them."""
    pairs = [(name_of(item.example.intent), name_of(item.parsed.intent.name)) for item in items]
    report = label_report(pairs)
    predictions = [
        {
            "text": item.example.text,
            "intent": wanted,
            "predicted": got,
            "confidence": item.parsed.intent.confidence,
        }
        for item, (wanted, got) in zip(items, pairs, strict=True)
    ]
    errors = [
        {
            "text": one["text"],
            "intent": one["intent"],
            "intent_prediction": {"name": one["predicted"], "confidence": one["confidence"]},
        }
        for one in predictions
        if one["intent"] != one["predicted"]
    ]
    return {"predictions": predictions, "errors": errors, **_summary(report, report.accuracy)}


def _entities_json(items: Sequence[Understood]) -> Json:
    """Compare entities; each extractor is measured at all that is annotated, as in Rasa."""
    extractors = {span.extractor for item in items for span in item.parsed.entities} or {"SpanHead"}
    return {name: _extractor_json(items, name) for name in sorted(extractors)}


def _extractor_json(items: Sequence[Understood], extractor: str) -> Json:
    found = [[span for span in item.parsed.entities if span.extractor == extractor] for item in items]
    report = span_report([(item.example.entities, spans) for item, spans in zip(items, found, strict=True)])
    errors = [
        {
            "text": item.example.text,
            "entities": [_span_json(span) for span in item.example.entities],
            "predicted_entities": [_span_json(span) for span in spans],
        }
        for item, spans in zip(items, found, strict=True)
        if span_report([(item.example.entities, spans)]).averages.micro.f1 < 1.0
        and (item.example.entities or spans)
    ]
    return {"errors": errors, **_summary(report, report.averages.micro.f1)}


def _summary(report: LabelReport | SpanReport, accuracy: float) -> Json:
    mean = report.averages.weighted
    return {
        "report": report.to_json(),
        "precision": mean.precision,
        "f1_score": mean.f1,
        "accuracy": accuracy,
    }


def _span_json(span: EntityAnnotation | EntitySpan) -> Mapping[str, Any]:
    parts = {"role": span.role, "group": span.group}
    written = {"start": span.start, "end": span.end, "entity": span.entity, "value": span.value}
    return written | {key: part for key, part in parts.items() if part is not None}
