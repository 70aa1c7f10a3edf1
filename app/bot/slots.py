"""Slots of a domain and the mappings that fill them, in Rasa 3.x terms and as Rasa 2.x wrote them."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from app.dialogue.domain import MappingCondition, MappingType, SlotDefinition, SlotMapping, SlotType
from nlu.data.problems import Problems
from nlu.data.yaml_source import YamlNode

_SLOT_KEYS = frozenset(
    {
        "type",
        "initial_value",
        "influence_conversation",
        "mappings",
        "auto_fill",
        "value_reset_delay",
    }
)
_KEYS_OF_TYPE = {
    "categorical": frozenset({"values"}),
    "float": frozenset({"min_value", "max_value"}),
}
_MAPPING_KEYS = frozenset(
    {"type", "entity", "role", "group", "value", "intent", "not_intent", "conditions", "action"}
)
_CONDITION_KEYS = frozenset({"active_loop", "requested_slot"})
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


def read_slot(name: str, node: YamlNode, problems: Problems) -> SlotDefinition:
    """Read the definition of the slot `name`; a mapping with a mistake is left out.

    Raises:
        SourceError: no type, or a value of the wrong kind.
    """
    what = f"the slot '{name}'"
    node.mapping(what)
    slot_type = _read_type(node.require("type", what), what, problems)
    if slot_type is not None:
        problems.doubt_other_keys(node, _SLOT_KEYS | _KEYS_OF_TYPE.get(slot_type, frozenset()), what)
    slot = SlotDefinition(
        name=name,
        type=slot_type or "any",
        mappings=read_mappings(node.get("mappings"), what, problems),
        initial_value=node.plain_value("initial_value"),
        influence_conversation=slot_type is not None and _influence(node, slot_type, what),
        values=_read_values(node.get("values"), what, problems),
        min_value=_number(node, "min_value", 0.0),
        max_value=_number(node, "max_value", 1.0),
    )
    if slot.min_value >= slot.max_value:
        raise node.error(f"{what}: expected min_value < max_value, got {slot.min_value} and {slot.max_value}")
    return slot


def _read_values(node: YamlNode | None, what: str, problems: Problems) -> tuple[str, ...]:
    """Read the values of a categorical slot; null is none of them, since a slot without value has it."""
    if node is None or node.value is None:
        return ()
    values: list[str] = []
    for item in node.sequence(f"values of {what}") if isinstance(node.value, list) else [node]:
        if item.value is None:
            problems.warn(item.source, f"values of {what}: null is no value; left out")
        else:
            values.append(item.text(f"an item of values of {what}"))
    return tuple(values)


def read_mappings(node: YamlNode | None, what: str, problems: Problems) -> tuple[SlotMapping, ...]:
    """Read a slot mapping, or a list of them; `what` names their owner in errors."""
    if node is None or node.value is None:
        return ()
    items = [node] if isinstance(node.value, dict) else node.sequence(f"mappings of {what}")
    mappings: list[SlotMapping] = []
    for item in items:
        with problems.noted():
            mappings.append(_read_mapping(item, what, problems))
    return tuple(mappings)


def within_form(mapping: SlotMapping, *, form: str, slot: str) -> SlotMapping:
    """Bind a mapping that Rasa 2.x wrote under a form to that form, as Rasa's own migration does.

    Entities may arrive at any time while the form runs; everything else answers the form's question.
    """
    is_answer = mapping.kind not in {"from_entity", "from_trigger_intent"}
    condition = MappingCondition(active_loop=form, requested_slot=slot if is_answer else None)
    return replace(mapping, conditions=(condition,))


def _read_type(node: YamlNode, what: str, problems: Problems) -> SlotType | None:
    """Give the type; None for a class of the bot's own, whose values are kept without looking at them.

    Raises:
        SourceError: there is no such type.
    """
    written = node.text(f"type of {what}")
    module, _, name = written.rpartition(".")
    expected = "text, bool, categorical, float, list, any"
    if module and not module.startswith("rasa."):
        text = f"{what}: expected the type to be one of {expected}; got '{written}'; treated as 'any'"
        problems.doubt(node.source, text)
        return None
    if name in {"unfeaturized", "UnfeaturizedSlot"}:
        problems.warn(node.source, f"{what}: '{written}' is a type of Rasa 2; treated as 'any'")
    if name not in _TYPES:
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


def _read_mapping(node: YamlNode, owner: str, problems: Problems) -> SlotMapping:
    what = f"a mapping of {owner}"
    node.mapping(what)
    problems.doubt_other_keys(node, _MAPPING_KEYS, what)
    written = node.require("type", what)
    kind = _MAPPING_TYPES.get(written.text(f"type of {what}"))
    if kind is None:
        raise written.error(
            f"{what}: expected the type to be one of {', '.join(_MAPPING_TYPES)}; got {written.describe()}"
        )
    if kind == "from_entity":
        node.require("entity", f"{what} of type from_entity")
    is_of_intent = kind in {"from_intent", "from_trigger_intent"}
    if is_of_intent and node.require("value", f"{what} of type {kind}").value is None:
        problems.doubt(node.source, f"{what} of type {kind}: expected a value; Rasa refuses null")
    return SlotMapping(
        kind=kind,
        entity=node.optional_text("entity", what),
        role=node.optional_text("role", what),
        group=node.optional_text("group", what),
        value=node.plain_value("value"),
        intents=_names(node, "intent", what),
        not_intents=_names(node, "not_intent", what),
        conditions=_read_conditions(node.get("conditions"), what, problems),
        action=node.optional_text("action", what),
    )


def _read_conditions(node: YamlNode | None, what: str, problems: Problems) -> tuple[MappingCondition, ...]:
    conditions: list[MappingCondition] = []
    items = node.sequence(f"conditions of {what}") if node is not None and node.value is not None else ()
    for item in items:
        item.mapping(f"a condition of {what}")
        problems.doubt_other_keys(item, _CONDITION_KEYS, f"a condition of {what}")
        if item.get("active_loop") is None:
            text = f"a condition of {what}: expected the key 'active_loop', got {item.describe()}"
            problems.doubt(item.source, f"{text}; taken as no form")
        loop, slot = item.optional_text("active_loop", what), item.optional_text("requested_slot", what)
        conditions.append(MappingCondition(loop, slot if loop is not None else None))
    return tuple(conditions)


def _names(node: YamlNode, key: str, what: str) -> tuple[str, ...]:
    written = node.get(key)
    return written.names(f"{key} of {what}") if written is not None else ()


def _number(node: YamlNode, key: str, default: float) -> float:
    value = node.get(key)
    return value.number(key) if value is not None else default
