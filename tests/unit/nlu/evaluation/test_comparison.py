from __future__ import annotations

from collections.abc import Sequence

import pytest

from nlu.evaluation.comparison import compare_figures, compare_misses
from nlu.evaluation.report import EvaluationReport, ReportError, compare
from nlu.types import FALLBACK_INTENT, IntentPrediction, ParsedUtterance
from tests.fakes_nlu import example

EXAMPLES = [example("hello", "greet"), example("track it", "track"), example("hello", "greet")]


def report_of(*intents: str, confidence: float = 0.8) -> EvaluationReport:
    return compare(parses_of(intents, confidence), EXAMPLES)


def parses_of(intents: Sequence[str], confidence: float) -> list[ParsedUtterance]:
    guesses = [IntentPrediction(intent, confidence) for intent in intents]
    return [ParsedUtterance(one.text, guess, (guess,)) for one, guess in zip(EXAMPLES, guesses, strict=True)]


def test_examples_that_changed_sides_are_found_by_their_place() -> None:
    before = report_of("greet", "greet", "track")
    after = report_of("track", "track", "track")

    changes = compare_misses(after, before)

    assert [(miss.position, miss.got_intent) for miss in changes.fixed] == [(1, "greet")]
    assert [(miss.position, miss.got_intent) for miss in changes.broken] == [(0, "track")]


def test_reports_on_other_examples_cannot_be_compared() -> None:
    other = compare([], [])

    with pytest.raises(ReportError, match="3 and 0 examples that differ"):
        compare_misses(report_of("greet", "track", "greet"), other)


def test_figures_say_what_is_better() -> None:
    before = report_of("greet", "greet", "greet", confidence=0.6)
    after = report_of("greet", "track", "greet", confidence=0.9)

    changes = {one.figure.name: one for one in compare_figures(after, before)}

    assert changes["intent_accuracy"].difference == pytest.approx(1 / 3)
    assert changes["intent_accuracy"].is_better is True
    assert changes["calibration_error"].before == pytest.approx(2 / 3 - 0.6)
    assert changes["calibration_error"].is_better is False
    assert changes["fallback_rate"].is_better is None


def test_figures_without_denominator_are_left_out() -> None:
    names = {one.figure.name for one in compare_figures(report_of("greet", "track", "greet"), None)}

    assert names.isdisjoint({"span_f1", "atom_f1", "out_of_scope_recall", "out_of_scope_auroc"})


def test_out_of_scope_figures_need_out_of_scope_examples_only() -> None:
    guess = IntentPrediction(FALLBACK_INTENT, 0.9)
    report = compare([ParsedUtterance("asdf", guess)], [example("asdf", FALLBACK_INTENT)])

    figures = {one.figure.name: one.value for one in compare_figures(report, None)}

    assert figures["out_of_scope_recall"] == 1.0
    assert "out_of_scope_auroc" not in figures
