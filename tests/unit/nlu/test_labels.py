from __future__ import annotations

import pytest

from nlu.labels import LabelError, LabelMap, SpanLabel, split_intent
from tests.fakes_nlu import example


def test_label_map_does_not_depend_on_the_order_of_examples() -> None:
    examples = [example("[red](colour|new)", "b"), example("[hat](product)", "a")]

    assert LabelMap.from_examples(examples) == LabelMap.from_examples(examples[::-1])


def test_label_map_keeps_roles_apart() -> None:
    label_map = LabelMap.from_examples([example("[red](colour|old) [blue](colour|new)", "swap")])

    assert [str(label) for label in label_map.span_labels] == ["colour|new", "colour|old"]


def test_label_map_numbers_the_atoms_and_keeps_the_labels_as_trained() -> None:
    label_map = LabelMap.from_examples(
        [example("x", intent) for intent in ("swap+greet", "buy", "greet+buy")]
    )

    assert label_map.intents == ("buy", "greet", "swap")
    assert label_map.intent_labels == ("buy", "greet+buy", "swap+greet")
    assert label_map.is_multi_label
    assert label_map.intent_ids("swap+greet") == (2, 1)


def test_the_order_of_atoms_makes_no_second_label() -> None:
    label_map = LabelMap.from_examples([example("x", intent) for intent in ("b+a", "a+b")])

    assert label_map.intent_labels == ("a+b",)


def test_label_map_without_combinations_has_its_intents_as_labels() -> None:
    label_map = LabelMap.from_examples([example("x", "faq/b"), example("y", "a")])

    assert label_map.intents == label_map.intent_labels == ("a", "faq/b")
    assert not label_map.is_multi_label
    assert label_map.intent_ids("faq/b") == (1,)


@pytest.mark.parametrize("label", ["a+", "+", "a++b", "a+a", "a+ "])
def test_half_a_combination_is_an_error(label: str) -> None:
    with pytest.raises(LabelError, match="expected different names joined by"):
        split_intent(label)


def test_label_map_survives_json() -> None:
    examples = [example("[red](colour|old) [hat](product)", "swap+greet"), example("hi", "greet")]
    label_map = LabelMap.from_examples(examples)

    assert LabelMap.from_json(label_map.to_json()) == label_map  # type: ignore[arg-type]


@pytest.mark.parametrize("intent", ["fly", "greet+fly"], ids=["alone", "in a combination"])
def test_unknown_intent_is_an_error_that_names_it(intent: str) -> None:
    with pytest.raises(LabelError, match="got the intent 'fly'"):
        LabelMap(("greet",), ()).intent_ids(intent)


def test_unknown_span_label_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(LabelError, match="'size', expected one of: colour"):
        LabelMap(("greet",), (SpanLabel("colour"),)).span_label_id(SpanLabel("size"))


def test_label_map_without_intents_is_an_error() -> None:
    with pytest.raises(LabelError, match="without intents"):
        LabelMap.from_examples([])


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({"intents": ["greet"], "span_labels": []}, "cannot be read .'intent_labels'"),
        ({"intents": ["greet"], "intent_labels": ["greet"]}, "cannot be read .'span_labels'"),
        (
            {"intents": ["a"], "intent_labels": ["a", "b"], "span_labels": []},
            "with 1 intents, expected the 2 of",
        ),
    ],
    ids=["without labels", "without spans", "labels that do not fit"],
)
def test_label_file_of_another_form_is_an_error(document: dict[str, list[object]], problem: str) -> None:
    with pytest.raises(LabelError, match=problem):
        LabelMap.from_json(document)
