"""Sessions: when a silence ends one, and what a new one begins with. Pure; the time is given."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.dialogue.action_names import ACTION_LISTEN
from app.dialogue.domain import Domain
from app.dialogue.events import ActionExecuted, Event, SessionStarted, SlotSet, UserUttered
from app.dialogue.tracker import REQUESTED_SLOT, Tracker


def needs_session(tracker: Tracker, domain: Domain, now: datetime) -> bool:
    """Say whether a message now begins a new session; never while an agent has the conversation.

    What counts is how long the customer was silent, as in Rasa. Events that this version of the code cannot
    read end a session as well.
    """
    if not tracker.events:
        return True
    minutes = domain.session.expiration_minutes
    if tracker.is_damaged and tracker.mode != "agent":
        return True
    heard_at = _last_heard_at(tracker)
    if tracker.mode != "bot" or minutes <= 0 or heard_at is None:
        return False
    return now - heard_at > timedelta(minutes=minutes)


def _last_heard_at(tracker: Tracker) -> datetime | None:
    """Say when the customer last said something, be it taken back or part of a form."""
    newest_first = zip(reversed(tracker.events), reversed(tracker.event_times), strict=True)
    return next((at for event, at in newest_first if isinstance(event, UserUttered)), None)


def session_events(tracker: Tracker, domain: Domain) -> list[Event]:
    """Begin a session; slots are carried over or go back to their initial values, as the domain says.

    Nothing is carried over of a session that could not be read in full.
    """
    carried: list[Event] = []
    if domain.session.carry_over_slots and not tracker.is_damaged:
        initial = domain.initial_slots()
        carried = [
            SlotSet(slot, value)
            for slot, value in tracker.slots.items()
            if slot != REQUESTED_SLOT and value != initial.get(slot)
        ]
    return [SessionStarted(), *carried, ActionExecuted(ACTION_LISTEN)]
