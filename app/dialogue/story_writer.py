"""What happened in a conversation, as stories in Rasa's YAML format. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from app.dialogue.action_names import ACTION_LISTEN, ACTION_SESSION_START, ACTION_UNLIKELY_INTENT
from app.dialogue.events import (
    ActionExecuted,
    ActiveLoopChanged,
    Event,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from app.dialogue.history import rewound
from app.dialogue.payload import payload_value
from app.dialogue.states import intent_base
from app.dialogue.tracker import REQUESTED_SLOT
from nlu.types import EntitySpan

Json = dict[str, Any]

_SILENT = frozenset({ACTION_LISTEN, ACTION_SESSION_START, ACTION_UNLIKELY_INTENT})


def write_stories(name: str, events: Sequence[Event], *, all_sessions: bool = False) -> str:
    """Write the latest session as a story, or each session as one; without what was taken back."""
    sessions = _sessions(events) if all_sessions else [rewound(events)]
    told = [steps for session in sessions if (steps := _steps(session))]
    stories = [
        {"story": f"{name}, story {place}" if len(told) > 1 else name, "steps": steps}
        for place, steps in enumerate(told, 1)
    ]
    written = StringIO()
    yaml = YAML()
    yaml.width = 1_000
    yaml.dump({"version": "3.1", "stories": stories}, written)
    return written.getvalue()


def _sessions(events: Sequence[Event]) -> list[list[Event]]:
    """Cut a conversation where it was forgotten."""
    cuts = [place for place, event in enumerate(events) if isinstance(event, Restarted | SessionStarted)]
    bounds = [0, *cuts, len(events)]
    pieces = [events[start:end] for start, end in zip(bounds, bounds[1:], strict=False)]
    return [rewound(piece) for piece in pieces]


def _steps(events: Sequence[Event]) -> list[Json]:
    steps: list[Json] = []
    for event in events:
        step = _step(event)
        if step is not None:
            steps.append(step)
    return steps


def _step(event: Event) -> Json | None:
    match event:
        case UserUttered():
            return _user_step(event)
        case ActionExecuted(action=action) if action not in _SILENT:
            return {"action": action}
        case ActiveLoopChanged(name=name):
            return {"active_loop": name}
        case SlotSet(slot=slot, value=value) if slot != REQUESTED_SLOT:
            return {"slot_was_set": [{slot: value}]}
        case _:
            return None


def _user_step(event: UserUttered) -> Json:
    entities = [_entity(span) for span in event.parsed.entities]
    step: Json = {"user": event.text, "intent": intent_base(event.parsed.intent.name)}
    return step | ({"entities": entities} if entities else {})


def _entity(span: EntitySpan) -> Json:
    parts = {"role": span.role, "group": span.group}
    return {span.entity: payload_value(span)} | {key: part for key, part in parts.items() if part}
