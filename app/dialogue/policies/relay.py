"""A person has the conversation: the bot is silent."""

from __future__ import annotations

from app.dialogue.decision import Decided, Relay
from app.dialogue.script import BotScript
from app.dialogue.tracker import Tracker


def decide_relay(tracker: Tracker, _: BotScript) -> Decided | None:
    """Be silent while an agent has the conversation."""
    if tracker.mode != "agent":
        return None
    return Decided(Relay(), "relay", ("an agent has the conversation",))
