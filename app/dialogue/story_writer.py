"""What happened in a conversation, as stories in Rasa's YAML format. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
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
from app.dialogue.stories import StepEntity
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


def marked_words(text: str, entities: Iterable[StepEntity]) -> str:
    """Put the markup of entities that have a place into the words; what overlaps is left out."""
    by_place: dict[tuple[int, int], list[StepEntity]] = {}
    for entity in entities:
        if entity.span is not None:
            by_place.setdefault(entity.span, []).append(entity)
    pieces: list[str] = []
    end_of_last = 0
    for (start, end), labels in sorted(by_place.items()):
        if start >= end_of_last:
            pieces += [text[end_of_last:start], _markup(labels, text[start:end])]
            end_of_last = end
    return "".join([*pieces, text[end_of_last:]])


def _markup(entities: Sequence[StepEntity], words: str) -> str:
    labels = [_label(entity, words) for entity in entities]
    if len(labels) > 1:
        return f"[{words}]{json.dumps(labels, ensure_ascii=False)}"
    (label,) = labels
    is_short = len(label) == 1 and not set("()[]:") & set(label["entity"])
    return f"[{words}]" + (f"({label['entity']})" if is_short else json.dumps(label, ensure_ascii=False))


def _label(entity: StepEntity, words: str) -> Json:
    value = entity.value if entity.value != words else None
    label = {"entity": entity.entity, "role": entity.role, "group": entity.group, "value": value}
    return {key: part for key, part in label.items() if part is not None}


def _user_step(event: UserUttered) -> Json:
    """Write an utterance as a test story has it; a payload brings its entities itself."""
    is_payload = event.text.startswith("/")
    words = event.text if is_payload else marked_words(event.text, map(_entity, event.parsed.entities))
    return {"user": words, "intent": event.parsed.intent.name}


def _entity(span: EntitySpan) -> StepEntity:
    return StepEntity(span.entity, payload_value(span), span.role, span.group, (span.start, span.end))
