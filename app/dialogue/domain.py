"""The domain of a bot: what it can hear, remember and say. Values only; `app.bot` builds them from files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

SlotType = Literal["text", "bool", "categorical", "float", "list", "any"]
MappingType = Literal["from_entity", "from_text", "from_intent", "from_trigger_intent", "custom"]


@dataclass(frozen=True, slots=True)
class MappingCondition:
    """A slot mapping applies only while this form is active (and, if given, asks for this slot)."""

    active_loop: str | None
    requested_slot: str | None = None


@dataclass(frozen=True, slots=True)
class SlotMapping:
    """One way to fill a slot, in Rasa 3.x terms; empty tuples mean "any"."""

    kind: MappingType
    entity: str | None = None
    role: str | None = None
    group: str | None = None
    value: Any = None
    intents: tuple[str, ...] = ()
    not_intents: tuple[str, ...] = ()
    conditions: tuple[MappingCondition, ...] = ()
    action: str | None = None


@dataclass(frozen=True, slots=True)
class SlotDefinition:
    """A remembered value of the conversation."""

    name: str
    type: SlotType
    mappings: tuple[SlotMapping, ...] = ()
    initial_value: Any = None
    influence_conversation: bool = True
    values: tuple[str, ...] = ()  # categorical
    min_value: float = 0.0  # float
    max_value: float = 1.0  # float


@dataclass(frozen=True, slots=True)
class Form:
    """A form asks for its slots in order until all are filled."""

    name: str
    required_slots: tuple[str, ...]
    ignored_intents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResponseCondition:
    """A response variation applies only if the slot has this value."""

    slot: str
    value: Any


@dataclass(frozen=True, slots=True)
class ResponseVariation:
    """One wording of a response; `{slot}` in the texts is filled from slots or the action's variables."""

    text: str = ""
    buttons: tuple[tuple[str, str], ...] = ()  # (title, payload)
    image: str | None = None
    attachment: str | None = None
    custom: Mapping[str, Any] = field(default_factory=dict)
    channel: str | None = None
    conditions: tuple[ResponseCondition, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """When a silence starts a new session; 0 minutes means never."""

    expiration_minutes: float = 60.0
    carry_over_slots: bool = True


@dataclass(frozen=True, slots=True)
class IntentDefinition:
    """An intent and which entities it uses (None: all)."""

    name: str
    is_retrieval: bool = False
    used_entities: tuple[str, ...] | None = None
    ignored_entities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Domain:
    """Everything a bot can hear, remember and say; keys of the mappings are names."""

    intents: Mapping[str, IntentDefinition]
    entities: tuple[str, ...]
    slots: Mapping[str, SlotDefinition]
    responses: Mapping[str, tuple[ResponseVariation, ...]]
    actions: tuple[str, ...]
    forms: Mapping[str, Form]
    session: SessionConfig = SessionConfig()
    actions_with_domain: frozenset[str] = frozenset()  # `send_domain: true`, for a selective action endpoint
    stores_entities: bool = True  # whether entities of stories fill slots, see `app.dialogue.story_slots`

    def initial_slots(self) -> dict[str, Any]:
        """Give every slot its initial value."""
        return {name: slot.initial_value for name, slot in self.slots.items()}

    def says(self, action: str) -> bool:
        """Say whether an action is a response: its name is one, or begins those of a retrieval intent."""
        if action in self.responses:
            return True
        is_retrieval = any(response.startswith(f"{action}/") for response in self.responses)
        return action.startswith("utter_") and (is_retrieval or action not in self.actions)

    def slot_value(self, slots: Mapping[str, Any], name: str) -> Any:
        """Give a slot's value among `slots` that were set, or else its initial value."""
        if name in slots:
            return slots[name]
        return self.slots[name].initial_value if name in self.slots else None
