"""What the dialogue core needs from the outside, as protocols; `app.bootstrap` supplies the real things.

All methods block; the core is synchronous and runs in a worker thread of the server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from app.dialogue.events import Event, RecordedEvent
from app.dialogue.reminders import DueReminder
from app.dialogue.states import TurnState
from app.dialogue.tracker import Tracker
from nlu.types import ParsedUtterance
from retrieval.types import FaqOutcome

Clock = Callable[[], datetime]
"""Gives the present time in UTC."""


class Interpreter(Protocol):
    """Understands one utterance; batching behind it is its own affair."""

    @property
    def bundle_id(self) -> str:
        """Name the model in service, for the log."""

    def parse(self, text: str) -> ParsedUtterance:
        """Parse `text` in one encoder pass.

        Raises:
            UnderstandingError: the model failed or timed out.
        """


class Answerer(Protocol):
    """Finds the help text that answers."""

    def answer(self, parsed: ParsedUtterance, *, said_before: Sequence[str] = ()) -> FaqOutcome:
        """Answer, suggest, or say that there is nothing.

        Uses `parsed.embedding`; only a question that is unclear alone has a second encoder pass, together
        with the utterances `said_before`, the latest first.

        Raises:
            RetrievalError: the search failed.
        """

    def answer_entry(self, entry_id: str) -> FaqOutcome:
        """Answer with one known entry (a pressed suggestion); NoAnswer when it is gone."""


class TrackerStore(Protocol):
    """Keeps the events of conversations; append-only."""

    def load(self, conversation_id: str) -> Tracker:
        """Fold the stored events; an unknown conversation gives an empty tracker of version 0."""

    def recorded(self, conversation_id: str, *, after_sequence: int = 0) -> list[RecordedEvent]:
        """Give the events after a sequence number, in order."""

    def append(
        self, conversation_id: str, events: Sequence[Event], *, expected_version: int
    ) -> list[RecordedEvent]:
        """Store all events in one transaction, numbered from ``expected_version + 1``.

        Raises:
            ConflictError: the conversation is no longer at `expected_version`.
        """


class Reminders(Protocol):
    """Says which reminders are due; of several processes one gets each."""

    def claim_due(self) -> DueReminder | None:
        """Take a reminder that is due and that nobody else has; None when there is none."""

    def settle(self, reminder: DueReminder) -> None:
        """Forget a reminder that was fired or is not wanted any more."""


class ActionRunner(Protocol):
    """Runs a bot's custom actions."""

    def knows(self, action: str) -> bool:
        """Say whether there is such a custom action."""

    def run(self, action: str, tracker: Tracker) -> list[Event]:
        """Run a custom action; its messages come back as BotUttered, in order.

        A message that names a response (``utter_message(response=...)``) comes back as a BotUttered with that
        `response`, empty text, and the action's variables in `custom`; the manager renders it. An action that
        does not want to run now (``ActionExecutionRejection``) gives an ActionExecutionRejected.

        Raises:
            ActionFailedError: it raised, is unknown, or returned unknown events.
        """


class Publisher(Protocol):
    """Tells whoever is connected about saved events."""

    def publish(self, conversation_id: str, events: Sequence[RecordedEvent]) -> None:
        """Hand over saved events; never raises and never blocks for a slow receiver."""


class IntentModel(Protocol):
    """Has learnt from a bot's stories what customers say next."""

    def scores(self, states: Sequence[TurnState]) -> Mapping[str, float]:
        """Give the score of every intent that it knows as the next one; the higher the likelier.

        Args:
            states: at least one; the last is that in which the bot began to listen.
        """

    def thresholds(self, tolerance: float) -> Mapping[str, float]:
        """Give the least score of each intent that some story makes likely; `tolerance` from 0 to 1."""


class StoryModel(Protocol):
    """Has learnt from a bot's stories what comes next, also where no story goes."""

    def likelihoods(self, states: Sequence[TurnState]) -> Mapping[str, float]:
        """Give the probability of every action that it knows, after these states; they sum to one.

        Args:
            states: at least one; the last is the present, and only as many as the model heeds count.
        """
