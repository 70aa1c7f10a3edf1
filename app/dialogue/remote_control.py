"""What programs may do with a conversation besides talking: append events, execute one action, predict.

Everything that changes a conversation goes through the manager: one change at a time, saved, then published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.dialogue.action_names import BUILT_IN_ACTIONS
from app.dialogue.decision import Decided
from app.dialogue.errors import InvalidInputError, NotFoundError
from app.dialogue.events import Event, HandoffClosed, SessionStarted, UserUttered
from app.dialogue.manager import DialogueManager, TurnResult
from app.dialogue.payload import is_intent, value_span
from app.dialogue.policies.choice import action_of, decision_for
from app.dialogue.policy import decide
from app.dialogue.tracker import Tracker
from app.dialogue.turn import Turn
from app.dialogue.understanding import CustomerMessage


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the bot would do next: the action, the policy that says so and how sure it is."""

    action: str
    policy: str
    confidence: float


class RemoteControl:
    """Moves the conversations of one manager from outside."""

    def __init__(self, manager: DialogueManager) -> None:
        self._manager = manager
        self._script = manager.script

    @property
    def actions(self) -> list[str]:
        """Name every action that the bot may execute, the built-in ones first."""
        domain = self._script.domain
        return list(
            dict.fromkeys((*sorted(BUILT_IN_ACTIONS), *domain.actions, *domain.responses, *domain.forms))
        )

    def append(self, conversation_id: str, events: Sequence[Event]) -> TurnResult:
        """Record events as they are; a conversation that is new begins its session first."""

        def _append(turn: Turn) -> None:
            if not turn.tracker.events and SessionStarted() not in events:
                self._manager.begin_session_if_due(turn)
            turn.record_all(events)

        return self._manager.change(conversation_id, _append)

    def replace(self, conversation_id: str, events: Sequence[Event]) -> TurnResult:
        """Let only these events count from now on; those before stay in the log, before a session's start."""

        def _replace(turn: Turn) -> None:
            if turn.tracker.mode != "bot":
                turn.record(HandoffClosed())
            if turn.tracker.events and SessionStarted() not in events:
                turn.record(SessionStarted())
            turn.record_all(events)

        return self._manager.change(conversation_id, _replace)

    def add_message(self, message: CustomerMessage, understood: UserUttered | None = None) -> TurnResult:
        """Record what the customer said, and the slots that it fills; the bot does not react.

        Args:
            message: what was said.
            understood: the utterance, where somebody else understood it already.
        """

        def _hear(turn: Turn) -> None:
            self._manager.begin_session_if_due(turn, message.metadata)
            if understood is None:
                self._manager.hear_message(message, turn)
            else:
                self._manager.hear(understood, turn)

        return self._manager.change(message.conversation_id, _hear)

    def execute(
        self, conversation_id: str, action: str, *, policy: str = "", confidence: float = 1.0
    ) -> TurnResult:
        """Execute one action; what comes after it is not decided.

        Raises:
            InvalidInputError: the bot has no such action.
        """
        if action not in self.actions and not self._manager.knows_action(action):
            raise InvalidInputError(
                f"got the action '{action[:80]}'; expected one of the domain's actions, responses and forms"
            )

        def _execute(turn: Turn) -> None:
            decision = decision_for(action, turn.tracker, self._script)
            reasons = ("asked for from outside",)
            self._manager.execute(Decided(decision, policy, reasons, confidence), turn)

        return self._manager.change(conversation_id, _execute)

    def predict(self, tracker: Tracker) -> Prediction:
        """Say what the bot would do next; nothing is recorded."""
        decided = decide(tracker, self._script)
        return Prediction(action_of(decided.decision), decided.policy, decided.confidence)

    def trigger_intent(
        self, conversation_id: str, name: str, values: Sequence[tuple[str, Any]] = ()
    ) -> TurnResult:
        """Let something outside of the conversation happen, with entities by name and value; the bot reacts.

        Raises:
            NotFoundError: the domain has no such intent.
        """
        if not is_intent(name, self._script.domain):
            raise NotFoundError(f"got the intent '{name[:80]}'; expected one of the domain's")
        spans = [value_span(entity, value) for entity, value in values]
        return self._manager.trigger_intent(conversation_id, name, spans)
