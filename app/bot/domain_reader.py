"""The domain of a bot: the sections of all its files, merged into one `Domain`.

A domain may be one file or a folder, and any section may also stand in a training data file. What is
defined twice must be defined the same way. A part with a mistake leaves an empty part of its name, so that
what mentions it is no mistake too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from app.bot.form_reader import FormReading, read_form
from app.bot.responses import read_response
from app.bot.slots import read_slot
from app.dialogue.domain import (
    Domain,
    Form,
    IntentDefinition,
    ResponseVariation,
    SessionConfig,
    SlotDefinition,
    SlotMapping,
)
from nlu.data.problems import Problems
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
_CONFIG_KEYS = frozenset({"store_entities_as_slots"})
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

    problems: Problems
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
    silent_entities: dict[str, None] = field(default_factory=dict)  # `influence_conversation: false`
    ignoring_intents: set[str] = field(default_factory=set)  # those that say what they ignore
    session: SessionConfig = SessionConfig()
    stores_entities: bool = True

    def place(self, section: dict[str, _T], kind: str, name: str, value: _T, node: YamlNode) -> None:
        """Take up a definition; a second one should say the same, and else the first counts."""
        if section.setdefault(name, value) != value:
            first = self.places[kind, name]
            text = f"the {kind} '{name}' is already defined otherwise in {first}, which counts"
            self.problems.doubt(node.source, text)
        self.places.setdefault((kind, name), node.source)

    def place_parts(self, kind: str, name: str, parts: YamlNode | None) -> None:
        """Note where the items of a list inside a definition stand, by their numbers from 0."""
        if parts is not None and isinstance(parts.value, list):
            for number, part in enumerate(parts.value):
                self.places.setdefault((kind, name, number), part.source)


def read_domain(
    documents: Sequence[YamlNode], problems: Problems, *, data: Sequence[YamlNode] = ()
) -> DomainReading:
    """Merge the domain sections of all documents.

    Args:
        documents: parsed files; keys that are no domain section are not looked at.
        problems: gets every mistake, and what Rasa knows and SpanDesk does not use.
        data: parsed training files; their responses come before those of `documents`, all else after.
    """
    sections = _Sections(problems)
    for document in data:
        _read_sections(document, ["responses"], sections)
    for document in documents:
        _read_sections(document, _READERS, sections)
    for document in data:
        _read_sections(document, (key for key in _READERS if key != "responses"), sections)
    for document in (*documents, *data):
        if str(document.plain_value("version")).startswith("2"):
            sections.auto_filled += _auto_filled(document)
        else:
            _note_unmapped(document, sections)
    return DomainReading(_domain(sections), sections.places, sections.entity_roles)


def _read_sections(document: YamlNode, keys: Iterable[str], sections: _Sections) -> None:
    for key in keys:
        node = document.get(key)
        if node is not None and node.value is not None:
            with sections.problems.noted():
                _READERS[key](node, sections)


def _domain(sections: _Sections) -> Domain:
    retrieval = {
        _intent_of(name): sections.places["response", name] for name in sections.responses if "/" in name
    }
    for name, place in retrieval.items():  # which the domain need not name
        sections.intents.setdefault(name, IntentDefinition(name))
        sections.places.setdefault(("intent", name), place)
    return Domain(
        intents={
            name: replace(
                _without_silent(intent, sections), is_retrieval=name in retrieval or intent.is_retrieval
            )
            for name, intent in sections.intents.items()
        },
        entities=tuple(sections.entity_roles),
        slots=_slots_with_form_mappings(sections),
        responses=sections.responses,
        actions=tuple(sections.actions),
        forms=sections.forms,
        session=sections.session,
        actions_with_domain=frozenset(sections.actions_with_domain),
        stores_entities=sections.stores_entities,
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
        if name in sections.entity_roles and name in slots and not slots[name].mappings:
            mapping = SlotMapping(kind="from_entity", entity=name)
            slots[name] = replace(slots[name], mappings=(mapping,))
    return slots


def _note_unmapped(document: YamlNode, sections: _Sections) -> None:
    """Note slots without the key ``mappings``, which Rasa 3 refuses; those of forms are checked anyway."""
    of_forms = {slot for form in sections.forms.values() for slot in form.required_slots}
    slots = document.get("slots")
    written = slots.value if slots is not None and isinstance(slots.value, dict) else {}
    for name, slot in written.items():
        if slot.get("auto_fill") is not None:
            text = f"the slot '{name}': 'auto_fill' is of Rasa 2 and not used; a mapping from_entity fills it"
            sections.problems.warn(slot.source, text)
        mappings = slot.get("mappings")
        if slot.value is not None and (mappings is None or mappings.value is None) and name not in of_forms:
            text = f"the slot '{name}': expected the key 'mappings', such as [{{type: custom}}]"
            sections.problems.doubt(slot.source, f"{text}; Rasa refuses a slot without it")


def _auto_filled(document: YamlNode) -> list[str]:
    """Name the slots of a Rasa 2.x domain that an entity of the same name fills."""
    slots = document.get("slots")
    written = slots.value if slots is not None and isinstance(slots.value, dict) else {}
    return [name for name, slot in written.items() if slot.plain_value("auto_fill") is not False]


def _named(item: YamlNode, section: str, problems: Problems) -> tuple[str, YamlNode | None]:
    """Give name and options of ``- name`` and ``- name: {options}``."""
    if not isinstance(item.value, dict):
        return item.text(f"an item of {section}"), None
    if len(item.value) != 1:
        raise item.error(f"an item of {section}: expected one name, got {item.describe()}")
    name, options = next(iter(item.value.items()))
    if options.value is None and section != "forms":
        text = f"an item of {section}: expected '{name}' without a colon, or something after it"
        problems.doubt(item.source, f"{text}; Rasa refuses it")
    return name, options if options.value is not None else None


def _note_repeated(name: str, item: YamlNode, section: YamlNode, what: str, problems: Problems) -> None:
    """Note that a name stands twice in one list, which Rasa refuses; in two files it may."""
    items = section.value if isinstance(section.value, list) else []
    for other in items[: items.index(item)]:
        if name in (other.value if isinstance(other.value, dict) else {str(other.value)}):
            text = f"the {what} '{name}' is already in line {other.line}; Rasa refuses a second one"
            problems.doubt(item.source, text)
            return


def _read_intents(node: YamlNode, sections: _Sections) -> None:
    for item in node.sequence("intents"):
        with sections.problems.noted():
            name, options = _named(item, "intents", sections.problems)
            _note_repeated(name, item, node, "intent", sections.problems)
            intent = IntentDefinition(name)
            with sections.problems.noted():
                intent = _read_intent(name, options, sections.problems)
            if options is not None and options.get("ignore_entities") is not None:
                sections.ignoring_intents.add(name)
            sections.place(sections.intents, "intent", name, intent, item)


def _read_intent(name: str, options: YamlNode | None, problems: Problems) -> IntentDefinition:
    if options is None:
        return IntentDefinition(name)
    what = f"the intent '{name}'"
    options.mapping(what)
    problems.doubt_other_keys(options, _INTENT_KEYS, what)
    used, ignored = options.get("use_entities"), options.get("ignore_entities")
    return IntentDefinition(
        name,
        is_retrieval=options.plain_value("is_retrieval_intent") is True,
        used_entities=_used_entities(used, what) if used is not None else None,
        ignored_entities=ignored.names(f"ignore_entities of {what}") if ignored is not None else (),
    )


def _without_silent(intent: IntentDefinition, sections: _Sections) -> IntentDefinition:
    """Leave out entities that influence nothing: in place of what an intent ignores, or of what it uses."""
    if not sections.silent_entities:
        return intent
    if intent.name not in sections.ignoring_intents:
        return replace(intent, ignored_entities=tuple(sections.silent_entities))
    if intent.used_entities is not None:
        return intent
    heard = tuple(name for name in sections.entity_roles if name not in sections.silent_entities)
    return replace(intent, used_entities=heard)


def _used_entities(node: YamlNode, what: str) -> tuple[str, ...] | None:
    """Read ``use_entities``: a list of names, or true for all and false for none."""
    if isinstance(node.value, bool):
        return None if node.value else ()
    return node.names(f"use_entities of {what}")


def _read_entities(node: YamlNode, sections: _Sections) -> None:
    for item in node.sequence("entities"):
        with sections.problems.noted():
            name, options = _named(item, "entities", sections.problems)
            _note_repeated(name, item, node, "entity", sections.problems)
            roles: tuple[str, ...] = ()
            with sections.problems.noted():
                roles = _read_roles(f"the entity '{name}'", options, sections.problems)
            if options is not None and options.plain_value("influence_conversation") is False:
                sections.silent_entities[name] = None
            sections.place(sections.entity_roles, "entity", name, roles, item)


def _read_roles(what: str, options: YamlNode | None, problems: Problems) -> tuple[str, ...]:
    if options is None:
        return ()
    options.mapping(what)
    problems.doubt_other_keys(options, _ENTITY_KEYS, what)
    written = options.get("roles")
    return written.names(f"roles of {what}") if written is not None else ()


def _read_slots(node: YamlNode, sections: _Sections) -> None:
    for name, written in node.mapping("slots").items():
        slot = SlotDefinition(name, "any", influence_conversation=False)
        with sections.problems.noted():
            slot = read_slot(name, written, sections.problems)
        sections.place(sections.slots, "slot", name, slot, written)
        sections.place_parts("slot", name, written.get("mappings"))


def _read_responses(node: YamlNode, sections: _Sections) -> None:
    for name, response in node.mapping("responses").items():
        variations: tuple[ResponseVariation, ...] = ()
        with sections.problems.noted():
            variations = read_response(name, response, sections.problems)
        sections.place(sections.responses, "response", name, variations, response)
        sections.place_parts("response", name, response)


def _read_actions(node: YamlNode, sections: _Sections) -> None:
    for item in node.sequence("actions"):
        with sections.problems.noted():
            name, options = _named(item, "actions", sections.problems)
            _note_repeated(name, item, node, "action", sections.problems)
            sections.actions[name] = None
            asks = options is not None and options.plain_value("send_domain") is True
            if asks or options is None and name.startswith("validate_"):  # as in Rasa
                sections.actions_with_domain.add(name)
            sections.places.setdefault(("action", name), item.source)


def _read_forms(node: YamlNode, sections: _Sections) -> None:
    """Read forms by name; a list that only names them is how Rasa 1 and 2 began."""
    if not isinstance(node.value, list):
        for name, form in node.mapping("forms").items():
            _place_form(name, form, form, sections)
        return
    for item in node.sequence("forms"):
        with sections.problems.noted():
            name, options = _named(item, "forms", sections.problems)
            _place_form(name, options, item, sections)


def _place_form(name: str, written: YamlNode | None, place: YamlNode, sections: _Sections) -> None:
    reading = FormReading(Form(name, ()))
    if written is None or written.value is None:
        text = f"the form '{name}' names no slots; a custom action must name them"
        sections.problems.warn(place.source, text)
    else:
        with sections.problems.noted():
            reading = read_form(name, written, sections.problems)
    sections.form_mappings += reading.mappings
    sections.place(sections.forms, "form", name, reading.form, place)
    sections.place_parts("form", name, written.get("required_slots") if written is not None else None)


def _read_session(node: YamlNode, sections: _Sections) -> None:
    """Read the session; of several files the first that says something else than the defaults counts."""
    node.mapping("session_config")
    sections.problems.doubt_other_keys(node, _SESSION_KEYS, "session_config")
    minutes, carry_over = (node.get(key) for key in sorted(_SESSION_KEYS, reverse=True))
    session = SessionConfig()
    if minutes is not None and minutes.value is not None:
        session = replace(session, expiration_minutes=minutes.number("session_expiration_time (minutes)"))
        if session.expiration_minutes < 0:
            raise minutes.error("session_expiration_time: expected 0 (never) or more minutes")
    if carry_over is not None:
        carried = carry_over.boolean("carry_over_slots_to_new_session")
        session = replace(session, carry_over_slots=carried)
    if sections.session == SessionConfig():
        sections.session = session


def _read_config(node: YamlNode, sections: _Sections) -> None:
    node.mapping("config")
    sections.problems.doubt_other_keys(node, _CONFIG_KEYS, "config of the domain")
    stores = node.get("store_entities_as_slots")
    if stores is not None:
        sections.stores_entities = stores.boolean("store_entities_as_slots")


_READERS: dict[str, Callable[[YamlNode, _Sections], None]] = {
    "intents": _read_intents,
    "entities": _read_entities,
    "slots": _read_slots,
    "responses": _read_responses,
    "actions": _read_actions,
    "forms": _read_forms,
    "session_config": _read_session,
    "config": _read_config,
}
