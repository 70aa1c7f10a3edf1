"""The tracker: what a conversation's events add up to. A pure fold; no I/O, no clock.

``fold(tracker, a + b) == fold(fold(tracker, a), b)`` holds for every split. A session start or restart
forgets slots, form and history; a message that was taken back is undone by folding again what is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from app.dialogue.action_names import ACTION_LISTEN, ACTION_SESSION_START
from app.dialogue.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActionReverted,
    ActiveLoopChanged,
    AgentJoined,
    AllSlotsReset,
    AnswerRated,
    Event,
    EventUnreadable,
    FollowupActionSet,
    HandoffClosed,
    HandoffRequested,
    LoopInterrupted,
    RecordedEvent,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from app.dialogue.history import rewound

REQUESTED_SLOT = "requested_slot"
SESSION_METADATA_SLOT = "session_started_metadata"  # what the message that began the session carried

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
    `event_times` says for each of `events` when it happened (None: not known). `last_event_at` leaves ratings
    out: they keep no session alive. `is_damaged`: an event that cannot be read stands in the present session,
    so that what is known here may be wrong.
    """

    conversation_id: str
    version: int = 0
    events: tuple[Event, ...] = ()
    slots: Mapping[str, Any] = field(default_factory=dict)
    active_loop: str | None = None
    is_loop_interrupted: bool = False
    is_loop_rejected: bool = False
    latest_message: UserUttered | None = None
    latest_action: str | None = None
    followup_action: str | None = None
    mode: Mode = "bot"
    last_event_at: datetime | None = None
    event_times: tuple[datetime | None, ...] = ()
    is_damaged: bool = False

    @property
    def requested_slot(self) -> str | None:
        """Name the slot that the active form asked for."""
        value = self.slots.get(REQUESTED_SLOT)
        return value if isinstance(value, str) else None


def empty_tracker(conversation_id: str) -> Tracker:
    """Start a conversation without events."""
    return Tracker(conversation_id=conversation_id)


def fold(tracker: Tracker, events: Sequence[Event], *, at: datetime | None = None) -> Tracker:
    """Apply new, not yet recorded events in order, that happened `at` this time; `version` stays."""
    state = _State(tracker)
    for event in events:
        state.apply(event, at)
    return state.tracker(version=tracker.version, last_event_at=tracker.last_event_at)


def fold_recorded(tracker: Tracker, recorded: Sequence[RecordedEvent]) -> Tracker:
    """Apply recorded events in order; `version` becomes the last sequence number."""
    if not recorded:
        return tracker
    state = _State(tracker)
    for item in recorded:
        state.apply(item.event, item.recorded_at)
    times = [item.recorded_at for item in recorded if not isinstance(item.event, AnswerRated)]
    last_event_at = times[-1] if times else tracker.last_event_at
    return state.tracker(version=recorded[-1].sequence, last_event_at=last_event_at)


class _State:
    """Mutable scratch copy of a tracker while folding, so that long folds stay linear."""

    def __init__(self, tracker: Tracker) -> None:
        self._start = tracker
        self._events: list[Event] = list(tracker.events)
        self._times: list[datetime | None] = list(tracker.event_times)
        self._slots: dict[str, Any] = dict(tracker.slots)
        self._changes: dict[str, Any] = {"active_loop": tracker.active_loop}
        self._mode: Mode = tracker.mode

    def apply(self, event: Event, at: datetime | None) -> None:
        self._events.append(event)
        self._times.append(at)
        self._mode = _MODE_AFTER.get(type(event), self._mode)
        if isinstance(event, UserUtteranceReverted):
            self._replay()
            self._changes["followup_action"] = ACTION_LISTEN
        elif isinstance(event, ActionReverted):
            self._replay()
        else:
            self._update(event)

    def _update(self, event: Event) -> None:
        match event:
            case UserUttered():
                self._changes["latest_message"] = event
            case SlotSet(slot=slot, value=value):
                self._slots[slot] = value
            case AllSlotsReset():
                self._slots.clear()
            case ActionExecuted(action=action):
                self._act(action)
            case Restarted():
                self._forget()
                self._changes["followup_action"] = ACTION_SESSION_START
            case SessionStarted():
                self._forget()
                self._changes["is_damaged"] = False
            case EventUnreadable():
                self._changes["is_damaged"] = True
            case FollowupActionSet(action=action):
                self._changes["followup_action"] = action
            case _:
                self._update_loop(event)

    def _update_loop(self, event: Event) -> None:
        match event:
            case ActiveLoopChanged(name=name):
                self._changes |= {
                    "active_loop": name,
                    "is_loop_interrupted": False,
                    "is_loop_rejected": False,
                }
            case LoopInterrupted(is_interrupted=is_interrupted):
                self._changes["is_loop_interrupted"] = is_interrupted
            case ActionExecutionRejected(action=action) if action == self._changes["active_loop"]:
                self._changes["is_loop_rejected"] = True
            case _:  # the others are facts for people
                pass

    def _act(self, action: str) -> None:
        self._changes |= {"latest_action": action, "followup_action": None, "is_loop_interrupted": False}
        if action == self._changes["active_loop"]:
            self._changes["is_loop_rejected"] = False

    def _forget(self) -> None:
        self._slots.clear()
        self._changes |= {
            "active_loop": None,
            "is_loop_interrupted": False,
            "is_loop_rejected": False,
            "latest_message": None,
            "latest_action": None,
            "followup_action": None,
        }

    def _replay(self) -> None:
        """Fold again without what was taken back."""
        self._forget()
        for event in rewound(self._events):
            self._update(event)

    def tracker(self, *, version: int, last_event_at: datetime | None) -> Tracker:
        return replace(
            self._start,
            version=version,
            last_event_at=last_event_at,
            events=tuple(self._events),
            event_times=tuple(self._times),
            slots=self._slots,
            mode=self._mode,
            **self._changes,
        )
