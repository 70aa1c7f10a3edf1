"""From the name of an action, as rules and stories use it, to the decision that it means; and back. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from app.dialogue.action_names import (
    ACTION_ANSWER_FAQ,
    ACTION_ASK_AFFIRMATION,
    ACTION_ASK_REPHRASE,
    ACTION_DEFAULT_FALLBACK,
    ACTION_LISTEN,
    ACTION_OF_INTENT,
    ACTION_REQUEST_HANDOFF,
    ACTION_TWO_STAGE_FALLBACK,
    ASK_AFFIRMATION,
    ASK_REPHRASE,
    FALLBACK_ACTION_OF_STEP,
    GIVE_UP,
    OUT_OF_SCOPE_INTENT,
)
from app.dialogue.decision import (
    AnswerFaq,
    AskSlot,
    Decision,
    Fallback,
    Handoff,
    Relay,
    Reply,
    RunAction,
    Stay,
)
from app.dialogue.events import ActionExecuted
from app.dialogue.history import turn_before
from app.dialogue.script import BotScript
from app.dialogue.tracker import Tracker
from nlu.types import FALLBACK_INTENT

EXTERNAL_INTENT = "EXTERNAL_"  # how the intents of reminders and sensors are named
_NEVER_OFFERED = frozenset({"affirm", "deny", OUT_OF_SCOPE_INTENT, FALLBACK_INTENT, *ACTION_OF_INTENT})

HANDOFF_REASON = "the customer asked for a person"

_FIXED: Mapping[str, Decision] = {
    ACTION_LISTEN: Stay(),
    ACTION_REQUEST_HANDOFF: Handoff(HANDOFF_REASON),
    ACTION_ASK_AFFIRMATION: Fallback(ASK_AFFIRMATION),
    ACTION_ASK_REPHRASE: Fallback(ASK_REPHRASE),
    ACTION_DEFAULT_FALLBACK: Fallback(GIVE_UP),
}


def decision_for(action: str, tracker: Tracker, script: BotScript) -> Decision:
    """Give the decision that an action's name means now."""
    domain = script.domain
    if action in domain.forms:
        return AskSlot(action)
    if domain.says(action):
        return Reply(action)
    if action == ACTION_ANSWER_FAQ:
        return AnswerFaq(otherwise=fallback_decision(tracker, script))
    if action == ACTION_TWO_STAGE_FALLBACK and script.settings.has_comfort:
        return Fallback(next_fallback_step(tracker, script))
    return _FIXED.get(action, RunAction(action))


def action_of(decision: Decision) -> str:
    """Name the action that carries a decision out."""
    match decision:
        case Reply(response=response):
            return response
        case AskSlot(form=form):
            return form
        case AnswerFaq():
            return ACTION_ANSWER_FAQ
        case RunAction(action=action):
            return action
        case Fallback(step=step):
            return FALLBACK_ACTION_OF_STEP[step]
        case Handoff():
            return ACTION_REQUEST_HANDOFF
        case Relay() | Stay():
            return ACTION_LISTEN


def target_of(decision: Decision) -> str:
    """Name what a decision is about, for the log; may be empty."""
    match decision:
        case AnswerFaq(entry_id=entry_id):
            return entry_id or ""
        case Fallback(step=step):
            return step
        case Handoff(reason=reason):
            return reason
        case Relay() | Stay():
            return ""
        case _:
            return action_of(decision)


def fallback_decision(tracker: Tracker, script: BotScript) -> Decision:
    """Give what is done when nothing else is known: the next of two stages, or Rasa's fallback."""
    if script.settings.has_comfort:
        return Fallback(next_fallback_step(tracker, script))
    return decision_for(script.settings.core_fallback_action, tracker, script)


def next_fallback_step(tracker: Tracker, script: BotScript) -> str:
    """Give the step after the one that the turn before took: affirm, rephrase, give up.

    Within a form, and when no intent can be offered, the first step is to ask for other words.
    """
    before = {event.action for event in turn_before(tracker.events) if isinstance(event, ActionExecuted)}
    if ACTION_ASK_REPHRASE in before:
        return GIVE_UP
    if ACTION_ASK_AFFIRMATION in before or tracker.active_loop or not offers(tracker, script):
        return ASK_REPHRASE
    return ASK_AFFIRMATION


def offers(tracker: Tracker, script: BotScript) -> list[tuple[str, str]]:
    """Give the intents that the customer may have meant, best first, at most two, with their titles."""
    message = tracker.latest_message
    ranking = message.parsed.ranking if message is not None else ()
    titled = [
        (item.name, script.intent_titles[item.name]) for item in ranking if can_be_offered(item.name, script)
    ]
    return titled[:2]


def can_be_offered(intent: str, script: BotScript) -> bool:
    """Say whether a customer may be asked "did you mean …?" about an intent.

    Nobody means to say yes or no to nothing, and what comes from outside no customer can mean.
    """
    return (
        intent in script.intent_titles
        and intent not in _NEVER_OFFERED
        and not intent.startswith(EXTERNAL_INTENT)
    )
