"""The built-in actions of steering and corrections, as events; a custom one of the same name goes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.dialogue.corrections import corrected_slots
from app.dialogue.events import ActiveLoopChanged, BotUttered, Event, SlotSet, UserUttered
from app.dialogue.history import last_turn, rewound
from app.dialogue.responses import Speaker
from app.dialogue.script import BotScript
from app.dialogue.sentences import (
    CANCELLED,
    CORRECTED,
    NOTHING_SAID,
    NOTHING_TO_CANCEL,
    UTTER_CANCELLED,
    UTTER_CORRECTED,
    UTTER_NOTHING_SAID,
    UTTER_NOTHING_TO_CANCEL,
)
from app.dialogue.templates import rasa_variables
from app.dialogue.tracker import REQUESTED_SLOT, Tracker


def cancel_form(tracker: Tracker, _: BotScript, speaker: Speaker) -> list[Event]:
    """End the active form; its slots stay, as when the bot's own rule deactivates it."""
    if tracker.active_loop is None:
        return [speaker.say_or(UTTER_NOTHING_TO_CANCEL, NOTHING_TO_CANCEL, tracker)]
    ended: list[Event] = [ActiveLoopChanged(None), SlotSet(REQUESTED_SLOT, None)]
    return [*ended, speaker.say_or(UTTER_CANCELLED, CANCELLED, tracker)]


def say_again(tracker: Tracker, _: BotScript, speaker: Speaker) -> list[Event]:
    """Say again what the bot said last, with its buttons; a repeated help text is no second answer."""
    said = _said_last(rewound(tracker.events))
    if not said:
        return [speaker.say_or(UTTER_NOTHING_SAID, NOTHING_SAID, tracker)]
    return [replace(event, faq=None) for event in said]


def confirm_correction(tracker: Tracker, script: BotScript, speaker: Speaker) -> list[Event]:
    """Ask again what the bot asked with the old value, or say what the corrected slots are now and were."""
    turn = last_turn(tracker.events)
    corrected = corrected_slots(turn)
    answers = _said_last(rewound(tracker.events[: len(tracker.events) - len(turn)]))
    again = [event.response for event in answers if _asks_about(corrected, event, script)]
    if again:
        return [one for response in again for one in speaker.say_any(response or "", tracker)]
    said: list[Event] = []
    for slot in corrected:
        now = str(tracker.slots.get(slot))
        before = str(_value_before(slot, tracker, script))
        if speaker.has(UTTER_CORRECTED):
            variables = {"slot": slot, "value": now, "before": before}
            said.append(speaker.say(UTTER_CORRECTED, tracker, variables=variables))
        else:
            said.append(BotUttered(CORRECTED.format(value=now, before=before)))
    return said


def _asks_about(slots: Sequence[str], said: BotUttered, script: BotScript) -> bool:
    """Say whether it was a question with the value of a slot; a statement may tell what was done."""
    variations = script.domain.responses.get(said.response or "", ())
    names = {name for variation in variations for name in rasa_variables(variation.text)}
    return (said.text or "").rstrip().endswith("?") and not names.isdisjoint(slots)


def _said_last(events: Sequence[Event]) -> list[BotUttered]:
    """Give what the bot said in its last turn in which it said something."""
    said: list[BotUttered] = []
    for event in reversed(events):
        if isinstance(event, BotUttered):
            said.append(event)
        elif isinstance(event, UserUttered) and said:
            break
    return said[::-1]


def _value_before(slot: str, tracker: Tracker, script: BotScript) -> object:
    """Give the value that a slot had before the latest turn."""
    turn = last_turn(tracker.events)
    for event in reversed(tracker.events[: len(tracker.events) - len(turn)]):
        if isinstance(event, SlotSet) and event.slot == slot:
            return event.value
    return script.domain.slot_value({}, slot)
