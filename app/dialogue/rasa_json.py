"""Trackers, events and parses as Rasa 3.x writes them in JSON: for custom actions and HTTP. Pure.

Events that Rasa does not know (decisions, failures, ratings) are left out; an agent's joining looks like a
pause.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

from app.dialogue.domain import Domain
from app.dialogue.errors import ActionFailedError
from app.dialogue.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActionReverted,
    ActiveLoopChanged,
    AgentJoined,
    AgentUttered,
    AllSlotsReset,
    AnswerRated,
    BotUttered,
    Event,
    FollowupActionSet,
    HandoffClosed,
    HandoffRequested,
    LoopInterrupted,
    NoteKept,
    ReminderCancelled,
    ReminderScheduled,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from app.dialogue.history import applied, rewound
from app.dialogue.payload import payload_value
from app.dialogue.rasa_intents import intent_from_rasa, intents_to_rasa
from app.dialogue.rasa_messages import buttons_from_rasa, buttons_to_rasa, text_or_none
from app.dialogue.rasa_side_events import SIDE_READERS, write_cancellation, write_note, write_reminder
from app.dialogue.tracker import REQUESTED_SLOT, SESSION_METADATA_SLOT, Tracker
from nlu.types import FALLBACK_INTENT, EntitySpan, ParsedUtterance

Json = dict[str, Any]
IncludedEvents = Literal["ALL", "APPLIED", "AFTER_RESTART", "NONE"]

_OWN_SLOTS: Json = {REQUESTED_SLOT: None, SESSION_METADATA_SLOT: None}  # of every bot
_PAUSE_REASON = "an action paused the conversation"


def tracker_to_rasa(tracker: Tracker, domain: Domain, *, include_events: IncludedEvents = "ALL") -> Json:
    """Write a tracker as Rasa's HTTP API gives it and `rasa_sdk.Tracker.from_dict` reads it.

    Args:
        tracker: the conversation.
        domain: gives the slots that were not set.
        include_events: ALL; AFTER_RESTART: without what was taken back; APPLIED: forms collapsed too; NONE.
    """
    message = tracker.latest_message
    return {
        "sender_id": tracker.conversation_id,
        "slots": domain.initial_slots() | _OWN_SLOTS | dict(tracker.slots),
        "latest_message": _latest_message(tracker),
        "latest_event_time": _latest_time(tracker),
        "followup_action": tracker.followup_action,
        "paused": tracker.mode == "agent",
        "events": _events(tracker, include_events),
        "latest_input_channel": message.channel if message is not None else None,
        "active_loop": _active_loop(tracker),
        "latest_action": {"action_name": tracker.latest_action} if tracker.latest_action else {},
        "latest_action_name": tracker.latest_action,
    }


def parsed_to_rasa(parsed: ParsedUtterance) -> Json:
    """Write what was understood as Rasa's ``/model/parse`` gives it; the chosen intent leads the ranking."""
    return {
        "text": parsed.text,
        "entities": [_entity(span) for span in parsed.entities],
        **intents_to_rasa(parsed),
    }


def event_to_rasa(event: Event, timestamp: float | None) -> Json | None:
    """Write an event; None when Rasa knows nothing like it."""
    writer = _WRITERS.get(type(event))
    if writer is None:
        return None
    name, write = writer
    return {"event": name, "timestamp": timestamp, **write(event)}


def is_event_read(name: str) -> bool:
    """Say whether `event_from_rasa` reads events of this name."""
    return name in _READERS


def event_from_rasa(raw: Any) -> Event:
    """Read an event that a custom action returned.

    Raises:
        ActionFailedError: it is not an event, or one that we do not know.
    """
    name = raw.get("event") if isinstance(raw, Mapping) else None
    reader = _READERS.get(name) if isinstance(name, str) else None
    if reader is None:
        raise ActionFailedError(
            f"got the event {str(name or raw)[:80]!r} from an action; expected one of {', '.join(_READERS)}"
        )
    try:
        return reader(raw)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ActionFailedError(f"got a '{name}' event that cannot be read: {error!r}") from error


