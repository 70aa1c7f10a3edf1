from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from nlu.evaluation.report import compare, evaluate
from nlu.types import FALLBACK_INTENT, EntitySpan, IntentPrediction, ParsedUtterance
from tests.fakes_nlu import example

EXAMPLES = [
    example("hello", "greet"),
    example("track it", "track"),
    example("the [red](colour) one", "inform"),
]


def understood(text: str, intent: str, *entities: EntitySpan) -> ParsedUtterance:
    best = IntentPrediction(intent, 0.8)
    return ParsedUtterance(text, best, (best, IntentPrediction("other", 0.2)), entities)


def parse_all_right(texts: Sequence[str]) -> list[ParsedUtterance]:
    spans = {"the red one": (EntitySpan(4, 7, "colour", "red", "red", 0.9),)}
    intents = {one.text: one.intent for one in EXAMPLES}
    return [understood(text, intents[text], *spans.get(text, ())) for text in texts]


def test_perfect_parse_has_perfect_scores() -> None:
    report = evaluate(parse_all_right, EXAMPLES)

    assert report.intent_accuracy == report.frame_accuracy == report.macro_f1 == report.spans.f1 == 1.0
    assert report.misses == ()
    assert report.calibration_error == pytest.approx(0.2)


def test_missed_span_spoils_the_frame_but_not_the_intent() -> None:
    parsed = [*parse_all_right(["hello", "track it"]), understood("the red one", "inform")]

    report = compare(parsed, EXAMPLES)

    assert report.intent_accuracy == 1.0
    assert report.frame_accuracy == pytest.approx(2 / 3)
    assert report.spans.recall == 0.0
    assert report.misses[0].expected_spans == ("[red](colour)",)


def test_fallback_counts_against_the_accepted_accuracy_only() -> None:
    parsed = parse_all_right([one.text for one in EXAMPLES])
    refused = ParsedUtterance("hello", IntentPrediction(FALLBACK_INTENT, 0.2), parsed[0].ranking)

    report = compare([refused, *parsed[1:]], EXAMPLES)

    assert report.intent_accuracy == 1.0
    assert report.accepted_accuracy == pytest.approx(2 / 3)
    assert report.fallback_rate == pytest.approx(1 / 3)


def test_out_of_scope_examples_count_for_their_recall_only() -> None:
    nonsense = [example("asdf", FALLBACK_INTENT), example("qwer", FALLBACK_INTENT)]
    parsed = parse_all_right([one.text for one in EXAMPLES])
    refused = ParsedUtterance("asdf", IntentPrediction(FALLBACK_INTENT, 0.9), parsed[0].ranking)

    report = compare([*parsed, refused, understood("qwer", "track")], [*EXAMPLES, *nonsense])

    assert (report.num_examples, report.intent_accuracy, report.fallback_rate) == (3, 1.0, 0.0)
    assert (report.num_out_of_scope, report.out_of_scope_recall) == (2, 0.5)


def test_report_is_json() -> None:
    report = evaluate(parse_all_right, EXAMPLES)

    document = json.loads(json.dumps(report.to_json(), allow_nan=False))

    assert document["spans"]["f1"] == 1.0
    assert set(report.summary()) <= {*document, "span_f1"}


def test_evaluation_of_nothing_is_zero() -> None:
    assert evaluate(parse_all_right, []).intent_accuracy == 0.0
