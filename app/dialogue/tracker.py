"""The tracker: what a conversation's events add up to. A pure fold; no I/O, no clock.

``fold(tracker, a + b) == fold(fold(tracker, a), b)`` holds for every split.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from app.dialogue.events import (
    ActionExecuted,
    ActiveLoopChanged,
    AgentJoined,
    AllSlotsReset,
    Event,
    FollowupActionSet,
    HandoffClosed,
    HandoffRequested,
    LoopInterrupted,
    RecordedEvent,
    Restarted,
    SlotSet,
    UserUttered,
)

REQUESTED_SLOT = "requested_slot"
ACTION_LISTEN = "action_listen"

Mode = Literal["bot", "handoff_requested", "agent"]

_MODE_AFTER: Mapping[type, Mode] = {
    HandoffRequested: "handoff_requested",
    AgentJoined: "agent",
    HandoffClosed: "bot",
}


@dataclass(frozen=True, slots=True)
class Tracker:
    """State of a conversation after `version` recorded events and, within a turn, some new ones.

    `slots` holds only slots that were set; `app.dialogue.domain.Domain.initial_slots` gives the rest.
    """

    conversation_id: str
    version: int = 0
    events: tuple[Event, ...] = ()
    slots: Mapping[str, Any] = field(default_factory=dict)
    active_loop: str | None = None
    is_loop_interrupted: bool = False
    latest_message: UserUttered | None = None
    latest_action: str | None = None
    followup_action: str | None = None
    mode: Mode = "bot"
    last_event_at: datetime | None = None

    @property
    def requested_slot(self) -> str | None:
        """Name the slot that the active form asked for."""
        value = self.slots.get(REQUESTED_SLOT)
        return value if isinstance(value, str) else None


def empty_tracker(conversation_id: str) -> Tracker:
    """Start a conversation without events."""
    return Tracker(conversation_id=conversation_id)


def fold(tracker: Tracker, events: Sequence[Event]) -> Tracker:
    """Apply new, not yet recorded events in order; `version` stays."""
    state = _State(tracker)
    for event in events:
        state.apply(event)
    return state.tracker(version=tracker.version, last_event_at=tracker.last_event_at)


def fold_recorded(tracker: Tracker, recorded: Sequence[RecordedEvent]) -> Tracker:
    """Apply recorded events in order; `version` becomes the last sequence number."""
    if not recorded:
        return tracker
    state = _State(tracker)
    for item in recorded:
        state.apply(item.event)
    return state.tracker(version=recorded[-1].sequence, last_event_at=recorded[-1].recorded_at)


class _State:
    """Mutable scratch copy of a tracker while folding, so that long folds stay linear."""

    def __init__(self, tracker: Tracker) -> None:
        self._start = tracker
        self._events: list[Event] = list(tracker.events)
        self._slots: dict[str, Any] = dict(tracker.slots)
        self._changes: dict[str, Any] = {}

    def apply(self, event: Event) -> None:
        self._events.append(event)
        match event:
            case UserUttered():
                self._changes |= {"latest_message": event}
            case SlotSet(slot=slot, value=value):
                self._slots[slot] = value
            case AllSlotsReset():
                self._slots.clear()
            case ActionExecuted(action=action):
                self._changes |= {"latest_action": action, "followup_action": None}
            case ActiveLoopChanged(name=name):
                self._changes |= {"active_loop": name, "is_loop_interrupted": False}
            case LoopInterrupted(is_interrupted=is_interrupted):
                self._changes["is_loop_interrupted"] = is_interrupted
            case FollowupActionSet(action=action):
                self._changes["followup_action"] = action
            case Restarted():
                self._restart()
            case _:  # handoff events change the mode; all others are facts for people
                mode = _MODE_AFTER.get(type(event))
                self._changes |= {"mode": mode} if mode else {}

    def _restart(self) -> None:
        self._slots.clear()
        self._changes |= {
            "active_loop": None,
            "is_loop_interrupted": False,
            "latest_message": None,
            "latest_action": None,
            "followup_action": None,
        }

    def tracker(self, *, version: int, last_event_at: datetime | None) -> Tracker:
        return replace(
            self._start,
            version=version,
            last_event_at=last_event_at,
            events=tuple(self._events),
            slots=self._slots,
            **self._changes,
        )
