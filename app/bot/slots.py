"""Slots of a domain and the mappings that fill them, in Rasa 3.x terms and as Rasa 2.x wrote them."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from app.dialogue.domain import MappingCondition, MappingType, SlotDefinition, SlotMapping, SlotType
from nlu.data.yaml_source import YamlNode

_SLOT_KEYS = frozenset(
    {
        "type",
        "initial_value",
        "influence_conversation",
        "mappings",
        "values",
        "min_value",
        "max_value",
        "auto_fill",
        "value_reset_delay",
    }
)
_MAPPING_KEYS = frozenset(
    {"type", "entity", "role", "group", "value", "intent", "not_intent", "conditions", "action"}
)
_TYPES: dict[str, SlotType] = {
    "text": "text",
    "bool": "bool",
    "categorical": "categorical",
    "float": "float",
    "list": "list",
    "any": "any",
    "unfeaturized": "any",
    "TextSlot": "text",
    "BooleanSlot": "bool",
    "CategoricalSlot": "categorical",
    "FloatSlot": "float",
    "ListSlot": "list",
    "AnySlot": "any",
    "UnfeaturizedSlot": "any",
}
_MAPPING_TYPES: dict[str, MappingType] = {kind: kind for kind in get_args(MappingType)}


def read_slot(name: str, node: YamlNode) -> SlotDefinition:
    """Read the definition of the slot `name`.

    Raises:
        SourceError: an unknown type, key or mapping.
    """
    what = f"the slot '{name}'"
    node.mapping(what)
    node.forbid_other_keys(_SLOT_KEYS, what)
    slot_type = _read_type(node.require("type", what), what)
    slot = SlotDefinition(
        name=name,
        type=slot_type,
        mappings=read_mappings(node.get("mappings"), what),
        initial_value=node.plain_value("initial_value"),
        influence_conversation=_influence(node, slot_type, what),
        values=_names(node, "values", what),
        min_value=_number(node, "min_value", 0.0),
        max_value=_number(node, "max_value", 1.0),
    )
    if slot.min_value >= slot.max_value:
        raise node.error(f"{what}: expected min_value < max_value, got {slot.min_value} and {slot.max_value}")
    return slot


def read_mappings(node: YamlNode | None, what: str) -> tuple[SlotMapping, ...]:
    """Read a list of slot mappings; `what` names their owner in errors."""
    if node is None or node.value is None:
        return ()
    return tuple(_read_mapping(item, what) for item in node.sequence(f"mappings of {what}"))


def within_form(mapping: SlotMapping, *, form: str, slot: str) -> SlotMapping:
    """Bind a mapping that Rasa 2.x wrote under a form to that form, as Rasa's own migration does.

    Entities may arrive at any time while the form runs; everything else answers the form's question.
    """
    is_answer = mapping.kind not in {"from_entity", "from_trigger_intent"}
    condition = MappingCondition(active_loop=form, requested_slot=slot if is_answer else None)
    return replace(mapping, conditions=(condition,))


def _read_type(node: YamlNode, what: str) -> SlotType:
    written = node.text(f"type of {what}")
    module, _, name = written.rpartition(".")
    is_known = not module or module.startswith("rasa.")
    if not is_known or name not in _TYPES:
        expected = "text, bool, categorical, float, list, any"
        raise node.error(f"{what}: expected the type to be one of {expected}; got '{written}'")
    return _TYPES[name]


def _influence(node: YamlNode, slot_type: SlotType, what: str) -> bool:
    written = node.get("influence_conversation")
    if written is None:
        return slot_type != "any"
    influences = written.boolean(f"influence_conversation of {what}")
    if influences and slot_type == "any":
        raise written.error(f"{what}: a slot of type any cannot influence the conversation; expected false")
    return influences


def _read_mapping(node: YamlNode, owner: str) -> SlotMapping:
    what = f"a mapping of {owner}"
    node.mapping(what)
    node.forbid_other_keys(_MAPPING_KEYS, what)
    written = node.require("type", what)
    kind = _MAPPING_TYPES.get(written.text(f"type of {what}"))
    if kind is None:
        raise written.error(
            f"{what}: expected the type to be one of {', '.join(_MAPPING_TYPES)}; got {written.describe()}"
        )
    if kind == "from_entity":
        node.require("entity", f"{what} of type from_entity")
    if kind in {"from_intent", "from_trigger_intent"}:
        node.require("value", f"{what} of type {kind}")
    return SlotMapping(
        kind=kind,
        entity=node.optional_text("entity", what),
        role=node.optional_text("role", what),
        group=node.optional_text("group", what),
        value=node.plain_value("value"),
        intents=_names(node, "intent", what),
        not_intents=_names(node, "not_intent", what),
        conditions=_read_conditions(node.get("conditions"), what),
        action=node.optional_text("action", what),
    )


def _read_conditions(node: YamlNode | None, what: str) -> tuple[MappingCondition, ...]:
    conditions: list[MappingCondition] = []
    for item in node.sequence(f"conditions of {what}") if node is not None else ():
        item.mapping(f"a condition of {what}")
        item.forbid_other_keys(frozenset({"active_loop", "requested_slot"}), f"a condition of {what}")
        item.require("active_loop", f"a condition of {what}")
        loop, slot = item.optional_text("active_loop", what), item.optional_text("requested_slot", what)
        conditions.append(MappingCondition(loop, slot))
    return tuple(conditions)


def _names(node: YamlNode, key: str, what: str) -> tuple[str, ...]:
    written = node.get(key)
    return written.names(f"{key} of {what}") if written is not None else ()


def _number(node: YamlNode, key: str, default: float) -> float:
    value = node.get(key)
    return value.number(key) if value is not None else default
