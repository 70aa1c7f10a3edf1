from typing import Any

import pytest

from app.dialogue.domain import Domain, Form, MappingCondition, SlotDefinition, SlotMapping, SlotType
from app.dialogue.events import ActionExecutionRejected, ActiveLoopChanged, BotUttered, Event, SlotSet
from app.dialogue.payload import parse_payload
from app.dialogue.slots import fill_slots, fillings, with_validated
from app.dialogue.tracker import empty_tracker, fold
from nlu.types import ParsedUtterance
from tests.fakes_dialogue import make_domain, parsed

IN_FORM = MappingCondition("f")
ASKED = MappingCondition("f", "a")
COLOUR = SlotMapping("from_entity", entity="colour")


def domain_of(
    *mappings: SlotMapping, slot_type: SlotType = "text", **slots: tuple[SlotMapping, ...]
) -> Domain:
    """Make a domain with the slot `a`, the other slots given, and a form `f` that asks for all of them."""
    definitions = {"a": SlotDefinition("a", slot_type, mappings)}
    definitions |= {name: SlotDefinition(name, "text", given) for name, given in slots.items()}
    form = Form("f", tuple(definitions), ignored_intents=("goodbye",))
    return make_domain(slots=definitions, forms={"f": form})


def filled(
    domain: Domain, utterance: ParsedUtterance, *events: Event, rest: bool = False
) -> dict[str, Any] | Any:
    found = fill_slots(utterance, fold(empty_tracker("c1"), events), domain)
    values = {event.slot: event.value for event in found}
    return values if rest else values.get("a", "not set")


RED = parsed("a red one", "inform", ("colour", "red"))
TWO = parsed("red or blue", "inform", ("colour", "red"), ("colour", "blue"))
PLAIN = parsed("because", "inform")
IN_F = ActiveLoopChanged("f")


@pytest.mark.parametrize(
    ("mapping", "utterance", "expected"),
    [
        (COLOUR, RED, "red"),
        (COLOUR, TWO, "blue"),
        (COLOUR, PLAIN, "not set"),
        (SlotMapping("from_entity", entity="colour", role="new"), RED, "not set"),
        (COLOUR, parsed("red", "inform", ("colour", "red", "new")), "not set"),
        (
            SlotMapping("from_entity", entity="colour", role="new"),
            parsed("red", "inform", ("colour", "red", "new")),
            "red",
        ),
        (SlotMapping("from_entity", entity="no_entity_of_the_domain"), RED, "not set"),
        (SlotMapping("from_text"), PLAIN, "because"),
        (SlotMapping("from_text", intents=("greet",)), PLAIN, "not set"),
        (SlotMapping("from_text", intents=("greet", "inform")), PLAIN, "because"),
        (SlotMapping("from_text", not_intents=("inform",)), PLAIN, "not set"),
        (SlotMapping("from_intent", value=True, intents=("inform",)), PLAIN, True),
        (SlotMapping("from_intent", value=0, intents=("inform",)), PLAIN, 0),
        (SlotMapping("from_intent", value=None), PLAIN, "not set"),
        (SlotMapping("custom", action="action_x"), PLAIN, "not set"),
    ],
)
def test_a_mapping_gives_a_value_when_it_applies(
    mapping: SlotMapping, utterance: ParsedUtterance, expected: object
) -> None:
    assert filled(domain_of(mapping), utterance) == expected


def test_the_first_mapping_with_a_value_wins() -> None:
    assert filled(domain_of(COLOUR, SlotMapping("from_text")), RED) == "red"
    assert filled(domain_of(COLOUR, SlotMapping("from_text")), PLAIN) == "because"


def test_a_list_slot_keeps_all_values() -> None:
    assert filled(domain_of(COLOUR, slot_type="list"), TWO) == ["red", "blue"]


def test_a_mapping_may_empty_a_slot_that_was_set() -> None:
    domain = domain_of(SlotMapping("from_intent", value=None))

    assert filled(domain, PLAIN, SlotSet("a", "x")) is None


