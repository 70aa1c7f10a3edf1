from app.dialogue.domain import (
    Form,
    MappingCondition,
    ResponseCondition,
    ResponseVariation,
    SlotDefinition,
    SlotMapping,
)
from app.dialogue.rasa_domain import domain_to_rasa
from tests.fakes_dialogue import make_domain


def test_a_domain_is_written_as_custom_actions_expect_it() -> None:
    written = domain_to_rasa(make_domain())

    assert written["forms"]["return_form"]["required_slots"] == ["order_number", "reason", "confirmed"]
    assert "greet" in written["intents"]
    assert written["entities"] == ["order_number", "product", "colour"]
    assert written["responses"]["utter_greet"] == [{"text": "Hello!"}]
    assert written["session_config"]["session_expiration_time"] == 60.0


def test_slots_are_written_with_their_mappings() -> None:
    mapping = SlotMapping(
        "from_entity",
        entity="colour",
        intents=("inform",),
        conditions=(MappingCondition("f", "a"), MappingCondition(None)),
    )
    slots = {
        "a": SlotDefinition("a", "categorical", (mapping,), values=("red",)),
        "b": SlotDefinition("b", "float", initial_value=1.0, max_value=9.0),
    }

    written = domain_to_rasa(make_domain(slots=slots, forms={"f": Form("f", ("a",))}))["slots"]

    assert written["a"]["values"] == ["red"]
    assert written["a"]["mappings"] == [
        {
            "type": "from_entity",
            "entity": "colour",
            "intent": ["inform"],
            "conditions": [{"active_loop": "f", "requested_slot": "a"}, {"active_loop": None}],
        }
    ]
    assert (written["b"]["initial_value"], written["b"]["max_value"]) == (1.0, 9.0)


def test_variations_are_written_with_conditions_and_buttons() -> None:
    variation = ResponseVariation(
        "Hi", buttons=(("Yes", "/affirm"),), channel="sms", conditions=(ResponseCondition("a", 1),)
    )

    written = domain_to_rasa(make_domain(responses={"utter_x": (variation,)}))["responses"]["utter_x"]

    assert written == [
        {
            "text": "Hi",
            "buttons": [{"title": "Yes", "payload": "/affirm"}],
            "channel": "sms",
            "condition": [{"type": "slot", "name": "a", "value": 1}],
        }
    ]
