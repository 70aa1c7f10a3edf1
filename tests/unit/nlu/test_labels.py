from __future__ import annotations

import pytest

from nlu.labels import LabelError, LabelMap, SpanLabel
from tests.fakes_nlu import example


def test_label_map_does_not_depend_on_the_order_of_examples() -> None:
    examples = [example("[red](colour|new)", "b"), example("[hat](product)", "a")]

    assert LabelMap.from_examples(examples) == LabelMap.from_examples(examples[::-1])


def test_label_map_keeps_roles_apart() -> None:
    label_map = LabelMap.from_examples([example("[red](colour|old) [blue](colour|new)", "swap")])

    assert [str(label) for label in label_map.span_labels] == ["colour|new", "colour|old"]


def test_label_map_survives_json() -> None:
    label_map = LabelMap.from_examples([example("[red](colour|old) [hat](product)", "swap")])

    assert LabelMap.from_json(label_map.to_json()) == label_map  # type: ignore[arg-type]


def test_unknown_intent_is_an_error_that_names_it() -> None:
    with pytest.raises(LabelError, match="got the intent 'fly'"):
        LabelMap(("greet",), ()).intent_id("fly")


def test_unknown_span_label_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(LabelError, match="'size', expected one of: colour"):
        LabelMap(("greet",), (SpanLabel("colour"),)).span_label_id(SpanLabel("size"))


def test_label_map_without_intents_is_an_error() -> None:
    with pytest.raises(LabelError, match="without intents"):
        LabelMap.from_examples([])


def test_label_file_of_another_form_is_an_error() -> None:
    with pytest.raises(LabelError, match="cannot be read"):
        LabelMap.from_json({"intents": ["greet"]})
