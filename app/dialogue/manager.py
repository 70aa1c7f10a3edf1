"""The straight line of one customer message: load, understand, decide, act, save, then send.

Turns of one conversation happen one after the other; another process that was faster is noticed when saving,
and the turn is done again once on top of what it saved. Every method blocks: call them in a worker thread.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.dialogue.action_names import ACTION_LISTEN, ACTION_SESSION_START
from app.dialogue.custom_actions import CustomActions
from app.dialogue.decision import Decided, Relay, Stay
from app.dialogue.errors import (
    ActionFailedError,
    ConflictError,
    NotFoundError,
    TemplateError,
    UnderstandingError,
)
from app.dialogue.events import (
    ActionExecuted,
    ActionFailed,
    AnswerRated,
    Event,
    RecordedEvent,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from app.dialogue.executor import Executor, decision_made
from app.dialogue.handoff import join, leave, say
from app.dialogue.locks import KeyedLock
from app.dialogue.payload import is_wish
from app.dialogue.policy import decide
from app.dialogue.ports import ActionRunner, Answerer, Clock, Interpreter, Publisher, TrackerStore
from app.dialogue.ratings import check_rated_answer, find_last_rating
from app.dialogue.reminders import (
    DueReminder,
    check_external_intent,
    external_utterance,
    pending_reminders,
)
from app.dialogue.responses import Speaker
from app.dialogue.script import BotScript
from app.dialogue.sessions import needs_session, session_events
from app.dialogue.steering import find_wish
from app.dialogue.tracker import SESSION_METADATA_SLOT, Tracker
from app.dialogue.turn import Turn, find_turn, log_turn
from app.dialogue.understanding import CustomerMessage, check_message, check_text, understand
from nlu.types import EntitySpan

_log = logging.getLogger(__name__)

UNDERSTANDING = "understanding"  # stands for the interpreter in an ActionFailed event


@dataclass(frozen=True, slots=True)
class Ports:
    """What the manager needs from the outside."""

    interpreter: Interpreter
    answerer: Answerer
    actions: ActionRunner
    store: TrackerStore
    publisher: Publisher
    clock: Clock
    rng: random.Random


@dataclass(frozen=True, slots=True)
class Limits:
    """What one message may cost."""

    max_message_chars: int = 2_000
    max_actions_per_turn: int = 10  # Rasa's default; a bot that needs more runs in a circle


@dataclass(frozen=True, slots=True)
class TurnResult:
    """What a turn recorded, in order; `duplicate` when the message had been handled before."""

    recorded: list[RecordedEvent]
    duplicate: bool = False


class DialogueManager:
    """Handles the messages of customers and agents for one bot."""

    def __init__(self, script: BotScript, ports: Ports, limits: Limits | None = None) -> None:
        self._script = script
        self._ports = ports
        self._limits = limits or Limits()
        self._speaker = Speaker(script.domain, ports.rng, strict=script.strict_responses)
        self._actions = CustomActions(ports.actions, self._speaker)
        self._executor = Executor(script, self._actions, ports.answerer, self._speaker, ports.rng)
        self._locks = KeyedLock()

    def handle_message(self, message: CustomerMessage) -> TurnResult:
        """Do everything that one customer message asks for; what it recorded is saved, then published.

        Raises:
            InvalidInputError: the message is empty or too long.
            ConflictError: other processes were faster twice.
        """
        check_message(message, max_chars=self._limits.max_message_chars)
        return self._in_turn(message.conversation_id, lambda tracker: self._reply(message, tracker))

    @property
    def interpreter(self) -> Interpreter:
        """Give what understands customers' words."""
        return self._ports.interpreter

    @property
    def script(self) -> BotScript:
        """Give what the bot follows."""
        return self._script

    def change(self, conversation_id: str, step: Callable[[Turn], None]) -> TurnResult:
        """Have something recorded that is no customer's message; saved, then published, like a turn.

        `step` may be called a second time, on a newer tracker.

        Raises:
            ConflictError: other processes were faster twice.
        """

        def _take(tracker: Tracker) -> TurnResult:
            turn = self._new_turn(tracker)
            step(turn)
            return self._save(turn)

        return self._in_turn(conversation_id, _take)

    def trigger_intent(
        self, conversation_id: str, name: str, entities: Sequence[EntitySpan] = ()
    ) -> TurnResult:
        """Let the bot answer an intent that comes from outside, as if the customer had meant it just now.

        Raises:
            NotFoundError: the domain has no such intent.
            ConflictError: other processes were faster twice.
        """
        return self._in_turn(conversation_id, lambda tracker: self._answer_external(tracker, name, entities))

    def fire_reminder(self, due: DueReminder) -> TurnResult:
        """Trigger what a reminder says, unless it is off or was fired before: then nothing is recorded.

        Raises:
            NotFoundError: the domain does not have its intent.
            ConflictError: other processes were faster twice.
        """

        def _fire(tracker: Tracker) -> TurnResult:
            recorded = self._ports.store.recorded(due.conversation_id, after_sequence=due.sequence - 1)
            reminder = pending_reminders((item.sequence, item.event) for item in recorded).get(due.sequence)
            if reminder is None:
                return TurnResult([], duplicate=True)
            return self._answer_external(
                tracker, reminder.intent, reminder.entities, message_id=due.message_id
            )

        return self._in_turn(due.conversation_id, _fire)

    def begin_session_if_due(self, turn: Turn, metadata: Mapping[str, Any] | None = None) -> None:
        """Begin a session where the conversation is new or was silent for too long.

        `metadata` of the message that does so stands in a slot, as in Rasa.
        """
        if needs_session(turn.tracker, self._script.domain, self._ports.clock()):
            if metadata:
                turn.record(SlotSet(SESSION_METADATA_SLOT, dict(metadata)))
            self._begin_session(turn)

    def execute(self, decided: Decided, turn: Turn) -> None:
        """Carry one decision out, whoever made it."""
        self._executor.execute(decided, turn)

    def knows_action(self, name: str) -> bool:
        """Say whether the bot has this custom action."""
        return self._actions.knows(name)

    def start(self, conversation_id: str, channel: str) -> TurnResult:
        """Begin a new conversation and say the welcome; one that has begun stays as it is."""

        def _begin(tracker: Tracker) -> TurnResult:
            if tracker.events:
                return TurnResult([], duplicate=True)
            turn = self._new_turn(tracker)
            self._begin_session(turn, welcome_on=channel)
            return self._save(turn)

        return self._in_turn(conversation_id, _begin)

    def rate_answer(self, conversation_id: str, answer_sequence: int, *, is_helpful: bool) -> TurnResult:
        """Record whether an FAQ answer helped the customer; the dialogue goes on as if nothing had been said.

        Saying the same again records nothing and gives the first rating. Another word replaces it.

        Raises:
            NotFoundError: there is no such conversation, or nothing at `answer_sequence`.
            InvalidInputError: what is there is no FAQ answer.
            ConflictError: other processes were faster twice.
        """
        rating = AnswerRated(answer_sequence, is_helpful)

        def _rate(tracker: Tracker) -> TurnResult:
            check_rated_answer(tracker, answer_sequence)
            known = find_last_rating(tracker, answer_sequence)
            if known is not None and known[1] == rating:
                recorded = self._ports.store.recorded(conversation_id, after_sequence=known[0] - 1)
                return TurnResult(recorded[:1], duplicate=True)
            turn = self._new_turn(tracker)
            turn.record(rating)
            return self._save(turn)

        return self._in_turn(conversation_id, _rate)

    def agent_join(self, conversation_id: str, *, agent_id: str, agent_name: str) -> TurnResult:
        """Let an agent take over; the bot is silent from now on.

        Raises:
            NotFoundError: there is no such conversation.
            HandoffError: an agent has it already.
        """
        return self._by_agent(conversation_id, lambda t: join(t, agent_id=agent_id, agent_name=agent_name))

    def agent_say(self, conversation_id: str, text: str, *, agent_id: str, agent_name: str) -> TurnResult:
        """Let the agent who joined write to the customer.

        Raises:
            InvalidInputError: the text is empty or too long.
            NotFoundError: there is no such conversation.
            HandoffError: this agent has not joined.
        """
        check_text(text, max_chars=self._limits.max_message_chars)
        return self._by_agent(
            conversation_id, lambda t: say(t, text, agent_id=agent_id, agent_name=agent_name)
        )

    def agent_leave(self, conversation_id: str) -> TurnResult:
        """Hand the conversation back to the bot, or withdraw the request for a person.

        Raises:
            NotFoundError: there is no such conversation.
            HandoffError: the bot has it already and nobody was asked for.
        """
        return self._by_agent(conversation_id, leave)

    def _reply(self, message: CustomerMessage, tracker: Tracker) -> TurnResult:
        earlier = self._find_earlier_reply(message, tracker)
        if earlier is not None:
            return TurnResult(earlier, duplicate=True)
        return self._take_turn(tracker, lambda turn: self.hear_message(message, turn), message.metadata)

    def _answer_external(
        self, tracker: Tracker, name: str, entities: Sequence[EntitySpan], *, message_id: str | None = None
    ) -> TurnResult:
        check_external_intent(name, self._script.domain)
        latest = tracker.latest_message
        channel = latest.channel if latest is not None else "web"
        utterance = external_utterance(name, entities, channel=channel, message_id=message_id)
        return self._take_turn(tracker, lambda turn: self.hear(utterance, turn))

    def _take_turn(
        self, tracker: Tracker, hear: Callable[[Turn], None], metadata: Mapping[str, Any] | None = None
    ) -> TurnResult:
        turn = self._new_turn(tracker)
        self.begin_session_if_due(turn, metadata)
        hear(turn)
        self._act(turn)
        result = self._save(turn)
        log_turn(turn)
        return result

    def _find_earlier_reply(self, message: CustomerMessage, tracker: Tracker) -> list[RecordedEvent] | None:
        place = find_turn(tracker.events, message.client_message_id)
        if place is None:
            return None
        recorded = self._ports.store.recorded(tracker.conversation_id, after_sequence=place.start)
        return recorded[: place.stop - place.start]

    def hear_message(self, message: CustomerMessage, turn: Turn) -> None:
        """Understand a message and record it; see `hear`."""
        utterance, failure = understand(message, self._ports.interpreter, self._script.domain)
        self.hear(utterance, turn, failure)

    def hear(self, utterance: UserUttered, turn: Turn, failure: UnderstandingError | None = None) -> None:
        """Record the utterance and what it sets; words to an agent, steering and our buttons set nothing."""
        turn.record(utterance)
        if failure is not None:
            reference = self._executor.log_failure(UNDERSTANDING, failure, turn.tracker)
            turn.record(ActionFailed(UNDERSTANDING, str(failure), reference))
        script, parsed = self._script, utterance.parsed
        steers = find_wish(turn.tracker, script.steering, script.own_intents) is not None
        if turn.tracker.mode == "agent" or is_wish(parsed) or steers:
            return
        turn.record_all(self._executor.extract_slots(turn.tracker))

    def _act(self, turn: Turn) -> None:
        """Decide and execute until the bot listens again; bounded."""
        for _ in range(self._limits.max_actions_per_turn):
            decided = decide(turn.tracker, self._script)
            if isinstance(decided.decision, Stay | Relay):
                _listen(turn, decided)
                return
            if not self._executor.execute(decided, turn):
                break
            if turn.is_over:
                return
        else:
            self._stop_circling(turn)
        turn.record(ActionExecuted(ACTION_LISTEN))

    def _stop_circling(self, turn: Turn) -> None:
        last = turn.tracker.latest_action or ""
        error = ActionFailedError(
            f"got more than {self._limits.max_actions_per_turn} actions in one turn, the last was '{last}';"
            f" a rule or story runs in a circle"
        )
        turn.record_all(self._executor.apologise(last, error, turn.tracker))

    def _begin_session(self, turn: Turn, *, welcome_on: str | None = None) -> None:
        """Record a new session, by the bot's own ``action_session_start`` if it has one."""
        turn.record(ActionExecuted(ACTION_SESSION_START))
        if self._actions.knows(ACTION_SESSION_START):
            turn.record_all(self._own_session_start(turn.tracker))
        if not turn.is_over:
            *session, listen = session_events(turn.tracker, self._script.domain)
            turn.record_all(session)
            if welcome_on is not None and self._script.welcome is not None:
                turn.record(self._speaker.say(self._script.welcome, turn.tracker, channel=welcome_on))
            turn.record(listen)

    def _own_session_start(self, tracker: Tracker) -> list[Event]:
        """Run the bot's own session start; without a session in what it gives, ours begins one."""
        try:
            events = self._actions.run(ACTION_SESSION_START, tracker)
        except (ActionFailedError, TemplateError) as error:
            reference = self._executor.log_failure(ACTION_SESSION_START, error, tracker)
            return [ActionFailed(ACTION_SESSION_START, str(error), reference)]
        if not any(isinstance(event, SessionStarted) for event in events):
            return events
        return [event for event in events if event != ActionExecuted(ACTION_LISTEN)] + [
            ActionExecuted(ACTION_LISTEN)
        ]

    def _by_agent(self, conversation_id: str, step: Callable[[Tracker], Sequence[Event]]) -> TurnResult:
        def _take(tracker: Tracker) -> TurnResult:
            if not tracker.events:
                raise NotFoundError(f"got the conversation {conversation_id}; expected one that has begun")
            turn = self._new_turn(tracker)
            turn.record_all(step(tracker))
            return self._save(turn)

        return self._in_turn(conversation_id, _take)

    def _in_turn(self, conversation_id: str, step: Callable[[Tracker], TurnResult]) -> TurnResult:
        """Take a step on the present tracker, one at a time per conversation; after a conflict once again."""
        with self._locks.hold(conversation_id):
            try:
                return step(self._ports.store.load(conversation_id))
            except ConflictError:
                _log.info("turn_repeated", extra={"conversation_id": conversation_id})
                return step(self._ports.store.load(conversation_id))

    def _new_turn(self, tracker: Tracker) -> Turn:
        return Turn(tracker, self._ports.clock())

    def _save(self, turn: Turn) -> TurnResult:
        """Save all events in one transaction, and only then publish them."""
        tracker = turn.tracker
        recorded = self._ports.store.append(
            tracker.conversation_id, turn.events, expected_version=tracker.version
        )
        self._ports.publisher.publish(tracker.conversation_id, recorded)
        return TurnResult(recorded)


def _listen(turn: Turn, decided: Decided) -> None:
    if isinstance(decided.decision, Relay):
        turn.record(decision_made(decided))
    turn.record(
        ActionExecuted(
            ACTION_LISTEN, decided.policy, decided.confidence, hide_rule_turn=decided.hide_rule_turn
        )
    )
