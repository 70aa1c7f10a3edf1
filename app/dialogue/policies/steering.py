"""What every bot can beyond its rules: cancel, start over, repeat, be corrected, ask which was meant."""

from __future__ import annotations

from collections.abc import Mapping

from app.dialogue.action_names import (
    ACTION_ASK_AFFIRMATION,
    ACTION_CANCEL_FORM,
    ACTION_CONFIRM_CORRECTION,
    ACTION_LISTEN,
    ACTION_RESTART,
    ACTION_SAY_AGAIN,
    ASK_AFFIRMATION,
)
from app.dialogue.corrections import corrected_slots
from app.dialogue.cues import Wish
from app.dialogue.decision import Decided, Fallback, RunAction, Stay
from app.dialogue.events import ActionExecuted
from app.dialogue.history import applied, last_turn, turn_before
from app.dialogue.policies.choice import can_be_offered
from app.dialogue.policies.faq import decide_own_fallback
from app.dialogue.reminders import is_external
from app.dialogue.script import BotScript
from app.dialogue.steering import find_wish
from app.dialogue.tracker import Tracker
from nlu.types import FALLBACK_INTENT

STEERING = "steering"

_ACTION_OF_WISH: Mapping[Wish, str] = {
    "cancel": ACTION_CANCEL_FORM,
    "start_over": ACTION_RESTART,
    "say_again": ACTION_SAY_AGAIN,
}
_MAX_LEAD = 0.15  # of the first intent over the second; a tenth is Rasa's ambiguity threshold
_MIN_TOGETHER = 0.6  # of both: less, and the customer may well have meant neither


def decide_steering(tracker: Tracker, script: BotScript) -> Decided | None:
    """Do what the customer wishes, and then listen: the form must not ask twice."""
    if _has_just_steered(tracker):
        return Decided(Stay(), STEERING, ("that was all the customer wanted",), hide_rule_turn=True)
    wish = find_wish(tracker, script.steering, script.own_intents)
    if wish is None:
        return None
    action = _ACTION_OF_WISH[wish]
    reasons = (f"the customer wishes to {wish.replace('_', ' ')}", "the bot has no intent of its own for it")
    return Decided(RunAction(action), STEERING, reasons, hide_rule_turn=True)


def decide_correction(tracker: Tracker, _: BotScript) -> Decided | None:
    """Confirm a correction that no form, rule or story answers; what was learnt would only guess."""
    if tracker.latest_action != ACTION_LISTEN:
        return None
    slots = corrected_slots(last_turn(tracker.events))
    if not slots:
        return None
    reasons = (f"the customer corrected {', '.join(slots)}",)
    return Decided(RunAction(ACTION_CONFIRM_CORRECTION), STEERING, reasons, hide_rule_turn=True)


def decide_unanswered_external(tracker: Tracker, _: BotScript) -> Decided | None:
    """Stay silent when an intent from outside has no rule or story: nobody waits for an answer."""
    message = tracker.latest_message
    if message is None or tracker.latest_action != ACTION_LISTEN or not is_external(message):
        return None
    reasons = (f"no rule or story for {message.parsed.intent.name}, which came from outside",)
    return Decided(Stay(), STEERING, reasons, hide_rule_turn=True)


def decide_close_intents(tracker: Tracker, script: BotScript) -> Decided | None:
    """Ask which of two was meant when an utterance was not understood because two intents are close."""
    message = tracker.latest_message
    if message is None or tracker.latest_action != ACTION_LISTEN or tracker.active_loop is not None:
        return None
    ranking = message.parsed.ranking
    if message.parsed.intent.name != FALLBACK_INTENT or len(ranking) < 2 or not _asks(tracker, script):
        return None
    first, second = ranking[:2]
    if not all(can_be_offered(item.name, script) for item in (first, second)):
        return None
    if first.confidence - second.confidence > _MAX_LEAD:
        return None
    if first.confidence + second.confidence < _MIN_TOGETHER:
        return None
    reasons = (
        f"{first.name} ({first.confidence:.2f}) and {second.name} ({second.confidence:.2f}) are close",
    )
    return Decided(Fallback(ASK_AFFIRMATION), STEERING, reasons, first.confidence, hide_rule_turn=True)


def _has_just_steered(tracker: Tracker) -> bool:
    if tracker.latest_action not in _ends_turn(tracker):
        return False
    done = (event for event in reversed(applied(tracker.events)) if isinstance(event, ActionExecuted))
    return next(done).policy == STEERING


def _ends_turn(tracker: Tracker) -> frozenset[str]:
    """Name our actions after which stories must not go on; after a correction a form may ask again."""
    always = {ACTION_CANCEL_FORM, ACTION_SAY_AGAIN, ACTION_ASK_AFFIRMATION}
    return frozenset(always if tracker.active_loop else always | {ACTION_CONFIRM_CORRECTION})


def _asks(tracker: Tracker, script: BotScript) -> bool:
    """Say whether the bot leaves it to us, and has not just asked."""
    before = {event.action for event in turn_before(tracker.events) if isinstance(event, ActionExecuted)}
    wanted = script.steering.asks_when_close
    if wanted is None:
        wanted = decide_own_fallback(tracker, script) is None
    return wanted and ACTION_ASK_AFFIRMATION not in before
