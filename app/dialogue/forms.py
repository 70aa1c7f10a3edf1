"""Forms: activate, check what came, ask for the next slot, finish; in the terms of Rasa 3.x.

A form runs at most once per message. It rejects a message from which it learnt nothing, so that rules,
stories and the FAQ may answer; when they have, it asks again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.dialogue.action_names import ACTION_LISTEN
from app.dialogue.custom_actions import CustomActions
from app.dialogue.domain import Domain
from app.dialogue.errors import TemplateError
from app.dialogue.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoopChanged,
    Event,
    SlotSet,
)
from app.dialogue.history import last_turn
from app.dialogue.responses import Speaker
from app.dialogue.tracker import REQUESTED_SLOT, Tracker, fold


class FormRunner:
    """Runs the forms of one domain."""

    def __init__(self, domain: Domain, actions: CustomActions, speaker: Speaker) -> None:
        self._domain = domain
        self._actions = actions
        self._speaker = speaker

    def run(self, form: str, tracker: Tracker) -> list[Event]:
        """Give what the form does now; with an ActionExecutionRejected it could not use the message.

        Raises:
            ActionFailedError: a validating or asking action failed.
            TemplateError: there is nothing to ask a slot with, or it lacks a variable.
        """
        if tracker.active_loop == form:
            events = self._check_message(form, tracker)
        else:
            events = self._activate(form, tracker)
        if not _has_rejected(events) and not _has_ended(events):
            events += self._ask_next(form, tracker, events)
        if _has_rejected(events):
            return [ActionExecutionRejected(form)]
        return [*events, *_ending(fold(tracker, events))] if _has_ended(events) else events

    def recover(self, form: str, tracker: Tracker) -> list[Event]:
        """Give the state after a failure: the form is active, and nothing unchecked stays in its slots."""
        unchecked = _set_in_turn(tracker, self._domain.forms[form].required_slots)
        activation: list[Event] = [] if tracker.active_loop == form else [ActiveLoopChanged(form)]
        return [*activation, *(SlotSet(slot, None) for slot in unchecked)]

    def _activate(self, form: str, tracker: Tracker) -> list[Event]:
        """Begin with what is known already, after checking it."""
        required = self._domain.forms[form].required_slots
        known = {slot: value for slot in required if (value := self._value(tracker, slot)) is not None}
        return [
            ActiveLoopChanged(form),
            *self._validate(form, fold(tracker, [ActiveLoopChanged(form)]), known),
        ]

    def _check_message(self, form: str, tracker: Tracker) -> list[Event]:
        """Check what the message set, unless something else has already answered it."""
        if tracker.latest_action != ACTION_LISTEN or tracker.is_loop_interrupted:
            return self._validate(form, tracker, {})
        candidates = _set_in_turn(tracker, self._slots_of(form, tracker))
        events = self._validate(form, tracker, candidates)
        has_learnt = bool(candidates) or any(
            isinstance(event, SlotSet) and event.slot != REQUESTED_SLOT for event in events
        )
        if tracker.requested_slot and not has_learnt and not _has_rejected(events):
            return [ActionExecutionRejected(form)]
        return events

    def _validate(self, form: str, tracker: Tracker, candidates: dict[str, Any]) -> list[Event]:
        """Have ``validate_<form>`` check the candidates; it sees them as the tracker's last events."""
        action = f"validate_{form}"
        if not self._actions.knows(action):
            return []
        slots = [SlotSet(slot, value) for slot, value in candidates.items()]
        before: list[Event] = [SlotSet(REQUESTED_SLOT, tracker.requested_slot), ActionExecuted(form)]
        return self._actions.run(action, fold(tracker, [*before, *slots]))

    def _ask_next(self, form: str, tracker: Tracker, events: Sequence[Event]) -> list[Event]:
        """Ask for the slot that the validating action chose, else for the first empty one, else finish."""
        now = fold(tracker, events)
        chosen = _last_value(events, REQUESTED_SLOT)
        slot = chosen if isinstance(chosen, str) else self._first_empty(form, now)
        asked: list[Event] = [] if chosen else [SlotSet(REQUESTED_SLOT, slot)]
        if slot is None:
            return asked
        return [*asked, *self._ask(form, slot, fold(now, asked))]

    def _first_empty(self, form: str, tracker: Tracker) -> str | None:
        required = self._domain.forms[form].required_slots
        return next((slot for slot in required if self._value(tracker, slot) is None), None)

    def _ask(self, form: str, slot: str, tracker: Tracker) -> list[Event]:
        for name in asked_by(form, slot):
            if self._actions.knows(name):
                return self._actions.run(name, tracker)
            if self._speaker.has(name):
                return [self._speaker.say(name, tracker)]
        raise TemplateError(
            f"the form '{form}' has nothing to ask for '{slot}'; add the response 'utter_ask_{slot}' or the"
            f" action 'action_ask_{slot}'"
        )

    def _slots_of(self, form: str, tracker: Tracker) -> tuple[str, ...]:
        """Name the form's slots, with one that a validating action added by asking for it."""
        required = self._domain.forms[form].required_slots
        asked = tracker.requested_slot
        return required if asked is None or asked in required else (*required, asked)

    def _value(self, tracker: Tracker, slot: str) -> Any:
        return self._domain.slot_value(tracker.slots, slot)


def asked_by(form: str, slot: str) -> tuple[str, ...]:
    """Name what may ask for a slot of a form, in the order in which it is tried."""
    return tuple(
        f"{kind}_{name}" for name in (f"ask_{form}_{slot}", f"ask_{slot}") for kind in ("action", "utter")
    )


def _set_in_turn(tracker: Tracker, slots: Sequence[str]) -> dict[str, Any]:
    """Give the last values that this turn set for these slots."""
    return {
        event.slot: event.value
        for event in last_turn(tracker.events)
        if isinstance(event, SlotSet) and event.slot in slots
    }


def _has_rejected(events: Sequence[Event]) -> bool:
    return any(isinstance(event, ActionExecutionRejected) for event in events)


def _has_ended(events: Sequence[Event]) -> bool:
    """Say whether the last word about the form or its next question was that there is none."""
    loops = [event.name for event in events if isinstance(event, ActiveLoopChanged)]
    requests = [
        event.value for event in events if isinstance(event, SlotSet) and event.slot == REQUESTED_SLOT
    ]
    return (bool(loops) and loops[-1] is None) or (bool(requests) and requests[-1] is None)


def _ending(tracker: Tracker) -> list[Event]:
    """Give what is still missing to end the active form."""
    events: list[Event] = []
    if tracker.active_loop is not None:
        events.append(ActiveLoopChanged(None))
    if tracker.requested_slot is not None:
        events.append(SlotSet(REQUESTED_SLOT, None))
    return events


def _last_value(events: Sequence[Event], slot: str) -> Any:
    values = [event.value for event in events if isinstance(event, SlotSet) and event.slot == slot]
    return values[-1] if values else None
