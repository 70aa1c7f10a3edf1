"""What a custom action returned, as events: what it said comes before what it changed, as in Rasa."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from app.dialogue.errors import ActionFailedError
from app.dialogue.events import Event
from app.dialogue.rasa_json import event_from_rasa, is_event_read
from app.dialogue.rasa_messages import message_from_rasa

_log = logging.getLogger(__name__)

_WITHOUT_EFFECT = frozenset(  # Rasa's, as far as `event_from_rasa` does not read them
    {
        "agent",
        "cancel_reminder",
        "entities",
        "export",
        "form_validation",
        "hide_rule_turn",
        "reminder",
        "session_ended",
        "undo",
        "user_featurization",
        "warning_predicted",
    }
)


def read_result(action: str, result: Any) -> list[Event]:
    """Read ``{"events": [...], "responses": [...]}``.

    An event that has no effect here, or that nobody knows, is left out with a line in the log: the rest of
    what the action did still counts.

    Raises:
        ActionFailedError: it has another form, an event that lacks something, or a value that is not JSON.
    """
    plain = _as_json(action, result)
    if not isinstance(plain, Mapping):
        raise ActionFailedError(
            f"the action '{action}' gave {str(plain)[:80]!r}; expected events and responses"
        )
    said = [message_from_rasa(raw) for raw in _items(action, plain, "responses")]
    changed = [event_from_rasa(raw) for raw in _readable(action, _items(action, plain, "events"))]
    return [*said, *changed]


def _items(action: str, result: Mapping[str, Any], key: str) -> list[Any]:
    items = result.get(key)
    if items is None:
        return []
    if not isinstance(items, list):
        raise ActionFailedError(f"the action '{action}' gave {str(items)[:80]!r} as '{key}'; expected a list")
    return items


def _readable(action: str, events: list[Any]) -> Iterator[Any]:
    """Leave out what has no effect, saying so."""
    for raw in events:
        name = raw.get("event") if isinstance(raw, Mapping) else None
        if isinstance(name, str) and is_event_read(name):
            yield raw
        elif isinstance(name, str) and name in _WITHOUT_EFFECT:
            _log.warning("event_without_effect", extra={"action": action, "event": name})
        else:
            fields = {"action": action, "event": str(name if name is not None else raw)[:80]}
            _log.error("event_unknown", extra=fields | {"remedy": "return events of rasa_sdk.events"})


def _as_json(action: str, result: Any) -> Any:
    try:
        return json.loads(json.dumps(result, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise ActionFailedError(
            f"the action '{action}' gave a value that is not JSON ({error}); use text, numbers, lists"
        ) from error
