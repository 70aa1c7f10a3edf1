from __future__ import annotations

import pytest

from nlu.evaluation.figures import countable_figures
from nlu.evaluation.report import compare
from nlu.types import FALLBACK_INTENT, EntityAnnotation, Example
from tests.fakes_training import parse_as

PLAIN = Example("hello", "greet")
COLOUR = Example("the red one", "inform", (EntityAnnotation(4, 7, "colour", "red"),))
UNKNOWN = Example("who wins?", FALLBACK_INTENT)


def figures_of(*examples: Example, found: tuple[tuple[int, int, str], ...] = ()) -> dict[str, float]:
    parsed = [parse_as(example.text, "greet", *found) for example in examples]
    return countable_figures(compare(parsed, examples))


def test_figures_without_anything_to_count_are_left_out() -> None:
    figures = figures_of(PLAIN)

    assert not {"span_f1", "out_of_scope_recall"} & set(figures)
    assert (figures["intent_accuracy"], figures["num_out_of_scope"]) == (1.0, 0.0)


def test_a_zero_that_was_counted_is_shown() -> None:
    figures = figures_of(COLOUR, UNKNOWN)

    assert (figures["span_f1"], figures["out_of_scope_recall"]) == (0.0, 0.0)


def test_spans_that_nobody_annotated_are_counted_against_the_model() -> None:
    assert figures_of(PLAIN, found=((0, 5, "colour"),))["span_f1"] == 0.0


def test_only_out_of_scope_examples_tell_nothing_of_intents() -> None:
    assert set(figures_of(UNKNOWN)) == {"num_examples", "num_out_of_scope", "out_of_scope_recall"}


@pytest.mark.parametrize("examples", [(PLAIN,), (COLOUR, UNKNOWN)], ids=["few", "all"])
def test_order_is_that_of_the_summary(examples: tuple[Example, ...]) -> None:
    report = compare([parse_as(one.text, "greet") for one in examples], examples)

    assert list(countable_figures(report)) == [
        name for name in report.summary() if name in countable_figures(report)
    ]
