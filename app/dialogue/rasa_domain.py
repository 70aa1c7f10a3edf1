"""A domain as Rasa 3.x writes it in JSON, for custom actions. Pure."""

from __future__ import annotations

from typing import Any

from app.dialogue.domain import Domain, MappingCondition, ResponseVariation, SlotDefinition, SlotMapping

Json = dict[str, Any]

RASA_VERSION = "3.6.21"  # whose formats these are


def domain_to_rasa(domain: Domain) -> Json:
    """Write a domain as custom actions get it."""
    return {
        "version": "3.1",
        "intents": list(domain.intents),
        "entities": list(domain.entities),
        "slots": {name: _slot(slot) for name, slot in domain.slots.items()},
        "responses": {
            name: [_variation(variation) for variation in variations]
            for name, variations in domain.responses.items()
        },
        "actions": list(domain.actions),
        "forms": {
            form.name: {
                "required_slots": list(form.required_slots),
                "ignored_intents": list(form.ignored_intents),
            }
            for form in domain.forms.values()
        },
        "session_config": {
            "session_expiration_time": domain.session.expiration_minutes,
            "carry_over_slots_to_new_session": domain.session.carry_over_slots,
        },
        "e2e_actions": [],
    }


def _slot(slot: SlotDefinition) -> Json:
    written: Json = {
        "type": slot.type,
        "initial_value": slot.initial_value,
        "influence_conversation": slot.influence_conversation,
        "mappings": [_mapping(mapping) for mapping in slot.mappings],
    }
    if slot.type == "categorical":
        written["values"] = list(slot.values)
    if slot.type == "float":
        written |= {"min_value": slot.min_value, "max_value": slot.max_value}
    return written


def _mapping(mapping: SlotMapping) -> Json:
    written: Json = {
        "type": mapping.kind,
        "entity": mapping.entity,
        "role": mapping.role,
        "group": mapping.group,
        "value": mapping.value,
        "intent": list(mapping.intents) or None,
        "not_intent": list(mapping.not_intents) or None,
        "conditions": [_condition(condition) for condition in mapping.conditions] or None,
        "action": mapping.action,
    }
    return {key: value for key, value in written.items() if value is not None}


def _condition(condition: MappingCondition) -> Json:
    requested = {"requested_slot": condition.requested_slot} if condition.requested_slot else {}
    return {"active_loop": condition.active_loop, **requested}


def _variation(variation: ResponseVariation) -> Json:
    written: Json = {
        "text": variation.text or None,
        "buttons": [{"title": title, "payload": payload} for title, payload in variation.buttons] or None,
        "image": variation.image,
        "attachment": variation.attachment,
        "custom": dict(variation.custom) or None,
        "channel": variation.channel,
        "condition": [{"type": "slot", "name": c.slot, "value": c.value} for c in variation.conditions]
        or None,
    }
    return {key: value for key, value in written.items() if value is not None}
