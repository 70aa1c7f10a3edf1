"""The events of one turn as they come; nothing is stored before the turn is complete."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime

from app.dialogue.action_names import ACTION_LISTEN
from app.dialogue.events import ActionExecuted, DecisionMade, Event, UserUttered
from app.dialogue.tracker import Tracker, fold

_log = logging.getLogger(__name__)


class Turn:
    """A tracker that includes all that has happened in the turn so far."""

    def __init__(self, tracker: Tracker, at: datetime) -> None:
        self.tracker = tracker
        self.events: list[Event] = []
        self._at = at

    def record(self, *events: Event) -> None:
        """Add what has happened."""
        self.record_all(events)

    def record_all(self, events: Iterable[Event]) -> None:
        """Add what has happened, in order."""
        new = list(events)
        self.events += new
        self.tracker = fold(self.tracker, new, at=self._at)

    @property
    def is_over(self) -> bool:
        """Say whether the bot listens again after the customer's message."""
        for event in reversed(self.events):
            if isinstance(event, UserUttered):
                return False
            if _is_listening(event):
                return True
        return False


def find_turn(events: Sequence[Event], client_message_id: str | None) -> range | None:
    """Give the places (from 0) of the events that a message with this id led to; None if there was none."""
    if client_message_id is None:
        return None
    start: int | None = None
    for index, event in enumerate(events):
        if start is not None and _ends_turn(events, index):
            return range(start, index + 1)
        if isinstance(event, UserUttered) and event.client_message_id == client_message_id:
            start = index
    return None if start is None else range(start, len(events))


def _ends_turn(events: Sequence[Event], index: int) -> bool:
    """Say whether the bot listens here, and not only to the same message again."""
    if not _is_listening(events[index]):
        return False
    following = events[index + 1] if index + 1 < len(events) else None
    return not (isinstance(following, UserUttered) and following.is_heard_again)


def _is_listening(event: Event) -> bool:
    return isinstance(event, ActionExecuted) and event.action == ACTION_LISTEN


def log_turn(turn: Turn) -> None:
    """Write into the log what was understood in a customer's turn, and what was decided."""
    utterance = next(event for event in turn.events if isinstance(event, UserUttered))
    decisions = [event.decision for event in turn.events if isinstance(event, DecisionMade)]
    fields = {
        "conversation_id": turn.tracker.conversation_id,
        "intent": utterance.parsed.intent.name,
        "confidence": round(utterance.parsed.intent.confidence, 3),
        "decisions": ",".join(decisions),
    }
    _log.info("message_handled", extra=fields)
