"""The events of one turn as they come; nothing is stored before the turn is complete."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from app.dialogue.action_names import ACTION_LISTEN
from app.dialogue.events import ActionExecuted, Event, UserUttered
from app.dialogue.tracker import Tracker, fold


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
            if isinstance(event, ActionExecuted) and event.action == ACTION_LISTEN:
                return True
        return False
