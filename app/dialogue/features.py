"""How slots look to rules and stories: as features, like in Rasa, not as values. Pure.

A text slot only says whether it is set; a categorical slot says which of its values it has. A slot of type
any, or one that does not influence the conversation, has no features.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.dialogue.domain import Domain, SlotDefinition

Features = tuple[float, ...]
NOT_SET: Features = ()
ANY_SET: Features = (-1.0,)  # in a pattern: set, no matter to what

ANY_VALUE = object()
"""Value of a slot in a story that names only the slot."""

_OTHER = "__other__"


def has_features(domain: Domain, slot: str) -> bool:
    """Say whether rules and stories can see the slot at all."""
    definition = domain.slots.get(slot)
    return definition is not None and definition.influence_conversation and definition.type != "any"


def slot_features(definition: SlotDefinition, value: Any) -> Features:
    """Give what rules and stories see of a value; `NOT_SET` when there is nothing."""
    if value is None:
        return NOT_SET
    if value is ANY_VALUE:
        return ANY_SET
    features = _FEATURES[definition.type](definition, value)
    return features if any(features) else NOT_SET


def _is_set(_: SlotDefinition, __: Any) -> Features:
    return (1.0,)


def _bool(_: SlotDefinition, value: Any) -> Features:
    """Give nothing for what is neither true nor false, as a word that is no number."""
    truth = _truth(value)
    return NOT_SET if truth is None else (1.0, float(truth))


def _truth(value: Any) -> bool | None:
    if isinstance(value, str):
        word = value.strip().lower()
        return {"true": True, "false": False}.get(word, float(value) == 1 if value.isnumeric() else None)
    return bool(value == 1) if isinstance(value, bool | int | float) else None


def _categorical(definition: SlotDefinition, value: Any) -> Features:
    names = [name.casefold() for name in definition.values]
    if _OTHER not in names:
        names.append(_OTHER)
    wanted = "true" if value is True else "false" if value is False else str(value).casefold()
    index = names.index(wanted) if wanted in names else names.index(_OTHER)
    return tuple(float(i == index) for i in range(len(names)))


def _float(definition: SlotDefinition, value: Any) -> Features:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return NOT_SET
    span = definition.max_value - definition.min_value
    capped = min(max(number, definition.min_value), definition.max_value)
    return (1.0, (capped - definition.min_value) / span if span > 0 else 0.0)


def _list(_: SlotDefinition, value: Any) -> Features:
    return (1.0,) if value else NOT_SET


_FEATURES: Mapping[str, Callable[[SlotDefinition, Any], Features]] = {
    "text": _is_set,
    "bool": _bool,
    "categorical": _categorical,
    "float": _float,
    "list": _list,
    "any": lambda _, __: NOT_SET,
}
