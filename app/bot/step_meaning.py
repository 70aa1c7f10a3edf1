"""What the steps of stories and rules mean for this domain. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from app.dialogue.domain import Domain
from app.dialogue.payload import parse_payload
from app.dialogue.stories import IntentStep, Rule, SlotStep, Step, StepEntity, Story
from nlu.data.problems import Problems

_VALUE_NEEDED = frozenset({"bool", "categorical", "float"})


def settled_rules(rules: Iterable[Rule], domain: Domain, problems: Problems) -> list[Rule]:
    """Say what slots without a value and payloads mean, see `settled_stories`, also in conditions."""
    return [
        replace(
            rule,
            steps=tuple(_settled(step, domain, problems) for step in rule.steps),
            conditions=tuple(
                _with_value(condition, domain, problems) if isinstance(condition, SlotStep) else condition
                for condition in rule.conditions
            ),
        )
        for rule in rules
    ]


def settled_stories(stories: Iterable[Story], domain: Domain, problems: Problems) -> list[Story]:
    """Say what slots without a value and payloads mean in stories that are learnt.

    A slot without a value was set, if it is a text or a list; of another type it was not, as in Rasa. The
    entities of ``/inform{"city": "Rome"}`` are those of the step.
    """
    return [
        replace(story, steps=tuple(_settled(step, domain, problems) for step in story.steps))
        for story in stories
    ]


def _settled(step: Step, domain: Domain, problems: Problems) -> Step:
    match step:
        case SlotStep():
            return _with_value(step, domain, problems)
        case IntentStep():
            return _with_payload(step, domain)
        case _:
            return step


def _with_value(step: SlotStep, domain: Domain, problems: Problems) -> SlotStep:
    slot = domain.slots.get(step.slot)
    if not step.is_any or slot is None or slot.type not in _VALUE_NEEDED or not slot.influence_conversation:
        return step
    text = f"slot_was_set: the slot '{slot.name}' is of type {slot.type}: expected its value"
    problems.doubt(step.source, f"{text}; without one it is taken as not set, as in Rasa")
    return replace(step, value=None, is_any=False)


def _with_payload(step: IntentStep, domain: Domain) -> IntentStep:
    if step.entities or not (step.text or "").startswith("/"):
        return step
    parsed = parse_payload(step.text or "", domain)
    found = parsed.entities if parsed is not None else ()
    return replace(step, entities=tuple(StepEntity(span.entity, span.value) for span in found))
