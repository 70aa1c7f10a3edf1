"""What a story's steps mean as events, where nobody acts: the story itself says what happened. Pure.

As in Rasa, an utterance fills only the slots that an entity fills without any condition; every other slot and
every form is what the story says it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.dialogue.domain import Domain, SlotDefinition
from app.dialogue.events import Event, SlotSet, UserUttered
from app.dialogue.payload import is_payload, payload_value
from app.dialogue.states import intent_base
from app.dialogue.stories import NO_INTENT, IntentStep, SlotStep, StepEntity
from app.dialogue.story_slots import slots_of_entities
from app.dialogue.tracker import Tracker
from nlu.types import EntitySpan, IntentPrediction, ParsedUtterance


def utterance_events(step: IntentStep, heard: ParsedUtterance, domain: Domain) -> list[Event]:
    """Give the utterance as the story understands it, and the slots that its entities fill.

    Args:
        step: what the customer says.
        heard: what was understood; it fills in what the story leaves open.
        domain: the bot's domain.
    """
    parsed = expected_parse(step, heard)
    return [
        UserUttered(parsed.text, parsed, channel="test"),
        *slots_of_entities(parsed, domain, payload_value),
    ]


def expected_parse(step: IntentStep, heard: ParsedUtterance) -> ParsedUtterance:
    """Give what should have been understood; of a retrieval intent the story may name the base alone."""
    if step.intent == NO_INTENT:
        return heard
    is_base_of_heard = intent_base(heard.intent.name) == step.intent
    name = heard.intent.name if is_base_of_heard else step.intent
    entities = expected_entities(step, heard)
    return replace(heard, intent=IntentPrediction(name, 1.0), entities=entities)


def expected_entities(step: IntentStep, heard: ParsedUtterance) -> tuple[EntitySpan, ...]:
    """Give the entities that a step names; a payload says its own where the step names none."""
    if is_payload(heard) and not step.entities:
        return heard.entities
    return tuple(_span(entity, heard.text) for entity in step.entities)


def unheard(step: IntentStep) -> ParsedUtterance:
    """Give the parse of a step without words: what it says itself."""
    intent = IntentPrediction(step.intent, 1.0)
    return ParsedUtterance(f"/{step.intent}", intent, ranking=(intent,))


def slot_event(step: SlotStep, tracker: Tracker, domain: Domain) -> SlotSet:
    """Give what a slot step sets; one that names only the slot keeps its value, or gives it some value."""
    if not step.is_any:
        return SlotSet(step.slot, step.value)
    present = domain.slot_value(tracker.slots, step.slot)
    return SlotSet(step.slot, present if present is not None else _some_value(domain.slots.get(step.slot)))


def _span(entity: StepEntity, text: str) -> EntitySpan:
    start, end = entity.span or (0, 0)
    words = text[start:end]
    return EntitySpan(start, end, entity.entity, words, entity.value or words, 1.0, entity.role, entity.group)


def _some_value(slot: SlotDefinition | None) -> Any:
    """Give a value of the slot's type that rules and stories see as set."""
    if slot is None:
        return True
    values: Mapping[str, Any] = {
        "bool": True,
        "float": slot.max_value,
        "list": ["any"],
        "categorical": slot.values[0] if slot.values else "any",
    }
    return values.get(slot.type, "any")
