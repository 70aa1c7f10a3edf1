"""The active form goes first, unless it has rejected the message; afterwards it comes back and asks again."""

from __future__ import annotations

from app.dialogue.action_names import ACTION_LISTEN, ACTION_REQUEST_HANDOFF
from app.dialogue.decision import AskSlot, Decided, Stay
from app.dialogue.events import ActionExecutionRejected
from app.dialogue.history import last_turn
from app.dialogue.script import BotScript
from app.dialogue.tracker import Tracker


def decide_form(tracker: Tracker, script: BotScript) -> Decided | None:
    """Let the active form read the message; when it has run (or a person was asked for), listen."""
    form = tracker.active_loop
    if form is None or form not in script.domain.forms or tracker.is_loop_rejected:
        return None
    if tracker.latest_action == form:
        return Decided(Stay(), "form", (f"{form} has asked its question",))
    if tracker.latest_action == ACTION_REQUEST_HANDOFF:
        return None
    return _ask(form, tracker)


def decide_form_again(tracker: Tracker, script: BotScript) -> Decided | None:
    """Let a form that rejected an earlier message read this one, when no rule or story wants it."""
    form = tracker.active_loop
    if form is None or form not in script.domain.forms or tracker.latest_action != ACTION_LISTEN:
        return None
    if any(isinstance(event, ActionExecutionRejected) for event in last_turn(tracker.events)):
        return None
    return _ask(form, tracker)


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
    return Decided(AskSlot(form), "form", reasons, interrupts_loop=True)


def _ask(form: str, tracker: Tracker) -> Decided:
    reasons = [f"{form} is active"]
    if tracker.requested_slot:
        reasons.append(f"it asked for {tracker.requested_slot}")
    return Decided(AskSlot(form), "form", tuple(reasons))
