"""What a custom action is called with, in the JSON of rasa-sdk."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from app.dialogue.domain import Domain
from app.dialogue.rasa_domain import RASA_VERSION, domain_to_rasa
from app.dialogue.rasa_json import tracker_to_rasa
from app.dialogue.senders import sender_of
from app.dialogue.tracker import Tracker


class WrittenDomain:
    """A domain as JSON with its digest, made once; servers that keep the domain know it by the digest."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self.json = domain_to_rasa(domain)
        self.digest = hashlib.sha256(json.dumps(self.json, sort_keys=True).encode()).hexdigest()


def action_call(
    action: str, tracker: Tracker, domain: WrittenDomain, *, has_domain: bool = True
) -> dict[str, Any]:
    """Make the call; the customer is known to the action under the name that their client sent."""
    sender = sender_of(tracker.conversation_id)
    written_domain = {"domain": dict(domain.json)} if has_domain else {}
    return {
        "next_action": action,
        "sender_id": sender,
        "tracker": tracker_to_rasa(tracker, domain.domain) | {"sender_id": sender},
        **written_domain,
        "domain_digest": domain.digest,
        "version": RASA_VERSION,
    }
