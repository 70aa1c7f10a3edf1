from __future__ import annotations

import pytest

from nlu.evaluation.metrics import (
    Score,
    accuracy,
    average_scores,
    label_atoms,
    label_scores,
    macro_f1,
    score_counts,
    span_key,
    span_scores,
)
from nlu.types import EntityAnnotation, EntitySpan

RED = (4, 7, "colour", "", "")
COAT = (8, 12, "product", "", "")


def test_score_counts_equals_values_by_hand() -> None:
    score = score_counts(num_right=2, num_predicted=4, num_true=5)

    assert score == Score(0.5, 0.4, pytest.approx(4 / 9), 5)


def test_nothing_predicted_and_nothing_true_is_zero() -> None:
    assert score_counts(num_right=0, num_predicted=0, num_true=0) == Score(0.0, 0.0, 0.0, 0)
    assert accuracy([]) == 0.0
    assert macro_f1([]) == 0.0
    assert average_scores(Score(0.0, 0.0, 0.0, 0), {}).weighted == Score(0.0, 0.0, 0.0, 0)


def singles(labels: str) -> list[frozenset[str]]:
    return [frozenset({label}) for label in labels]


def test_macro_f1_counts_every_class_once() -> None:
    _, scores = label_scores(singles("aaaaaaaaab"), singles("aaaaaaaaaa"))

    assert scores["b"].f1 == 0.0
    assert macro_f1(scores.values()) == pytest.approx(scores["a"].f1 / 2)


def test_class_that_was_only_guessed_is_listed_but_not_averaged() -> None:
    overall, scores = label_scores(singles("aab"), singles("aac"))

    averages = average_scores(overall, scores)

    assert scores["c"] == Score(0.0, 0.0, 0.0, 0)
    assert (averages.macro.f1, averages.weighted.f1) == (0.5, pytest.approx(2 / 3))
    assert averages.micro.precision == pytest.approx(2 / 3)


def test_sets_of_labels_are_scored_label_by_label() -> None:
    overall, scores = label_scores([frozenset("ab"), frozenset("a")], [frozenset("a"), frozenset("ac")])

    assert scores["a"].f1 == 1.0
    assert scores["b"].recall == 0.0
    assert overall == Score(2 / 3, 2 / 3, pytest.approx(2 / 3), 3)


@pytest.mark.parametrize(
    ("label", "atoms"),
    [
        ("track", {"track"}),
        ("greet+track", {"greet", "track"}),
        ("faq/returns", {"faq/returns"}),
        ("", set()),
    ],
)
def test_label_atoms(label: str, atoms: set[str]) -> None:
    assert label_atoms(label) == atoms


@pytest.mark.parametrize(
    "guess",
    [(4, 8, "colour", "", ""), (4, 7, "size", "", ""), (4, 7, "colour", "new", "")],
    ids=["border", "entity", "role"],
)
def test_span_scores_are_strict(guess: tuple[int, int, str, str, str]) -> None:
    overall, per_entity = span_scores([frozenset({RED, COAT})], [frozenset({guess, COAT})])

    assert overall == Score(0.5, 0.5, 0.5, 2)
    assert per_entity["colour"].recall == 0.0
    assert per_entity["product"].f1 == 1.0


def test_span_key_ignores_value_and_confidence() -> None:
    annotation = EntityAnnotation(4, 7, "colour", "crimson")
    found = EntitySpan(4, 7, "colour", "red", "crimson", 0.9)

    assert span_key(annotation) == span_key(found) == RED
