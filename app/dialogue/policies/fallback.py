"""When no policy predicts anything: Rasa's fallback, or for a bot with comfort the two-stage fallback.

Two stages: ask which of two was meant, ask for other words, then give up and offer a person.
"""

from __future__ import annotations

from app.dialogue.action_names import (
    ACTION_ANSWER_FAQ,
    ACTION_ASK_AFFIRMATION,
    ACTION_LISTEN,
    ACTION_REQUEST_HANDOFF,
    ASK_REPHRASE,
    OUT_OF_SCOPE_INTENT,
)
from app.dialogue.decision import Decided, Fallback
from app.dialogue.events import ActionExecuted
from app.dialogue.history import turn_before
from app.dialogue.policies.choice import decision_for, next_fallback_step
from app.dialogue.policies.faq import decide_own_fallback
from app.dialogue.policy_settings import RULE_POLICY
from app.dialogue.script import BotScript
from app.dialogue.tracker import Tracker


def decide_core_fallback(tracker: Tracker, script: BotScript) -> Decided | None:
    """Do what ``config.yml`` says, by default take the message back; after it and our own actions, listen."""
    settings = script.settings
    done = {settings.core_fallback_action, ACTION_ANSWER_FAQ, ACTION_REQUEST_HANDOFF}
    if not settings.predicts_fallback or not settings.has_policy(RULE_POLICY):
        return None
    if tracker.latest_message is None or tracker.latest_action in done:
        return None
    reasons = (f"no policy is surer than {settings.core_fallback_threshold:g}",)
    decision = decision_for(settings.core_fallback_action, tracker, script)
    return Decided(decision, RULE_POLICY, reasons, settings.core_fallback_threshold)


def decide_none_of_these(tracker: Tracker, script: BotScript) -> Decided | None:
    """Ask for other words when the customer meant none of what was offered."""
    message = tracker.latest_message
    if message is None or tracker.latest_action != ACTION_LISTEN or not script.settings.has_comfort:
        return None
    actions = {event.action for event in turn_before(tracker.events) if isinstance(event, ActionExecuted)}
    if message.parsed.intent.name != OUT_OF_SCOPE_INTENT or ACTION_ASK_AFFIRMATION not in actions:
        return None
    return Decided(
        Fallback(ASK_REPHRASE), "fallback", ("the customer meant none of these",), hide_rule_turn=True
    )


def decide_fallback(tracker: Tracker, script: BotScript) -> Decided | None:
    """Take the next step of the fallback, or what the bot's own rule or story says."""
    if tracker.latest_action != ACTION_LISTEN:
        return None
    own = decide_own_fallback(tracker, script)
    if own is not None:
        return own
    message = tracker.latest_message
    intent = message.parsed.intent.name if message is not None else "nothing"
    reasons = (f"no rule, story or FAQ entry for {intent}",)
    return Decided(
        Fallback(next_fallback_step(tracker, script)), "fallback", reasons, 0.0, hide_rule_turn=True
    )
