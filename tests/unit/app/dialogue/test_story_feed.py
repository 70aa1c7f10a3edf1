from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.dialogue.domain import Domain, MappingCondition, SlotDefinition, SlotMapping
from app.dialogue.events import SlotSet, UserUttered
from app.dialogue.stories import IntentStep, SlotStep, StepEntity
from app.dialogue.story_feed import slot_event, unheard, utterance_events
from app.dialogue.tracker import empty_tracker, fold
from tests.fakes_dialogue import make_domain, parsed
from tests.fakes_story_test import words


def number(name: str, kind: Any = "text", **mapping: Any) -> SlotDefinition:
    return SlotDefinition(name, kind, (SlotMapping("from_entity", entity="order_number", **mapping),))


def domain_with(*slots: SlotDefinition) -> Domain:
    return make_domain(slots={slot.name: slot for slot in slots})


SLOTS = domain_with(
    number("plain"),
    number("all", "list"),
    number("of_role", role="new"),
    number("in_form", conditions=(MappingCondition("return_form"),)),
    number("outside", conditions=(MappingCondition(None), MappingCondition("return_form"))),
    SlotDefinition("undeclared", "text", (SlotMapping("from_entity", entity="nobody"),)),
    SlotDefinition("said", "text", (SlotMapping("from_text"),)),
)


def test_entities_fill_slots_that_have_no_conditions() -> None:
    step = words("12 or 13", "inform", ("order_number", "12"), ("order_number", "13"))

    uttered, *slots = utterance_events(step, parsed("12 or 13", "greet"), SLOTS)

    assert isinstance(uttered, UserUttered)
    assert (uttered.text, uttered.parsed.intent.name) == ("12 or 13", "inform")
    assert slots == [SlotSet("plain", "13"), SlotSet("all", ["12", "13"]), SlotSet("outside", "13")]


def test_an_entity_that_the_domain_does_not_have_fills_its_slot_in_a_story() -> None:
    step = IntentStep("inform", (StepEntity("nobody", "x"),))

    assert utterance_events(step, unheard(step), SLOTS)[1:] == [SlotSet("undeclared", "x")]


def test_a_domain_may_keep_entities_out_of_slots() -> None:
    step = IntentStep("inform", (StepEntity("order_number", "12"),))

    assert utterance_events(step, unheard(step), replace(SLOTS, stores_entities=False))[1:] == []


def test_an_entity_with_a_role_fills_the_slot_of_the_role() -> None:
    step = IntentStep("inform", (StepEntity("order_number", "12", role="new"),))

    assert utterance_events(step, unheard(step), SLOTS)[1:] == [SlotSet("of_role", "12")]


def test_the_full_name_of_a_retrieval_intent_comes_from_what_was_heard() -> None:
    (uttered,) = utterance_events(words("when?", "faq"), parsed("when?", "faq/hours"), SLOTS)

    assert isinstance(uttered, UserUttered)
    assert uttered.parsed.intent.name == "faq/hours"


@pytest.mark.parametrize(
    ("slot", "value"),
    [
        (SlotDefinition("s", "text"), "any"),
        (SlotDefinition("s", "list"), ["any"]),
        (SlotDefinition("s", "bool", initial_value=True), None),
        (SlotDefinition("s", "float", initial_value=0.5), None),
        (SlotDefinition("s", "categorical", values=("low", "high")), None),
        (SlotDefinition("other", "text"), "any"),
    ],
    ids=["text", "list", "bool", "float", "categorical", "no slot of the domain"],
)
def test_a_slot_without_a_value_is_set_if_it_is_a_text_or_list(slot: SlotDefinition, value: Any) -> None:
    event = slot_event(SlotStep("s", is_any=True), empty_tracker("c"), domain_with(slot))

    assert event == SlotSet("s", value)


def test_a_slot_without_a_value_keeps_the_one_that_it_has() -> None:
    tracker = fold(empty_tracker("c"), [SlotSet("plain", "12")])

    assert slot_event(SlotStep("plain", is_any=True), tracker, SLOTS) == SlotSet("plain", "12")
    assert slot_event(SlotStep("plain", None), tracker, SLOTS) == SlotSet("plain", None)
