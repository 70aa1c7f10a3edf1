"""Carries decisions out: every decision becomes events; a failure becomes an apology and a visible event."""

from __future__ import annotations

import logging
import random
from dataclasses import replace

from app.dialogue.action_names import (
    ACTION_EXTRACT_SLOTS,
    ACTION_TWO_STAGE_FALLBACK,
    FALLBACK_ACTION_OF_STEP,
)
from app.dialogue.builtin_actions import BUILT_INS, answer_events, fallback_events, suggestion_events
from app.dialogue.corrections import Correction, find_corrections
from app.dialogue.custom_actions import CustomActions
from app.dialogue.decision import (
    AnswerFaq,
    AskSlot,
    Decided,
    Decision,
    Fallback,
    Handoff,
    Relay,
    Reply,
    RunAction,
    Stay,
)
from app.dialogue.errors import ActionFailedError, ChatbotError, RetrievalError, TemplateError
from app.dialogue.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActionFailed,
    BotUttered,
    DecisionMade,
    Event,
    LoopInterrupted,
    UserUttered,
)
from app.dialogue.forms import FormRunner
from app.dialogue.handoff import request_handoff
from app.dialogue.history import said_before
from app.dialogue.policies.choice import action_of, target_of
from app.dialogue.ports import Answerer
from app.dialogue.responses import Speaker
from app.dialogue.script import BotScript
from app.dialogue.sentences import ACTION_FAILED, UTTER_ACTION_FAILED
from app.dialogue.slots import fill_slots
from app.dialogue.tracker import Tracker, fold
from app.dialogue.turn import Turn
from app.dialogue.two_stage import run_two_stage
from retrieval.types import Answer, FaqOutcome, NoAnswer, Suggestions

_log = logging.getLogger(__name__)

_FORESEEN = (ActionFailedError, TemplateError, RetrievalError)


