from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from nlu.evaluation.report import Confusion, EvaluationReport, ReportError, compare, evaluate
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


def parse_all_right(texts: Sequence[str], contexts: Sequence[str] = ()) -> list[ParsedUtterance]:
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
    assert EvaluationReport.from_json(document) == report


def test_report_of_an_older_version_lacks_the_error_by_chance() -> None:
    document = evaluate(parse_all_right, EXAMPLES).to_json()
    del document["chance_calibration_error"]

    assert EvaluationReport.from_json(document).chance_calibration_error is None


def test_report_of_another_form_is_refused() -> None:
    with pytest.raises(ReportError, match="evaluate again"):
        EvaluationReport.from_json({"num_examples": 3})


def test_evaluation_of_nothing_is_zero() -> None:
    report = evaluate(parse_all_right, [])

    assert report.intent_accuracy == report.macro_f1 == report.calibration_error == 0.0
    assert report.out_of_scope_auroc is None
    assert (report.coverage, report.confusions, report.misses) == ((), (), ())


def test_examples_are_parsed_with_what_was_asked_before() -> None:
    asked: list[str] = []

    def parse(texts: Sequence[str], contexts: Sequence[str]) -> list[ParsedUtterance]:
        asked.extend(contexts)
        return [understood(text, "inform") for text in texts]

    evaluate(parse, [replace(example("blue", "inform"), context="which colour?"), example("hi", "greet")])

    assert asked == ["which colour?", ""]


def test_confusions_count_every_pair_most_frequent_first() -> None:
    examples = [example(text, "track") for text in ("a", "b", "c")]
    parsed = [understood("a", "track"), understood("b", "greet"), understood("c", "greet")]

    report = compare(parsed, examples)

    assert report.confusions == (Confusion("track", "greet", 2), Confusion("track", "track", 1))
    assert report.intents["greet"].support == 0


def test_several_intents_are_right_in_any_order() -> None:
    examples = [example("hi, where is it", "greet+track"), example("hello", "greet")]
    parsed = [understood("hi, where is it", "track+greet"), understood("hello", "greet")]

    report = compare(parsed, examples)

    assert report.intent_accuracy == report.accepted_accuracy == 1.0
    assert report.misses == ()


def test_each_atom_is_scored_for_itself() -> None:
    examples = [example("hi, where is it", "greet+track"), example("hello", "greet")]
    parsed = [understood("hi, where is it", "track"), understood("hello", "greet")]

    report = compare(parsed, examples)

    assert report.intent_accuracy == 0.5
    assert (report.atoms["greet"].recall, report.atoms["track"].f1) == (0.5, 1.0)
    assert report.atom_averages is not None
    assert report.summary()["atom_f1"] == pytest.approx(0.8)


def test_single_intents_have_no_atoms() -> None:
    report = evaluate(parse_all_right, EXAMPLES)

    assert (report.atoms, report.atom_averages) == ({}, None)


def test_out_of_scope_score_separates_what_is_out_of_scope() -> None:
    examples = [example("hello", "greet"), example("hi", "greet"), example("asdf", FALLBACK_INTENT)]
    parsed = [
        replace(understood(one.text, "greet"), out_of_scope_score=score)
        for one, score in zip(examples, (0.1, 0.7, 0.5), strict=True)
    ]

    report = compare(parsed, examples)

    assert report.out_of_scope_auroc == report.summary()["out_of_scope_auroc"] == 0.5
    assert [miss.text for miss in report.accepted_out_of_scope] == ["asdf"]


def test_examples_without_entities_have_no_entity_scores() -> None:
    report = compare([understood("hello", "greet")], [example("hello", "greet")])

    assert (report.entities, report.spans.support) == ({}, 0)
    assert report.frame_accuracy == 1.0


def test_span_where_none_belongs_spoils_the_frame() -> None:
    span = EntitySpan(0, 5, "colour", "hello", "hello", 0.9)

    report = compare([understood("hello", "greet", span)], [example("hello", "greet")])

    assert report.frame_accuracy == 0.0
    assert report.entities["colour"].support == 0
    assert report.misses[0].got_spans == ("[hello](colour)",)


def test_hash_tells_sets_of_examples_apart() -> None:
    parsed = parse_all_right([one.text for one in EXAMPLES])
    relabelled = [*EXAMPLES[:2], replace(EXAMPLES[2], intent="other")]

    assert compare(parsed, EXAMPLES).examples_hash != compare(parsed, relabelled).examples_hash