def _latest_message(tracker: Tracker) -> Json:
    message = tracker.latest_message
    if message is None:
        return {
            "text": None,
            "intent": {},
            "entities": [],
            "intent_ranking": [],
            "message_id": None,
            "metadata": {},
        }
    return _parse_data(message)


def _parse_data(message: UserUttered) -> Json:
    return parsed_to_rasa(message.parsed) | {
        "text": message.text,
        "message_id": message.client_message_id,
        "metadata": dict(message.metadata),
    }


def _latest_time(tracker: Tracker) -> float | None:
    newest_first = zip(reversed(tracker.events), reversed(tracker.event_times), strict=False)
    latest = next((at for event, at in newest_first if not isinstance(event, AnswerRated)), None)
    return _timestamp(latest or tracker.last_event_at)


def _active_loop(tracker: Tracker) -> Json:
    if tracker.active_loop is None:
        return {}
    return {
        "name": tracker.active_loop,
        "is_interrupted": tracker.is_loop_interrupted,
        "rejected": tracker.is_loop_rejected,
        "trigger_message": None,
    }


def _events(tracker: Tracker, include_events: IncludedEvents) -> list[Json]:
    times = dict(zip(map(id, tracker.events), tracker.event_times, strict=False))
    match include_events:
        case "ALL":
            events = list(tracker.events)
        case "AFTER_RESTART":
            events = rewound(tracker.events)
        case "APPLIED":
            events = applied(tracker.events)
        case "NONE":
            events = []
    written = [
        event_to_rasa(event, _timestamp(times.get(id(event)) or tracker.last_event_at)) for event in events
    ]
    return [item for item in written if item is not None]


def _timestamp(at: datetime | None) -> float | None:
    return at.timestamp() if at is not None else None


def _entity(span: EntitySpan) -> Json:
    written: Json = {
        "entity": span.entity,
        "start": span.start,
        "end": span.end,
        "confidence_entity": span.confidence,
        "value": payload_value(span),
        "extractor": span.extractor,
    }
    parts = {"role": span.role, "group": span.group}
    return written | {key: part for key, part in parts.items() if part is not None}


def _write_user(event: UserUttered) -> Json:
    return {
        "text": event.text,
        "parse_data": _parse_data(event),
        "input_channel": event.channel,
        "message_id": event.client_message_id,
        "metadata": dict(event.metadata),
    }


def _write_bot(event: BotUttered) -> Json:
    buttons = buttons_to_rasa(event.buttons)
    data = {
        "elements": None,
        "quick_replies": None,
        "buttons": buttons or None,
        "attachment": event.attachment,
        "image": event.image,
        "custom": dict(event.custom) or None,
    }
    metadata = {"utter_action": event.response} if event.response else {}
    return {"text": event.text or None, "data": data, "metadata": metadata}


def _write_action(event: ActionExecuted) -> Json:
    return {
        "name": event.action,
        "policy": event.policy or None,
        "confidence": event.confidence,
        "action_text": None,
        "hide_rule_turn": event.hide_rule_turn,
        **({"metadata": dict(event.metadata)} if event.metadata else {}),
    }


def _write_rejection(event: ActionExecutionRejected) -> Json:
    return {"name": event.action, "policy": None, "confidence": None}


def _write_agent(event: AgentUttered) -> Json:
    return {"text": event.text, "data": {"agent_name": event.agent_name}}


def _nothing(_: Any) -> Json:
    return {}


