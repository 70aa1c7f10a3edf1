"""Which actions a bot's own code may be asked for: those that its domain names, as in Rasa."""

from __future__ import annotations

from app.dialogue.action_names import ACTION_ANSWER_FAQ, ACTION_REQUEST_HANDOFF
from app.dialogue.domain import Domain

_OURS = frozenset({ACTION_ANSWER_FAQ, ACTION_REQUEST_HANDOFF})  # bots name them in their domain, we run them


def declared_actions(domain: Domain) -> frozenset[str]:
    """Give the custom actions that the domain names; its responses are none."""
    return frozenset(domain.actions) - domain.responses.keys() - _OURS
