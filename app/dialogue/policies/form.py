"""The active form goes first, unless it has rejected the message; afterwards it comes back and asks again."""

from __future__ import annotations

from app.dialogue.action_names import ACTION_LISTEN, ACTION_REQUEST_HANDOFF, ACTION_TWO_STAGE_FALLBACK
from app.dialogue.decision import AskSlot, Decided, Stay
from app.dialogue.events import ActionExecutionRejected
from app.dialogue.history import last_turn
from app.dialogue.policies.choice import decision_for
from app.dialogue.policy_settings import RULE_POLICY
from app.dialogue.script import BotScript
from app.dialogue.tracker import Tracker


def decide_loop(tracker: Tracker, script: BotScript) -> Decided | None:
    """Let the active loop read the message; when it has run (or a person was asked for), listen."""
    loop = tracker.active_loop
    if loop is None or not _is_known(loop, script) or tracker.is_loop_rejected:
        return None
    if tracker.latest_action == loop:
        is_hidden = script.rules.hides_loop(loop, after_loop=True)
        return Decided(Stay(), RULE_POLICY, (f"{loop} has asked its question",), hide_rule_turn=is_hidden)
    if tracker.latest_action == ACTION_REQUEST_HANDOFF:
        return None
    return _run(loop, tracker, script)


def decide_form_again(tracker: Tracker, script: BotScript) -> Decided | None:
    """Let a form that rejected an earlier message read this one, when no rule or story wants it."""
    form = tracker.active_loop
    if form is None or form not in script.domain.forms or tracker.latest_action != ACTION_LISTEN:
        return None
    if any(isinstance(event, ActionExecutionRejected) for event in last_turn(tracker.events)):
        return None
    return _run(form, tracker, script)


def decide_return_to_form(tracker: Tracker, script: BotScript) -> Decided | None:
    """Ask the form's question again after something else was answered, unless a person was asked for."""
    if tracker.latest_action in {ACTION_LISTEN, ACTION_REQUEST_HANDOFF}:
        return None
    return return_to_form(tracker, script)


def return_to_form(tracker: Tracker, script: BotScript) -> Decided | None:
    """Ask the active form's question again; None when there is no form or it has just asked."""
    form = tracker.active_loop
    if form is None or form not in script.domain.forms or tracker.latest_action == form:
        return None
    reasons = (f"something else came between; {form} asks again",)
    return Decided(AskSlot(form), RULE_POLICY, reasons)


def _is_known(loop: str, script: BotScript) -> bool:
    return loop in script.domain.forms or loop == ACTION_TWO_STAGE_FALLBACK


def _run(loop: str, tracker: Tracker, script: BotScript) -> Decided:
    reasons = [f"{loop} is active"]
    if tracker.requested_slot:
        reasons.append(f"it asked for {tracker.requested_slot}")
    is_hidden = script.rules.hides_loop(loop, after_loop=False)
    decision = decision_for(loop, tracker, script)
    return Decided(decision, RULE_POLICY, tuple(reasons), hide_rule_turn=is_hidden)
