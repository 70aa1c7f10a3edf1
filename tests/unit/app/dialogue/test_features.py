from typing import Any

import pytest

from app.dialogue.domain import SlotDefinition, SlotType
from app.dialogue.features import ANY_SET, ANY_VALUE, NOT_SET, has_features, slot_features
from tests.fakes_dialogue import make_domain


@pytest.mark.parametrize(
    ("slot_type", "value", "expected"),
    [
        ("text", "anything", (1.0,)),
        ("text", None, NOT_SET),
        ("text", ANY_VALUE, ANY_SET),
        ("bool", True, (1.0, 1.0)),
        ("bool", False, (1.0, 0.0)),
        ("bool", "True", (1.0, 1.0)),
        ("bool", " false", (1.0, 0.0)),
        ("bool", "no", NOT_SET),
        ("bool", "1", (1.0, 1.0)),
        ("bool", 1, (1.0, 1.0)),
        ("bool", ["yes"], NOT_SET),
        ("list", [], NOT_SET),
        ("list", ["a"], (1.0,)),
        ("categorical", "RED", (1.0, 0.0, 0.0)),
        ("categorical", "yellow", (0.0, 0.0, 1.0)),
        ("float", 5, (1.0, 0.5)),
        ("float", "99", (1.0, 1.0)),
        ("float", "many", NOT_SET),
        ("any", "anything", NOT_SET),
    ],
)
def test_slot_features_are_what_rules_may_compare(
    slot_type: SlotType, value: Any, expected: tuple[float, ...]
) -> None:
    slot = SlotDefinition("s", slot_type, values=("red", "blue"), max_value=10.0)

    assert slot_features(slot, value) == expected


def test_a_categorical_slot_may_have_truth_values() -> None:
    slot = SlotDefinition("s", "categorical", values=("true", "false", "__other__"))

    assert slot_features(slot, True) == (1.0, 0.0, 0.0)
    assert slot_features(slot, False) == (0.0, 1.0, 0.0)


def test_a_float_slot_without_a_range_only_says_that_it_is_set() -> None:
    assert slot_features(SlotDefinition("s", "float", min_value=1.0, max_value=1.0), 3) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("slot", "expected"), [("order_number", True), ("reason", False), ("no_such_slot", False)]
)
def test_only_slots_that_influence_the_conversation_have_features(slot: str, expected: bool) -> None:
    assert has_features(make_domain(), slot) is expected
