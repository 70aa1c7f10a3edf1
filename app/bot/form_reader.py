"""Forms of a domain, in Rasa 3.x terms and in the two layouts of Rasa 2.x."""

from __future__ import annotations

from dataclasses import dataclass

from app.bot.slots import read_mappings, within_form
from app.dialogue.domain import Form, SlotMapping
from nlu.data.problems import Problems
from nlu.data.yaml_source import YamlNode

_FORM_KEYS = frozenset({"required_slots", "ignored_intents"})
_OLD_LAYOUT = "slot mappings under a form are Rasa 2's layout; 'mappings:' under the slot is the present one"


@dataclass(frozen=True, slots=True)
class FormReading:
    """A form, and the slot mappings that stand under it as (slot, mapping)."""

    form: Form
    mappings: tuple[tuple[str, SlotMapping], ...] = ()


def read_form(name: str, node: YamlNode, problems: Problems) -> FormReading:
    """Read the definition of the form `name`.

    Raises:
        SourceError: a value of the wrong kind.
    """
    what = f"the form '{name}'"
    fields = node.mapping(f"{what} (with the key 'required_slots')")
    if fields and not _FORM_KEYS & fields.keys() and all(isinstance(f.value, list) for f in fields.values()):
        problems.warn(node.source, f"{what}: {_OLD_LAYOUT}")
        return FormReading(Form(name, tuple(fields)), _read_mappings(name, node, problems))
    problems.doubt_other_keys(node, _FORM_KEYS, what)
    required, ignored = node.get("required_slots"), node.get("ignored_intents")
    intents = ignored.names(f"ignored_intents of {what}") if ignored is not None else ()
    if required is None:
        problems.doubt(node.source, f"{what}: expected the key 'required_slots'; it asks for nothing")
    if required is None or required.value is None:
        return FormReading(Form(name, (), intents))
    if isinstance(required.value, dict):
        if required.value:
            problems.warn(required.source, f"{what}: {_OLD_LAYOUT}")
        mappings = _read_mappings(name, required, problems)
        return FormReading(Form(name, tuple(required.value), intents), mappings)
    items = required.sequence(f"required_slots of {what}")
    slots = tuple(item.text(f"a required slot of {what}") for item in items)
    return FormReading(Form(name, slots, intents))


def _read_mappings(form: str, node: YamlNode, problems: Problems) -> tuple[tuple[str, SlotMapping], ...]:
    return tuple(
        (slot, within_form(mapping, form=form, slot=slot))
        for slot, written in node.mapping(f"slots of the form '{form}'").items()
        for mapping in read_mappings(written, f"'{slot}' in the form '{form}'", problems)
    )