class Executor:
    """Carries the decisions for one bot out."""

    def __init__(
        self,
        script: BotScript,
        actions: CustomActions,
        answerer: Answerer,
        speaker: Speaker,
        rng: random.Random,
    ) -> None:
        self._script = script
        self._actions = actions
        self._answerer = answerer
        self._speaker = speaker
        self._rng = rng
        self._forms = FormRunner(script.domain, actions, speaker)

    def execute(self, decided: Decided, turn: Turn) -> bool:
        """Record the decision and what came of it; False when it failed and the turn must end.

        A custom action that fails ends nothing: as in Rasa, it was executed, and what follows it comes.
        """
        turn.record(decision_made(decided))
        try:
            events = self._perform(decided, turn.tracker)
        except _FORESEEN as error:
            turn.record_all(self._after_failure(decided, error, turn.tracker))
            return isinstance(decided.decision, RunAction)
        turn.record_all(events)
        if any(isinstance(event, UserUttered) for event in events):
            turn.record_all(self.extract_slots(turn.tracker))
        return True

    def extract_slots(self, tracker: Tracker) -> list[Event]:
        """Fill slots from the latest message; a failure is an apology, and what needs no action is filled."""
        message = tracker.latest_message
        if message is None:
            return []
        try:
            return self._actions.extract_slots(
                message.parsed, tracker, self._script.domain, corrections=self._corrections(message, tracker)
            )
        except (ActionFailedError, TemplateError) as error:
            filled = fill_slots(message.parsed, tracker, self._script.domain)
            return [*filled, *self.apologise(ACTION_EXTRACT_SLOTS, error, tracker)]

    def _corrections(self, message: UserUttered, tracker: Tracker) -> list[Correction]:
        if not self._script.steering.corrects_slots:
            return []
        return find_corrections(message.parsed, tracker, self._script.domain)

    def apologise(self, action: str, error: ChatbotError, tracker: Tracker) -> list[Event]:
        """Tell the customer that something failed, and leave a trace that leads to the log."""
        reference = self.log_failure(action, error, tracker)
        return [ActionFailed(action, str(error), reference), self._apology(tracker)]

    def log_failure(self, action: str, error: ChatbotError, tracker: Tracker) -> str:
        """Write the failure into the log; gives the reference under which it is found there."""
        reference = f"{self._rng.getrandbits(40):010x}"
        fields = {"conversation_id": tracker.conversation_id, "action": action, "reference": reference}
        _log.error("action_failed", exc_info=error, extra=fields)
        return reference

    def _perform(self, decided: Decided, tracker: Tracker) -> list[Event]:
        executed = _executed(decided)
        match decided.decision:
            case Reply(response=response):
                return [executed, *self._speaker.say_any(response, tracker)]
            case AskSlot(form=form) if self._actions.knows(form):  # an action of that name takes its place
                return self._run(form, executed, tracker)
            case AskSlot(form=form):
                return self._run_form(form, decided, tracker)
            case AnswerFaq():
                return self._answer(decided.decision, decided, tracker)
            case RunAction(action=action):
                return self._run(action, executed, tracker)
            case Fallback(step=step):
                return self._fall_back(step, executed, tracker)
            case Handoff(reason=reason):
                return [executed, *request_handoff(tracker, reason, self._speaker)]
            case Relay() | Stay():
                return [executed]

    def _run_form(self, form: str, decided: Decided, tracker: Tracker) -> list[Event]:
        interruption = [LoopInterrupted(is_interrupted=True)] if decided.interrupts_loop else []
        events = self._forms.run(form, fold(tracker, interruption))
        if any(isinstance(event, ActionExecutionRejected) for event in events):
            return events
        return [*interruption, _executed(decided), *events]

    def _run(self, action: str, executed: ActionExecuted, tracker: Tracker) -> list[Event]:
        if self._actions.knows(action):
            events = self._actions.run(action, tracker)
            is_rejected = any(isinstance(event, ActionExecutionRejected) for event in events)
            return events if is_rejected else [executed, *events]
        if action in BUILT_INS:
            return [executed, *BUILT_INS[action](tracker, self._script, self._speaker)]
        if action == ACTION_EXTRACT_SLOTS:
            return [executed, *self.extract_slots(tracker)]
        if action == ACTION_TWO_STAGE_FALLBACK:
            return [executed, *run_two_stage(tracker, self._fallback_action)]
        raise ActionFailedError(
            f"got the action '{action}', which is neither built in nor among the bot's actions; add it to the"
            f" 'actions' package or correct the rule or story that names it"
        )

    def _fall_back(self, step: str, executed: ActionExecuted, tracker: Tracker) -> list[Event]:
        action = FALLBACK_ACTION_OF_STEP[step]
        if self._actions.knows(action):
            return self._run(action, executed, tracker)
        return [executed, *fallback_events(step, tracker, self._script, self._speaker)]

    def _fallback_action(self, action: str, tracker: Tracker) -> list[Event]:
        """Take a step of the two-stage fallback within its loop: no action of its own on the tracker."""
        if self._actions.knows(action):
            return self._actions.run(action, tracker)
        step = next(step for step, name in FALLBACK_ACTION_OF_STEP.items() if name == action)
        return fallback_events(step, tracker, self._script, self._speaker)

    def _answer(self, decision: AnswerFaq, decided: Decided, tracker: Tracker) -> list[Event]:
        match self._look_up(decision, tracker):
            case Answer() as answer:
                return [_executed(decided), *answer_events(answer)]
            case Suggestions() as suggestions if suggestions.entries:
                return [_executed(decided), *suggestion_events(suggestions, tracker, self._speaker)]
            case NoAnswer(reason=reason):
                return self._answer_otherwise(decision.otherwise, decided, reason, tracker)
            case Suggestions():
                return self._answer_otherwise(decision.otherwise, decided, "nothing to suggest", tracker)

    def _look_up(self, decision: AnswerFaq, tracker: Tracker) -> FaqOutcome:
        if decision.entry_id is not None:
            return self._answerer.answer_entry(decision.entry_id)
        if tracker.latest_message is None:
            return NoAnswer("nothing was asked")
        return self._answerer.answer(tracker.latest_message.parsed, said_before=said_before(tracker.events))

    def _answer_otherwise(
        self, otherwise: Decision, decided: Decided, reason: str, tracker: Tracker
    ) -> list[Event]:
        instead = replace(
            decided,
            decision=otherwise,
            reasons=(*decided.reasons, f"the FAQ has no answer: {reason}"),
            interrupts_loop=isinstance(otherwise, AskSlot) and tracker.active_loop == otherwise.form,
        )
        return [decision_made(instead), *self._perform(instead, tracker)]

    def _after_failure(self, decided: Decided, error: ChatbotError, tracker: Tracker) -> list[Event]:
        recovery: list[Event] = []
        if isinstance(decided.decision, AskSlot) and not self._actions.knows(decided.decision.form):
            recovery = self._forms.recover(decided.decision.form, tracker)
        apology = self.apologise(action_of(decided.decision), error, tracker)
        return [_executed(decided), *recovery, *apology]

    def _apology(self, tracker: Tracker) -> BotUttered:
        try:
            return self._speaker.say_or(UTTER_ACTION_FAILED, ACTION_FAILED, tracker)
        except TemplateError as error:
            _log.warning("apology_failed", extra={"error": str(error)})
            return BotUttered(ACTION_FAILED)


def decision_made(decided: Decided) -> DecisionMade:
    """Make the event that tells agents what was decided, by which policy and why."""
    decision = decided.decision
    return DecisionMade(type(decision).__name__, target_of(decision), decided.policy, decided.reasons)


def _executed(decided: Decided) -> ActionExecuted:
    return ActionExecuted(
        action_of(decided.decision),
        decided.policy,
        decided.confidence,
        decided.hide_rule_turn,
        decided.metadata,
    )
