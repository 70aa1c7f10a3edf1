"""What must come next whatever the customer said: follow-up actions, pressed suggestions, ``/restart``."""

from __future__ import annotations

from app.dialogue.action_names import ACTION_LISTEN, ACTION_OF_INTENT, ACTION_REQUEST_HANDOFF, ASK_REPHRASE
from app.dialogue.decision import AnswerFaq, Decided, Fallback, Handoff, RunAction
from app.dialogue.payload import ENTRY_ID_ENTITY, is_wish
from app.dialogue.policies.choice import HANDOFF_REASON, decision_for
from app.dialogue.policy_settings import RULE_POLICY
from app.dialogue.script import BotScript
from app.dialogue.tracker import Tracker


def decide_followup(tracker: Tracker, script: BotScript) -> Decided | None:
    """Do what an action asked to be done next."""
    action = tracker.followup_action
    if action is None:
        return None
    return Decided(decision_for(action, tracker, script), "followup", (f"{action} was asked for next",))


def decide_wish(tracker: Tracker, _: BotScript) -> Decided | None:
    """Do what one of our own buttons says: answer the suggested question, or fetch a person."""
    message = tracker.latest_message
    if message is None or tracker.latest_action != ACTION_LISTEN or not is_wish(message.parsed):
        return None
    reasons = ("the customer pressed a button",)
    if message.parsed.intent.name == ACTION_REQUEST_HANDOFF:
        return Decided(Handoff(HANDOFF_REASON), "button", reasons, hide_rule_turn=True)
    entry_id = next((e.value for e in message.parsed.entities if e.entity == ENTRY_ID_ENTITY), None)
    answer = AnswerFaq(otherwise=Fallback(ASK_REPHRASE), entry_id=entry_id or "")
    return Decided(answer, "button", reasons, hide_rule_turn=True)


def decide_default_intent(tracker: Tracker, script: BotScript) -> Decided | None:
    """Answer the intents that every bot knows: restart, back, session_start."""
    message = tracker.latest_message
    if message is None or tracker.latest_action != ACTION_LISTEN:
        return None
    intent = message.parsed.intent.name
    action = ACTION_OF_INTENT.get(intent)
    if action is None:
        return None
    reasons = (f"every bot answers {intent} with {action}",)
    is_hidden = script.rules.hides_intent(intent)
    return Decided(RunAction(action), RULE_POLICY, reasons, hide_rule_turn=is_hidden)
