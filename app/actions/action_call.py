"""What a custom action is called with, in the JSON of rasa-sdk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.dialogue.domain import Domain
from app.dialogue.rasa_domain import RASA_VERSION
from app.dialogue.rasa_json import tracker_to_rasa
from app.dialogue.tracker import Tracker


def action_call(
    action: str, tracker: Tracker, domain: Domain, written_domain: Mapping[str, Any]
) -> dict[str, Any]:
    """Make the call; `written_domain` is `domain` as JSON, made once."""
    return {
        "next_action": action,
        "sender_id": tracker.conversation_id,
        "tracker": tracker_to_rasa(tracker, domain),
        "domain": dict(written_domain),
        "version": RASA_VERSION,
    }
