"""Compares what a bot did in a turn with what a test story expects. Pure; `spandesk test` runs the turns.

Actions must come in the story's order and be all of them; ``action_listen`` and the session start are left
out, as in Rasa's format, and so may be ``action_unlikely_intent``. A slot or loop step holds when it happened
in the turn or is so at its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.dialogue.action_names import ACTION_LISTEN, ACTION_SESSION_START, ACTION_UNLIKELY_INTENT
from app.dialogue.events import ActionExecuted, ActiveLoopChanged, BotUttered, Event, SlotSet, UserUttered
from app.dialogue.states import intent_base
from app.dialogue.stories import NO_INTENT, ActionStep, BotStep, IntentStep, LoopStep, SlotStep, Step, Story
from app.dialogue.tracker import Tracker
from nlu.types import EntitySpan, ParsedUtterance

_SILENT = frozenset({ACTION_LISTEN, ACTION_SESSION_START})


@dataclass(frozen=True, slots=True)
class ExpectedTurn:
    """One customer utterance of a test story and the steps up to the next."""

    utterance: IntentStep
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """The first difference between a test story and what happened; `source` is ``file:line``."""

    source: str
    what: str
    expected: str
    got: str


def split_turns(story: Story) -> list[ExpectedTurn]:
    """Cut a story before each customer utterance; steps before the first one are the bot's own start."""
    turns: list[ExpectedTurn] = []
    for step in story.steps:
        if isinstance(step, IntentStep):
            turns.append(ExpectedTurn(step, ()))
        elif turns:
            turns[-1] = ExpectedTurn(turns[-1].utterance, (*turns[-1].steps, step))
    return turns


def find_difference(turn: ExpectedTurn, events: Sequence[Event], after: Tracker) -> Difference | None:
    """Compare a turn with its events and the tracker after it; None when all is as expected."""
    for event in events:
        if isinstance(event, UserUttered):
            difference = _understanding_difference(turn.utterance, event.parsed)
            if difference is not None:
                return difference
    difference = _action_difference(turn, events)
    if difference is not None:
        return difference
    for step in turn.steps:
        if isinstance(step, SlotStep | LoopStep | BotStep) and not _holds(step, events, after):
            return _missing(step, events, after)
    return None


def _understanding_difference(step: IntentStep, parsed: ParsedUtterance) -> Difference | None:
    name = parsed.intent.name
    if step.intent not in {NO_INTENT, name, intent_base(name)}:
        best = parsed.ranking[0] if parsed.ranking else parsed.intent
        got = f"{name} (best: {best.name} {best.confidence:.2f})"
        return Difference(step.source, f"intent of {parsed.text!r}", step.intent, got)
    expected = sorted(
        _key(entity.entity, entity.role, entity.group, entity.value) for entity in step.entities
    )
    got_keys = sorted(_found_key(span, expected) for span in parsed.entities)
    if _states_entities(step) and expected != got_keys:
        what = f"entities of {parsed.text!r}"
        return Difference(step.source, what, ", ".join(expected) or "none", ", ".join(got_keys) or "none")
    return None


def _states_entities(step: IntentStep) -> bool:
    """Say whether a step says what entities its words have; a payload brings its own unless it lists them."""
    if step.text is None or step.intent == NO_INTENT:
        return False
    return bool(step.entities) or not step.text.startswith("/")


def _key(entity: str, role: str | None, group: str | None, value: str | None) -> str:
    labels = "/".join(part for part in (entity, role, group) if part)
    return f"{labels}={(value or '').casefold()}"


def _found_key(span: EntitySpan, expected: Sequence[str]) -> str:
    """Name a found entity by its words if the story does, else by its value."""
    by_text = _key(span.entity, span.role, span.group, span.text)
    return by_text if by_text in expected else _key(span.entity, span.role, span.group, span.value)


def _action_difference(turn: ExpectedTurn, events: Sequence[Event]) -> Difference | None:
    expected = [step for step in turn.steps if isinstance(step, ActionStep) and step.action not in _SILENT]
    is_expected = any(step.action == ACTION_UNLIKELY_INTENT for step in expected)
    left_out = _SILENT if is_expected else _SILENT | {ACTION_UNLIKELY_INTENT}
    got = [e.action for e in events if isinstance(e, ActionExecuted) and e.action not in left_out]
    for place, step in enumerate(expected):
        if place >= len(got) or got[place] != step.action:
            found = got[place] if place < len(got) else "action_listen"
            return Difference(step.source, f"action after {turn.utterance.text!r}", step.action, found)
    if len(got) > len(expected):
        source, extra = turn.utterance.source, got[len(expected)]
        return Difference(source, f"action after {turn.utterance.text!r}", "action_listen", extra)
    return None


def _holds(step: SlotStep | LoopStep | BotStep, events: Sequence[Event], after: Tracker) -> bool:
    match step:
        case SlotStep(slot=slot, is_any=True):
            values = [e.value for e in events if isinstance(e, SlotSet) and e.slot == slot]
            return any(value is not None for value in [*values, after.slots.get(slot)])
        case SlotStep(slot=slot, value=value):
            return SlotSet(slot, value) in events or after.slots.get(slot) == value
        case LoopStep(name=name):
            return ActiveLoopChanged(name) in events or after.active_loop == name
        case BotStep(text=text):
            return any(isinstance(e, BotUttered) and e.text == text for e in events)


def _missing(step: SlotStep | LoopStep | BotStep, events: Sequence[Event], after: Tracker) -> Difference:
    match step:
        case SlotStep(slot=slot, value=value, is_any=is_any):
            expected = "any value" if is_any else repr(value)
            return Difference(step.source, f"slot {slot}", expected, repr(after.slots.get(slot)))
        case LoopStep(name=name):
            return Difference(step.source, "active loop", str(name), str(after.active_loop))
        case BotStep(text=text):
            said = " / ".join(e.text for e in events if isinstance(e, BotUttered))
            return Difference(step.source, "what the bot says", text, said)
