"""The slots that an utterance fills where nobody acts and the story itself says what happened. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.dialogue.domain import Domain, SlotDefinition, SlotMapping
from app.dialogue.events import SlotSet
from nlu.types import EntitySpan, ParsedUtterance


def slots_of_entities(
    parsed: ParsedUtterance, domain: Domain, value_of: Callable[[EntitySpan], Any] = lambda span: span.value
) -> list[SlotSet]:
    """Give what the entities of an utterance set without any form, as in Rasa's stories.

    Mapping by mapping: of several values the last, and a list slot keeps all.
    """
    events: list[SlotSet] = []
    for slot in domain.slots.values() if domain.stores_entities else ():
        values = [value_of(span) for span in _spans_of(slot, parsed)]
        if values:
            events.append(SlotSet(slot.name, values if slot.type == "list" else values[-1]))
    return events


def _spans_of(slot: SlotDefinition, parsed: ParsedUtterance) -> list[EntitySpan]:
    wanted = [(m.entity, m.role, m.group) for m in slot.mappings if _is_outside_of_forms(m)]
    return [span for key in wanted for span in parsed.entities if (span.entity, span.role, span.group) == key]


def _is_outside_of_forms(mapping: SlotMapping) -> bool:
    """Say whether the mapping reads entities when no form is active; Rasa asks its first condition only."""
    if mapping.kind != "from_entity":
        return False
    return not mapping.conditions or mapping.conditions[0].active_loop is None
