"""Which slots the entities of a story fill. Pure.

Nobody runs in a story, so only mappings that need no form count, and only those of entities; as in Rasa, what
the customer means and what the domain calls an entity do not matter there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.dialogue.domain import Domain, SlotMapping
from app.dialogue.events import SlotSet

Label = tuple[str | None, str | None, str | None]  # entity, role, group


def entity_slots(found: Iterable[tuple[Label, Any]], domain: Domain) -> list[SlotSet]:
    """Give the slots that entities fill, each by its label and value.

    Mapping by mapping: of several values the last, and a list slot keeps all.
    """
    found = list(found)
    events: list[SlotSet] = []
    for slot in domain.slots.values() if found and domain.stores_entities else ():
        wanted = [_label(mapping) for mapping in slot.mappings if _fills_alone(mapping)]
        values = [value for label in wanted for one, value in found if one == label]
        if values:
            events.append(SlotSet(slot.name, values if slot.type == "list" else values[-1]))
    return events


def _label(mapping: SlotMapping) -> Label:
    return mapping.entity, mapping.role, mapping.group


def _fills_alone(mapping: SlotMapping) -> bool:
    return mapping.kind == "from_entity" and (
        not mapping.conditions or mapping.conditions[0].active_loop is None
    )
