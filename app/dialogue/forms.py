"""Forms: activate, check what came, ask for the next slot, finish; in the terms of Rasa 3.x.

A form runs at most once per message. It rejects a message from which it learnt nothing, so that rules,
stories and the FAQ may answer; when they have, it asks again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from app.dialogue.action_names import ACTION_LISTEN
from app.dialogue.custom_actions import CustomActions
from app.dialogue.domain import Domain
from app.dialogue.errors import ActionFailedError, TemplateError
from app.dialogue.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoopChanged,
    Event,
    SlotSet,
)
from app.dialogue.history import last_turn
from app.dialogue.responses import Speaker
from app.dialogue.slots import with_validated
from app.dialogue.tracker import REQUESTED_SLOT, Tracker, fold

_log = logging.getLogger(__name__)


class _RejectionError(Exception):
    """The form does not want this message; nothing of what it did so far counts."""


class FormRunner:
    """Runs the forms of one domain."""

    def __init__(self, domain: Domain, actions: CustomActions, speaker: Speaker) -> None:
        self._domain = domain
        self._actions = actions
        self._speaker = speaker

    def run(self, form: str, tracker: Tracker) -> list[Event]:
        """Give what the form does now; with an ActionExecutionRejected it did not want to run.

        Raises:
            ActionFailedError: a validating or asking action failed.
            TemplateError: the question for a slot lacks a variable.
        """
        try:
            return self._run(form, tracker)
        except _RejectionError:
            return [ActionExecutionRejected(form)]

    def _run(self, form: str, tracker: Tracker) -> list[Event]:
        if tracker.active_loop == form:
            events = self._check_message(form, tracker)
        else:
            events = self._activate(form, tracker)
            if _is_done(events):
                return [*events, ActiveLoopChanged(None)]
        if _has_rejected(events):
            return events
        events += self._ask_next(form, tracker, events)
        return [*events, ActiveLoopChanged(None)] if _is_done(events) else events

    def recover(self, form: str, tracker: Tracker) -> list[Event]:
        """Give the state after a failure: the form is active, and nothing unchecked stays in its slots."""
        unchecked = _set_in_turn(tracker, self._domain.forms[form].required_slots)
        activation: list[Event] = [] if tracker.active_loop == form else [ActiveLoopChanged(form)]
        return [*activation, *(SlotSet(slot, None) for slot in unchecked)]

    def _activate(self, form: str, tracker: Tracker) -> list[Event]:
        """Begin: read the utterance once more, now for the form, and check what is known already."""
        active = fold(tracker, [ActiveLoopChanged(form)])
        read = self._read_again(active)
        now = fold(active, read)
        required = self._domain.forms[form].required_slots
        known = {slot: value for slot in required if (value := self._value(now, slot)) is not None}
        slots = [event for event in read if isinstance(event, SlotSet)]
        return [ActiveLoopChanged(form), *with_validated(slots, self._validate(form, now, known))]

    def _read_again(self, tracker: Tracker) -> list[Event]:
        """Fill the slots that only an active form fills; what fails has failed before, and was said then."""
        message = tracker.latest_message
        if message is None:
            return []
        try:
            return self._actions.extract_slots(message.parsed, tracker, self._domain)
        except (ActionFailedError, TemplateError) as error:
            _log.warning("form_not_prefilled", extra={"error": str(error)})
            return []

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
            raise _RejectionError
        return events

    def _validate(self, form: str, tracker: Tracker, candidates: dict[str, Any]) -> list[Event]:
        """Have ``validate_<form>`` check the candidates; it sees them as the tracker's last events."""
        action = f"validate_{form}"
        if not self._actions.knows(action):
            return []
        slots = [SlotSet(slot, value) for slot, value in candidates.items()]
        before: list[Event] = [SlotSet(REQUESTED_SLOT, tracker.requested_slot), ActionExecuted(form)]
        return self._perform(action, fold(tracker, [*before, *slots]))

    def _perform(self, action: str, tracker: Tracker) -> list[Event]:
        """Run a custom action for the form; one that does not want to run rejects for the form."""
        events = self._actions.run(action, tracker)
        if events == [ActionExecutionRejected(action)]:
            raise _RejectionError
        return events

    def _ask_next(self, form: str, tracker: Tracker, events: Sequence[Event]) -> list[Event]:
        """Ask for the slot that the validating action chose, else for the first empty one, else finish."""
        if _is_done(events):
            return [SlotSet(REQUESTED_SLOT, None)]
        now = fold(tracker, events)
        chosen = next((event.value for event in _requests(events)), None)
        slot = chosen or self._first_empty(form, now)
        asked: list[Event] = [] if chosen else [SlotSet(REQUESTED_SLOT, slot)]
        return [*asked, *self._ask(form, slot, now)] if slot is not None else asked

    def _first_empty(self, form: str, tracker: Tracker) -> str | None:
        required = self._domain.forms[form].required_slots
        return next((slot for slot in required if self._value(tracker, slot) is None), None)

    def _ask(self, form: str, slot: str, tracker: Tracker) -> list[Event]:
        for name in asked_by(form, slot):
            if self._actions.knows(name):
                return self._perform(name, tracker)
            if self._speaker.has(name):
                return [*self._speaker.say_any(name, tracker)]
        return []  # as in Rasa: a validating action may ask in its own words

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


def _is_done(events: Sequence[Event]) -> bool:
    """Say whether the last word about the form or its next question was that there is none."""
    if _has_rejected(events):
        return False
    loops = [event.name for event in events if isinstance(event, ActiveLoopChanged)]
    requests = [event.value for event in _requests(events)]
    return (bool(loops) and loops[-1] is None) or (bool(requests) and requests[-1] is None)


def _requests(events: Sequence[Event]) -> list[SlotSet]:
    return [event for event in events if isinstance(event, SlotSet) and event.slot == REQUESTED_SLOT]