@pytest.mark.parametrize(
    ("condition", "events", "applies"),
    [
        (IN_FORM, [], False),
        (IN_FORM, [IN_F], True),
        (IN_FORM, [ActiveLoopChanged("g")], False),
        (ASKED, [IN_F], False),
        (ASKED, [IN_F, SlotSet("requested_slot", "a")], True),
        (ASKED, [IN_F, SlotSet("requested_slot", "b")], False),
        (MappingCondition(None), [], True),
        (MappingCondition(None), [IN_F], False),
        (IN_FORM, [IN_F, SlotSet("requested_slot", "a"), ActionExecutionRejected("f")], False),
        (IN_FORM, [IN_F, SlotSet("requested_slot", "b"), ActionExecutionRejected("f")], True),
    ],
)
def test_a_condition_binds_a_mapping_to_a_form(
    condition: MappingCondition, events: list[Event], applies: bool
) -> None:
    domain = domain_of(SlotMapping("from_text", conditions=(condition,)))

    assert (filled(domain, PLAIN, *events) == "because") is applies


def test_the_active_form_ignores_intents_for_its_own_mappings_only() -> None:
    bye = parsed("bye", "goodbye")
    of_form = domain_of(SlotMapping("from_text", conditions=(IN_FORM,)))
    of_other = domain_of(SlotMapping("from_text", conditions=(MappingCondition("g"), MappingCondition(None))))

    assert filled(of_form, bye, IN_F) == "not set"
    assert filled(domain_of(SlotMapping("from_text")), bye, IN_F) == "not set"
    assert filled(of_other, bye, ActiveLoopChanged("g")) == "bye"


def test_in_a_form_an_entity_for_two_slots_fills_only_the_one_that_was_asked_for() -> None:
    domain = domain_of(COLOUR, b=(COLOUR,))
    asked = SlotSet("requested_slot", "a")

    assert filled(domain, RED, IN_F, asked, rest=True) == {"a": "red"}
    assert filled(domain, RED, rest=True) == {"a": "red", "b": "red"}


def test_in_a_form_an_entity_for_one_slot_fills_it_at_any_time() -> None:
    domain = domain_of(SlotMapping("from_text", conditions=(ASKED,)), b=(COLOUR,))

    assert filled(domain, RED, IN_F, rest=True) == {"b": "red"}


def test_a_slot_outside_the_form_is_never_ambiguous() -> None:
    domain = domain_of(COLOUR)
    definitions = {**domain.slots, "z": SlotDefinition("z", "text", (COLOUR,))}

    assert filled(make_domain(slots=definitions, forms=domain.forms), RED, IN_F, rest=True) == {
        "a": "red",
        "z": "red",
    }


def test_a_trigger_intent_counts_only_while_its_form_is_active() -> None:
    mapping = SlotMapping("from_trigger_intent", value="x", intents=("inform",), conditions=(IN_FORM,))

    assert filled(domain_of(mapping), PLAIN) == "not set"
    assert filled(domain_of(mapping), PLAIN, IN_F) == "x"


def test_the_requested_slot_is_never_filled() -> None:
    definition = SlotDefinition("requested_slot", "text", (SlotMapping("from_text"),))

    assert fill_slots(PLAIN, empty_tracker("c1"), make_domain(slots={"requested_slot": definition})) == []


def test_a_button_keeps_the_type_of_its_value() -> None:
    domain = domain_of(COLOUR)
    pressed = parse_payload('/inform{"colour": 7}', domain)

    assert pressed is not None
    assert filled(domain, pressed) == 7


def test_custom_mappings_name_their_actions_once() -> None:
    custom = SlotMapping("custom", action="action_x")
    never = SlotMapping("custom", action="action_y", intents=("greet",))
    domain = domain_of(custom, b=(custom, never), c=(SlotMapping("custom"),))

    assert fillings(PLAIN, empty_tracker("c1"), domain) == ["action_x"]


def test_a_custom_mapping_runs_where_it_stands_and_not_after_one_that_gives_a_value() -> None:
    custom, intent = SlotMapping("custom", action="action_x"), SlotMapping("from_intent", value="y")
    other = SlotMapping("custom", action="action_z")

    assert fillings(PLAIN, empty_tracker("c1"), domain_of(custom, intent, other)) == [
        "action_x",
        SlotSet("a", "y"),
    ]


def test_with_validated_keeps_candidates_that_the_action_did_not_name() -> None:
    candidates: list[Event] = [SlotSet("a", 1), SlotSet("b", 2)]

    merged = with_validated(candidates, [BotUttered("no"), SlotSet("a", None)])

    assert merged == [BotUttered("no"), SlotSet("a", None), SlotSet("b", 2)]
