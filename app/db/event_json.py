"""Events as JSON for the database, with a type name and a schema version; and back.

The embedding of an utterance is not stored: it can be computed again and is large. New fields of events
need a default and nothing else; any other change needs a new schema version and a reader for the old one.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.dialogue import events
from app.dialogue.errors import ChatbotError, InvalidInputError
from app.dialogue.events import (
    BotUttered,
    Button,
    DecisionMade,
    Event,
    FaqSource,
    ReminderCancelled,
    ReminderScheduled,
    UserUttered,
)
from nlu.types import EntitySpan, IntentPrediction, ParsedUtterance

SCHEMA_VERSION = 1

_CLASS_OF: Mapping[str, type[Event]] = {
    "session_started": events.SessionStarted,
    "user_uttered": events.UserUttered,
    "bot_uttered": events.BotUttered,
    "answer_rated": events.AnswerRated,
    "slot_set": events.SlotSet,
    "all_slots_reset": events.AllSlotsReset,
    "decision_made": events.DecisionMade,
    "action_executed": events.ActionExecuted,
    "action_failed": events.ActionFailed,
    "action_execution_rejected": events.ActionExecutionRejected,
    "active_loop_changed": events.ActiveLoopChanged,
    "loop_interrupted": events.LoopInterrupted,
    "followup_action_set": events.FollowupActionSet,
    "user_utterance_reverted": events.UserUtteranceReverted,
    "action_reverted": events.ActionReverted,
    "restarted": events.Restarted,
    "reminder_scheduled": events.ReminderScheduled,
    "reminder_cancelled": events.ReminderCancelled,
    "note_kept": events.NoteKept,
    "event_unreadable": events.EventUnreadable,
    "handoff_requested": events.HandoffRequested,
    "agent_joined": events.AgentJoined,
    "agent_uttered": events.AgentUttered,
    "handoff_closed": events.HandoffClosed,
}
_NAME_OF: Mapping[type, str] = {event_class: name for name, event_class in _CLASS_OF.items()}


class EventFormatError(ChatbotError):
    """A stored event cannot be read by this version of the code."""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as the database keeps it."""

    type: str
    schema_version: int
    payload: dict[str, Any]


def event_to_json(event: Event) -> StoredEvent:
    """Convert an event.

    Raises:
        InvalidInputError: it holds a value that is not JSON (an object of an action, NaN).
    """
    name = _NAME_OF[type(event)]
    try:
        payload = _user_payload(event) if isinstance(event, UserUttered) else dataclasses.asdict(event)
        text = json.dumps(payload, allow_nan=False, default=_written_time)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"event {name}: got a value that is not JSON: {error}") from error
    return StoredEvent(name, SCHEMA_VERSION, json.loads(text))


def event_from_json(stored: StoredEvent) -> Event:
    """Convert a stored event back.

    Raises:
        EventFormatError: unknown type, unknown schema version, or fields that do not fit.
    """
    if stored.schema_version != SCHEMA_VERSION:
        raise EventFormatError(
            f"event {stored.type}: got schema version {stored.schema_version}, expected {SCHEMA_VERSION};"
            " the database was written by another version of SpanDesk"
        )
    event_class = _CLASS_OF.get(stored.type)
    if event_class is None:
        raise EventFormatError(f"got event type {stored.type!r}, expected one of {', '.join(_CLASS_OF)}")
    try:
        return _build(event_class, stored.payload)
    except (TypeError, KeyError, ValueError) as error:
        raise EventFormatError(f"event {stored.type}: the stored fields do not fit: {error}") from error


def _build(event_class: type[Event], payload: dict[str, Any]) -> Event:
    if event_class is UserUttered:
        return UserUttered(**payload | {"parsed": _parsed_from_json(payload["parsed"])})
    if event_class is BotUttered:
        buttons = tuple(Button(**button) for button in payload["buttons"])
        faq = FaqSource(**payload["faq"]) if payload["faq"] is not None else None
        return BotUttered(**payload | {"buttons": buttons, "faq": faq})
    if event_class is DecisionMade:
        return DecisionMade(**payload | {"reasons": tuple(payload["reasons"])})
    if event_class is ReminderScheduled:
        due_at = datetime.fromisoformat(payload["due_at"])
        return ReminderScheduled(**payload | {"due_at": due_at, "entities": _spans(payload)})
    if event_class is ReminderCancelled:
        return ReminderCancelled(**payload | {"entities": _spans(payload)})
    return event_class(**payload)


def _written_time(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} is not JSON")
    return value.isoformat()


def _spans(payload: dict[str, Any]) -> tuple[EntitySpan, ...]:
    return tuple(EntitySpan(**item) for item in payload["entities"])


def _user_payload(event: UserUttered) -> dict[str, Any]:
    parsed = event.parsed
    without_embedding = dataclasses.replace(parsed, embedding=None)
    payload = dataclasses.asdict(dataclasses.replace(event, parsed=without_embedding))
    del payload["parsed"]["embedding"]
    return payload


def _parsed_from_json(payload: dict[str, Any]) -> ParsedUtterance:
    return ParsedUtterance(
        **payload
        | {
            "intent": IntentPrediction(**payload["intent"]),
            "ranking": tuple(IntentPrediction(**item) for item in payload["ranking"]),
            "entities": _spans(payload),
        }
    )
