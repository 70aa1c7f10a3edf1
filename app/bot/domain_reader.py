"""The domain of a bot: the sections of all its files, merged into one `Domain`.

A domain may be one file or a folder, and any section may also stand in a training data file. What is
defined twice must be defined the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from app.bot.responses import read_response
from app.bot.slots import read_mappings, read_slot, within_form
from app.dialogue.domain import (
    Domain,
    Form,
    IntentDefinition,
    ResponseVariation,
    SessionConfig,
    SlotDefinition,
    SlotMapping,
)
from nlu.data.yaml_source import YamlNode

DOMAIN_SECTIONS = frozenset(
    {
        "intents",
        "entities",
        "slots",
        "responses",
        "actions",
        "forms",
        "e2e_actions",
        "session_config",
        "config",
    }
)
_INTENT_KEYS = frozenset({"use_entities", "ignore_entities", "is_retrieval_intent"})
_ENTITY_KEYS = frozenset({"roles", "groups", "influence_conversation"})
_FORM_KEYS = frozenset({"required_slots", "ignored_intents"})
_SESSION_KEYS = frozenset({"session_expiration_time", "carry_over_slots_to_new_session"})

_T = TypeVar("_T")
Places = dict[tuple[str | int, ...], str]


@dataclass(frozen=True, slots=True)
class DomainReading:
    """A domain with the places of its parts as ``file:line``, by kind and name (and number or slot)."""

    domain: Domain
    places: Places
    entity_roles: dict[str, tuple[str, ...]]


@dataclass(slots=True)
class _Sections:
    """What the files define, by name."""

    warnings: list[str]
    places: Places = field(default_factory=dict)
    intents: dict[str, IntentDefinition] = field(default_factory=dict)
    entity_roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    slots: dict[str, SlotDefinition] = field(default_factory=dict)
    responses: dict[str, tuple[ResponseVariation, ...]] = field(default_factory=dict)
    actions: dict[str, None] = field(default_factory=dict)
    actions_with_domain: set[str] = field(default_factory=set)
    forms: dict[str, Form] = field(default_factory=dict)
    form_mappings: list[tuple[str, SlotMapping]] = field(default_factory=list)  # (slot, …) of Rasa 2.x forms
    auto_filled: list[str] = field(default_factory=list)
    session: SessionConfig = SessionConfig()

    def place(self, section: dict[str, _T], kind: str, name: str, value: _T, node: YamlNode) -> None:
        """Take up a definition; a second one must say the same."""
        known = section.get(name, value)
        if known != value:
            first = self.places[kind, name]
            raise node.error(f"the {kind} '{name}' is already defined otherwise in {first}")
        section[name] = value
        self.places.setdefault((kind, name), node.source)

    def place_parts(self, kind: str, name: str, parts: YamlNode | None) -> None:
        """Note where the items of a list inside a definition stand, by their numbers from 0."""
        if parts is not None and isinstance(parts.value, list):
            for number, part in enumerate(parts.value):
                self.places.setdefault((kind, name, number), part.source)


def read_domain(documents: Iterable[YamlNode], warnings: list[str]) -> DomainReading:
    """Merge the domain sections of all documents.

    Args:
        documents: parsed files; keys that are no domain section are not looked at.
        warnings: gets what Rasa knows and SpanDesk does not use.

    Raises:
        SourceError: the first mistake.
    """
    sections = _Sections(warnings)
    for document in documents:
        for key, read in _READERS.items():
            node = document.get(key)
            if node is not None and node.value is not None:
                read(node, sections)
        if str(document.plain_value("version")).startswith("2"):
            sections.auto_filled += _auto_filled(document)
    return DomainReading(_domain(sections), sections.places, sections.entity_roles)


def _domain(sections: _Sections) -> Domain:
    retrieval = {_intent_of(name) for name in sections.responses if "/" in name}
    return Domain(
        intents={
            name: replace(intent, is_retrieval=True) if name in retrieval else intent
            for name, intent in sections.intents.items()
        },
        entities=tuple(sections.entity_roles),
        slots=_slots_with_form_mappings(sections),
        responses=sections.responses,
        actions=tuple(sections.actions),
        forms=sections.forms,
        session=sections.session,
        actions_with_domain=frozenset(sections.actions_with_domain),
    )


def _intent_of(response: str) -> str:
    """Name the retrieval intent that ``utter_<intent>/<question>`` answers."""
    return response.partition("/")[0].removeprefix("utter_")


def _slots_with_form_mappings(sections: _Sections) -> dict[str, SlotDefinition]:
    slots = dict(sections.slots)
    for name, mapping in sections.form_mappings:
        if name in slots:
            slots[name] = replace(slots[name], mappings=(*slots[name].mappings, mapping))
    for name in sections.auto_filled:
        if name in sections.entity_roles and not slots[name].mappings:
            mapping = SlotMapping(kind="from_entity", entity=name)
            slots[name] = replace(slots[name], mappings=(mapping,))
    return slots


def _auto_filled(document: YamlNode) -> list[str]:
    """Name the slots of a Rasa 2.x domain that an entity of the same name fills."""
    slots = document.get("slots")
    written = slots.mapping("slots") if slots is not None else {}
    return [name for name, slot in written.items() if slot.plain_value("auto_fill") is not False]


def _named_items(node: YamlNode, section: str) -> Iterator[tuple[str, YamlNode | None, YamlNode]]:
    """Give name, options and place of ``- name`` and ``- name: {options}``."""
    for item in node.sequence(section):
        if not isinstance(item.value, dict):
            yield item.text(f"an item of {section}"), None, item
            continue
        if len(item.value) != 1:
            raise item.error(f"an item of {section}: expected one name, got {item.describe()}")
        name, options = next(iter(item.value.items()))
        yield name, options if options.value is not None else None, item


def _read_intents(node: YamlNode, sections: _Sections) -> None:
    for name, options, item in _named_items(node, "intents"):
        sections.place(sections.intents, "intent", name, _read_intent(name, options), item)


def _read_intent(name: str, options: YamlNode | None) -> IntentDefinition:
    if options is None:
        return IntentDefinition(name)
    what = f"the intent '{name}'"
    options.mapping(what)
    options.forbid_other_keys(_INTENT_KEYS, what)
    used, ignored = options.get("use_entities"), options.get("ignore_entities")
    return IntentDefinition(
        name,
        is_retrieval=options.plain_value("is_retrieval_intent") is True,
        used_entities=_used_entities(used, what) if used is not None else None,
        ignored_entities=ignored.names(f"ignore_entities of {what}") if ignored is not None else (),
    )


def _used_entities(node: YamlNode, what: str) -> tuple[str, ...] | None:
    """Read ``use_entities``: a list of names, or true for all and false for none."""
    if isinstance(node.value, bool):
        return None if node.value else ()
    return node.names(f"use_entities of {what}")


def _read_entities(node: YamlNode, sections: _Sections) -> None:
    for name, options, item in _named_items(node, "entities"):
        roles: tuple[str, ...] = ()
        if options is not None:
            what = f"the entity '{name}'"
            options.mapping(what)
            options.forbid_other_keys(_ENTITY_KEYS, what)
            written = options.get("roles")
            roles = written.names(f"roles of {what}") if written is not None else ()
            if options.plain_value("influence_conversation") is False:
                sections.warnings.append(f"{options.source}: {what}: 'influence_conversation' is not used")
        sections.place(sections.entity_roles, "entity", name, roles, item)


def _read_slots(node: YamlNode, sections: _Sections) -> None:
    for name, slot in node.mapping("slots").items():
        sections.place(sections.slots, "slot", name, read_slot(name, slot), slot)
        sections.place_parts("slot", name, slot.get("mappings"))


def _read_responses(node: YamlNode, sections: _Sections) -> None:
    for name, response in node.mapping("responses").items():
        variations = read_response(name, response, sections.warnings)
        sections.place(sections.responses, "response", name, variations, response)
        sections.place_parts("response", name, response)


def _read_actions(node: YamlNode, sections: _Sections) -> None:
    for name, options, item in _named_items(node, "actions"):
        sections.actions[name] = None
        if options is not None and options.plain_value("send_domain") is True:
            sections.actions_with_domain.add(name)
        sections.places.setdefault(("action", name), item.source)


def _read_forms(node: YamlNode, sections: _Sections) -> None:
    for name, form in node.mapping("forms").items():
        sections.place(sections.forms, "form", name, _read_form(name, form, sections), form)
        sections.place_parts("form", name, form.get("required_slots"))


def _read_form(name: str, node: YamlNode, sections: _Sections) -> Form:
    what = f"the form '{name}'"
    fields = node.mapping(f"{what} (with the key 'required_slots')")
    is_oldest = bool(fields) and all(isinstance(value.value, list) for value in fields.values())
    if "required_slots" not in fields and is_oldest and not _FORM_KEYS & fields.keys():
        _read_form_mappings(name, node, sections)
        return Form(name, tuple(fields))
    node.forbid_other_keys(_FORM_KEYS, what)
    required = node.require("required_slots", what)
    ignored = node.get("ignored_intents")
    if isinstance(required.value, dict):
        _read_form_mappings(name, required, sections)
        required_slots = tuple(required.value)
    else:
        items = required.sequence(f"required_slots of {what}")
        required_slots = tuple(item.text(f"a required slot of {what}") for item in items)
    return Form(
        name, required_slots, ignored.names(f"ignored_intents of {what}") if ignored is not None else ()
    )


def _read_form_mappings(form: str, node: YamlNode, sections: _Sections) -> None:
    """Read slot mappings that stand under the form, as Rasa 2.x had them."""
    for slot, written in node.mapping(f"slots of the form '{form}'").items():
        for mapping in read_mappings(written, f"'{slot}' in the form '{form}'"):
            sections.form_mappings.append((slot, within_form(mapping, form=form, slot=slot)))


def _read_session(node: YamlNode, sections: _Sections) -> None:
    node.mapping("session_config")
    node.forbid_other_keys(_SESSION_KEYS, "session_config")
    minutes, carry_over = (node.get(key) for key in sorted(_SESSION_KEYS, reverse=True))
    session = sections.session
    if minutes is not None:
        session = replace(session, expiration_minutes=minutes.number("session_expiration_time (minutes)"))
        if session.expiration_minutes < 0:
            raise minutes.error("session_expiration_time: expected 0 (never) or more minutes")
    if carry_over is not None:
        carried = carry_over.boolean("carry_over_slots_to_new_session")
        session = replace(session, carry_over_slots=carried)
    sections.session = session


def _note_unused(name: str) -> Callable[[YamlNode, _Sections], None]:
    def note(node: YamlNode, sections: _Sections) -> None:
        sections.warnings.append(f"{node.source}: the domain section '{name}' is not used")

    return note


_READERS: dict[str, Callable[[YamlNode, _Sections], None]] = {
    "intents": _read_intents,
    "entities": _read_entities,
    "slots": _read_slots,
    "responses": _read_responses,
    "actions": _read_actions,
    "forms": _read_forms,
    "session_config": _read_session,
    "e2e_actions": _note_unused("e2e_actions"),
    "config": _note_unused("config"),
}
