"""How Rasa tells the more specific of two rules: by the length of the JSON that its states make. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from app.dialogue.states import NO_LOOP, TurnState

_MUST_NOT_BE_SET = "should_not_be_set"  # Rasa's word for null in a rule


def key_length(states: Sequence[TurnState]) -> int:
    """Give the length of the key under which Rasa keeps a rule's place; the longest that fits wins."""
    return len(json.dumps([_written(state) for state in states], sort_keys=True))


def _written(state: TurnState) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "user": _user(state),
        "slots": {slot: list(value) or _MUST_NOT_BE_SET for slot, value in state.slots.items()},
        "prev_action": {"action_name": state.previous_action} if state.previous_action else {},
        "active_loop": {} if state.active_loop is None else {"name": _loop(state.active_loop)},
    }
    return {name: part for name, part in parts.items() if part}


def _user(state: TurnState) -> dict[str, Any]:
    entities = {"entities": sorted(state.entities)} if state.entities else {}
    return {"intent": state.intent} | entities if state.intent else {}


def _loop(name: str) -> str:
    return _MUST_NOT_BE_SET if name == NO_LOOP else name
