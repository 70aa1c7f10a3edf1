"""Slot mappings: what an utterance sets, in the terms of Rasa 3.x. Pure.

Custom mappings name an action; the manager runs it. `fill_slots` does everything that needs no action.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.dialogue.domain import Domain, MappingCondition, SlotDefinition, SlotMapping
from app.dialogue.events import Event, SlotSet
from app.dialogue.payload import is_intent, payload_value
from app.dialogue.reminders import is_external_text
from app.dialogue.tracker import REQUESTED_SLOT, Tracker
from nlu.types import ParsedUtterance


def fill_slots(parsed: ParsedUtterance, tracker: Tracker, domain: Domain) -> list[SlotSet]:
    """Give what the utterance sets, in the domain's order of slots; the first mapping with a value wins.

    Of several entity values a slot takes the last; a list slot keeps all. In a form, an entity for another
    slot than the requested one counts only if no other slot of the form has the same mapping.
    """
    return [item for item in fillings(parsed, tracker, domain) if isinstance(item, SlotSet)]


def fillings(parsed: ParsedUtterance, tracker: Tracker, domain: Domain) -> list[SlotSet | str]:
    """Give what the utterance sets and the actions of custom mappings that apply, each once, in order.

    A mapping after one that gives a value is not tried.
    """
    found: list[SlotSet | str] = []
    for slot in domain.slots.values():
        if slot.name != REQUESTED_SLOT:
            found += _fillings(slot, parsed, tracker, domain)
    return [
        item for place, item in enumerate(found) if isinstance(item, SlotSet) or item not in found[:place]
    ]


def _fillings(
    slot: SlotDefinition, parsed: ParsedUtterance, tracker: Tracker, domain: Domain
) -> list[SlotSet | str]:
    found: list[SlotSet | str] = []
    for mapping in slot.mappings:
        if not _applies(slot, mapping, parsed, tracker, domain):
            continue
        values = _values(mapping, parsed, tracker)
        if _gives(values, slot, tracker, domain):
            return [*found, SlotSet(slot.name, values if slot.type == "list" else values[-1])]
        if mapping.kind == "custom" and mapping.action:
            found.append(mapping.action)
    return found


def with_validated(candidates: Sequence[Event], validated: Sequence[Event]) -> list[Event]:
    """Give what a validating action said, then the candidates about which it said nothing."""
    named = {event.slot for event in validated if isinstance(event, SlotSet)}
    rest = [event for event in candidates if not (isinstance(event, SlotSet) and event.slot in named)]
    return [*validated, *rest]


def _gives(values: list[Any], slot: SlotDefinition, tracker: Tracker, domain: Domain) -> bool:
    """Say whether these are values; nothing is one only where it empties the slot."""
    if slot.type == "list" or not values or values[-1] is not None:
        return bool(values)
    return domain.slot_value(tracker.slots, slot.name) is not None


def _values(mapping: SlotMapping, parsed: ParsedUtterance, tracker: Tracker) -> list[Any]:
    match mapping.kind:
        case "from_entity":
            wanted = (mapping.entity, mapping.role, mapping.group)
            return [payload_value(e) for e in parsed.entities if (e.entity, e.role, e.group) == wanted]
        case "from_text":
            return [] if is_external_text(parsed) else [parsed.text]
        case "from_intent":
            return [mapping.value]
        case "from_trigger_intent":
            return [mapping.value] if _is_in_its_loop(mapping, tracker) else []
        case "custom":
            return []


def _applies(
    slot: SlotDefinition, mapping: SlotMapping, parsed: ParsedUtterance, tracker: Tracker, domain: Domain
) -> bool:
    return (
        _is_known(mapping, domain)
        and _is_intent_desired(mapping, parsed.intent.name, tracker, domain)
        and (
            mapping.kind == "from_trigger_intent" or _conditions_hold(slot.name, mapping.conditions, tracker)
        )
        and not _is_ambiguous(slot.name, mapping, tracker, domain)
    )


def _is_known(mapping: SlotMapping, domain: Domain) -> bool:
    """Say whether the domain has what the mapping reads; Rasa skips one that it does not."""
    if mapping.kind == "from_intent":
        return all(is_intent(intent, domain) for intent in mapping.intents)
    return mapping.kind != "from_entity" or mapping.entity in domain.entities


def _is_in_its_loop(mapping: SlotMapping, tracker: Tracker) -> bool:
    """Say whether the form that the utterance began is active: it reads the utterance when it begins."""
    loops = {condition.active_loop for condition in mapping.conditions}
    return tracker.active_loop is not None and (not loops or tracker.active_loop in loops)


def _is_intent_desired(mapping: SlotMapping, intent: str, tracker: Tracker, domain: Domain) -> bool:
    if mapping.intents:
        return intent in mapping.intents
    return intent not in mapping.not_intents and intent not in _ignored_intents(mapping, tracker, domain)


def _ignored_intents(mapping: SlotMapping, tracker: Tracker, domain: Domain) -> tuple[str, ...]:
    """Name the intents that the active form ignores, if the mapping is the form's affair."""
    form = domain.forms.get(tracker.active_loop) if tracker.active_loop else None
    loops = {condition.active_loop for condition in mapping.conditions}
    if form is None or (loops and form.name not in loops):
        return ()
    return form.ignored_intents


def _conditions_hold(slot: str, conditions: tuple[MappingCondition, ...], tracker: Tracker) -> bool:
    if not conditions:
        return True
    if tracker.is_loop_rejected and tracker.requested_slot == slot:
        return False
    return any(
        condition.active_loop == tracker.active_loop
        and (
            None in {condition.active_loop, condition.requested_slot}
            or condition.requested_slot == tracker.requested_slot
        )
        for condition in conditions
    )


def _is_ambiguous(slot: str, mapping: SlotMapping, tracker: Tracker, domain: Domain) -> bool:
    """Say whether an entity may be meant for several slots of the form, and this was not asked for."""
    form = domain.forms.get(tracker.active_loop) if tracker.active_loop else None
    if mapping.kind != "from_entity" or form is None or tracker.requested_slot == slot:
        return False
    if slot not in form.required_slots:
        return False
    same = [
        other
        for name in form.required_slots
        if name in domain.slots
        for other in domain.slots[name].mappings
        if other == mapping
    ]
    return len(same) > 1
