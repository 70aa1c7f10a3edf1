"""What a custom action returned, as events: what it said comes before what it changed, as in Rasa."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from app.dialogue.errors import ActionFailedError
from app.dialogue.events import Event
from app.dialogue.rasa_json import event_from_rasa
from app.dialogue.rasa_messages import message_from_rasa


def read_result(action: str, result: Any) -> list[Event]:
    """Read ``{"events": [...], "responses": [...]}``.

    Raises:
        ActionFailedError: it has another form, an event that we do not know, or a value that is not JSON.
    """
    plain = _as_json(action, result)
    if not isinstance(plain, Mapping):
        raise ActionFailedError(
            f"the action '{action}' gave {str(plain)[:80]!r}; expected events and responses"
        )
    said = [message_from_rasa(raw) for raw in plain.get("responses") or ()]
    changed = [event_from_rasa(raw) for raw in plain.get("events") or ()]
    return [*said, *changed]


def _as_json(action: str, result: Any) -> Any:
    try:
        return json.loads(json.dumps(result, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise ActionFailedError(
            f"the action '{action}' gave a value that is not JSON ({error}); use text, numbers, lists"
        ) from error
