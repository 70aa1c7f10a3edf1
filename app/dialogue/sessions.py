"""Sessions: when a silence ends one, and what a new one begins with. Pure; the time is given."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.dialogue.action_names import ACTION_LISTEN
from app.dialogue.domain import Domain
from app.dialogue.events import ActionExecuted, Event, SessionStarted, SlotSet
from app.dialogue.tracker import REQUESTED_SLOT, Tracker


def needs_session(tracker: Tracker, domain: Domain, now: datetime) -> bool:
    """Say whether a message now begins a new session; never while an agent has the conversation.

    So does one in a session with events that this version of the code cannot read.
    """
    if not tracker.events:
        return True
    minutes = domain.session.expiration_minutes
    if tracker.is_damaged and tracker.mode != "agent":
        return True
    if tracker.mode != "bot" or minutes <= 0 or tracker.last_event_at is None:
        return False
    return now - tracker.last_event_at > timedelta(minutes=minutes)


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
