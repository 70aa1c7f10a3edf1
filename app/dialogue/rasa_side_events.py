"""Rasa's JSON for events beside the dialogue: reminders, and notes that are kept without effect. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.dialogue.errors import ActionFailedError, InvalidInputError
from app.dialogue.events import AgentUttered, Event, NoteKept, ReminderCancelled, ReminderScheduled
from app.dialogue.payload import payload_value
from app.dialogue.rasa_messages import text_or_none
from app.dialogue.reminders import read_due_at, read_entities
from nlu.types import EntitySpan

Json = dict[str, Any]

_NOTES = ("session_ended", "export", "user_featurization", "entities", "warning_predicted")


def write_reminder(event: ReminderScheduled) -> Json:
    """Write a reminder as rasa-sdk does."""
    return {
        "intent": event.intent,
        "entities": _entities(event.entities),
        "date_time": event.due_at.isoformat(),
        "name": event.name,
        "kill_on_user_msg": event.kill_on_user_message,
    }


def write_cancellation(event: ReminderCancelled) -> Json:
    """Write the end of reminders as rasa-sdk does."""
    return {"intent": event.intent, "entities": _entities(event.entities), "name": event.name}


def write_note(event: NoteKept) -> Json:
    """Write a note as it came."""
    return {**event.content, "event": event.name}


def _entities(spans: Sequence[EntitySpan]) -> list[Json] | None:
    return [_entity(span) for span in spans] or None


def _entity(span: EntitySpan) -> Json:
    parts = {"role": span.role, "group": span.group}
    written = {key: part for key, part in parts.items() if part is not None}
    return {"entity": span.entity, "value": payload_value(span), **written}


def _read_reminder(raw: Mapping[str, Any]) -> ReminderScheduled:
    intent = raw.get("intent")
    if not isinstance(intent, str) or not intent:
        raise ActionFailedError(f"got a reminder of the intent {str(intent)[:60]!r}; expected its name")
    kill = raw.get("kill_on_user_msg", raw.get("kill_on_user_message", True))
    try:
        due_at, entities = read_due_at(raw.get("date_time")), read_entities(raw.get("entities"))
    except InvalidInputError as error:
        raise ActionFailedError(f"reminder of '{intent}': {error}") from error
    return ReminderScheduled(intent, due_at, text_or_none(raw.get("name")), bool(kill), entities)


def _read_cancellation(raw: Mapping[str, Any]) -> ReminderCancelled:
    try:
        entities = read_entities(raw.get("entities"))
    except InvalidInputError as error:
        raise ActionFailedError(f"cancel_reminder: {error}") from error
    return ReminderCancelled(text_or_none(raw.get("name")), text_or_none(raw.get("intent")), entities)


def _read_note(raw: Mapping[str, Any]) -> NoteKept:
    content = {str(key): value for key, value in raw.items() if key not in {"event", "timestamp"}}
    return NoteKept(str(raw["event"]), content)


def _read_agent(raw: Mapping[str, Any]) -> AgentUttered:
    data = raw.get("data") or {}
    return AgentUttered(str(raw.get("text") or ""), "", str(data.get("agent_name") or ""))


SIDE_READERS: Mapping[str, Callable[[Mapping[str, Any]], Event]] = {
    "reminder": _read_reminder,
    "cancel_reminder": _read_cancellation,
    "agent": _read_agent,
    **dict.fromkeys(_NOTES, _read_note),
}
"""By the name of the event."""