_WRITERS: Mapping[type, tuple[str, Callable[[Any], Json]]] = {
    SessionStarted: ("session_started", _nothing),
    UserUttered: ("user", _write_user),
    BotUttered: ("bot", _write_bot),
    SlotSet: ("slot", lambda event: {"name": event.slot, "value": event.value}),
    AllSlotsReset: ("reset_slots", _nothing),
    ActionExecuted: ("action", _write_action),
    ActionExecutionRejected: ("action_execution_rejected", _write_rejection),
    ActiveLoopChanged: ("active_loop", lambda event: {"name": event.name}),
    LoopInterrupted: ("loop_interrupted", lambda event: {"is_interrupted": event.is_interrupted}),
    FollowupActionSet: ("followup", lambda event: {"name": event.action}),
    UserUtteranceReverted: ("rewind", _nothing),
    ActionReverted: ("undo", _nothing),
    Restarted: ("restart", _nothing),
    ReminderScheduled: ("reminder", write_reminder),
    ReminderCancelled: ("cancel_reminder", write_cancellation),
    NoteKept: ("note", write_note),  # under its own name
    AgentJoined: ("pause", _nothing),
    AgentUttered: ("agent", _write_agent),
    HandoffClosed: ("resume", _nothing),
}


def _read_user(raw: Mapping[str, Any]) -> UserUttered:
    text = str(raw.get("text") or "")
    data = raw.get("parse_data") or {}
    intent = intent_from_rasa(data.get("intent") or {"name": FALLBACK_INTENT})
    entities = tuple(_read_entity(entity) for entity in data.get("entities") or ())
    ranking = tuple(intent_from_rasa(item) for item in data.get("intent_ranking") or ())
    parsed = ParsedUtterance(text, intent, ranking, entities)
    metadata = dict(raw.get("metadata") or {})
    return UserUttered(text, parsed, channel=raw.get("input_channel") or "web", metadata=metadata)


def _read_entity(raw: Mapping[str, Any]) -> EntitySpan:
    value = str(raw.get("value"))
    start, end = int(raw.get("start") or 0), int(raw.get("end") or 0)
    return EntitySpan(
        start, end, str(raw["entity"]), value, value, 1.0, raw.get("role"), raw.get("group"), "action"
    )


def _read_bot(raw: Mapping[str, Any]) -> BotUttered:
    data = raw.get("data") or {}
    return BotUttered(
        text=str(raw.get("text") or ""),
        buttons=buttons_from_rasa(data.get("buttons")),
        image=text_or_none(data.get("image")),
        attachment=text_or_none(data.get("attachment")),
        custom=dict(data.get("custom") or {}),
    )


def _read_action(raw: Mapping[str, Any]) -> ActionExecuted:
    confidence = raw.get("confidence")
    return ActionExecuted(
        str(raw["name"]),
        raw.get("policy") or "",
        1.0 if confidence is None else float(confidence),
        hide_rule_turn=bool(raw.get("hide_rule_turn")),
        metadata=dict(raw.get("metadata") or {}),
    )


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Event]] = {
    "session_started": lambda _: SessionStarted(),
    "user": _read_user,
    "bot": _read_bot,
    "slot": lambda raw: SlotSet(str(raw["name"]), raw.get("value")),
    "reset_slots": lambda _: AllSlotsReset(),
    "action": _read_action,
    "action_execution_rejected": lambda raw: ActionExecutionRejected(str(raw["name"])),
    "active_loop": lambda raw: ActiveLoopChanged(text_or_none(raw.get("name"))),
    "form": lambda raw: ActiveLoopChanged(text_or_none(raw.get("name"))),
    "loop_interrupted": lambda raw: LoopInterrupted(bool(raw["is_interrupted"])),
    "followup": lambda raw: FollowupActionSet(text_or_none(raw.get("name"))),
    "form_validation": lambda raw: LoopInterrupted(not raw["validate"]),  # the older name
    "rewind": lambda _: UserUtteranceReverted(),
    "undo": lambda _: ActionReverted(),
    "restart": lambda _: Restarted(),
    "pause": lambda _: HandoffRequested(_PAUSE_REASON),
    "resume": lambda _: HandoffClosed(),
    **SIDE_READERS,
}
