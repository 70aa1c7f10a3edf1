"""What a story's steps mean as events, where nobody acts: the story itself says what happened. Pure.

As in Rasa, an utterance fills only the slots that an entity fills without any condition; every other slot and
every form is what the story says it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.dialogue.action_names import ACTION_BACK, ACTION_LISTEN, ACTION_RESTART
from app.dialogue.domain import Domain
from app.dialogue.events import (
    Event,
    FollowupActionSet,
    Restarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from app.dialogue.payload import is_payload, payload_value
from app.dialogue.states import intent_base
from app.dialogue.stories import NO_INTENT, IntentStep, SlotStep, StepEntity
from app.dialogue.story_slots import slots_of_entities
from app.dialogue.tracker import Tracker
from nlu.types import EntitySpan, IntentPrediction, ParsedUtterance

_EFFECTS: Mapping[str, Sequence[Event]] = {
    ACTION_RESTART: (Restarted(), FollowupActionSet(ACTION_LISTEN)),
    ACTION_BACK: (UserUtteranceReverted(), UserUtteranceReverted()),
}
_SET_BY_NAME = frozenset({"text", "list"})


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
    """Give what a slot step sets.

    One that names only the slot keeps the value of a text or list, or gives it some; a slot of another type
    is not set by it, as in Rasa.
    """
    if not step.is_any:
        return SlotSet(step.slot, step.value)
    slot = domain.slots.get(step.slot)
    if slot is not None and slot.type not in _SET_BY_NAME:
        return SlotSet(step.slot, None)
    present = domain.slot_value(tracker.slots, step.slot)
    some = ["any"] if slot is not None and slot.type == "list" else "any"
    return SlotSet(step.slot, present if present is not None else some)


def effect_of(action: str) -> Sequence[Event]:
    """Give what an action does to the conversation itself: nobody else can tell what the bot knows then."""
    return _EFFECTS.get(action, ())


def _span(entity: StepEntity, text: str) -> EntitySpan:
    start, end = entity.span or (0, 0)
    words = text[start:end]
    return EntitySpan(start, end, entity.entity, words, entity.value or words, 1.0, entity.role, entity.group)
