"""Rules: the most specific rule that fits says what comes next, action by action."""

from __future__ import annotations

from dataclasses import replace

from app.dialogue.action_names import ACTION_REQUEST_HANDOFF
from app.dialogue.decision import Decided, Stay
from app.dialogue.history import applied, recent
from app.dialogue.policies.choice import decision_for
from app.dialogue.policies.form import return_to_form
from app.dialogue.policy_settings import RULE_POLICY
from app.dialogue.rule_book import RuleMoment
from app.dialogue.script import BotScript
from app.dialogue.states import all_states
from app.dialogue.tracker import Tracker


def decide_rule(tracker: Tracker, script: BotScript) -> Decided | None:
    """Do what the best fitting rule says.

    A rule that knows nothing of forms ends its turn by listening; inside a form, the form asks again instead.
    """
    if not script.settings.has_policy(RULE_POLICY):
        return None
    events = recent(applied(tracker.events), script.rules.num_states)
    states = all_states(events, script.domain)
    best = script.rules.best(states)
    if best is None:
        return None
    decided = _decided(best, tracker, script)
    if tracker.active_loop is None:
        return decided
    if best.ends_turn_anywhere:
        return None if script.rules.forbids_loop(states) else _after_general_rule(decided, tracker, script)
    return decided


def _decided(best: RuleMoment, tracker: Tracker, script: BotScript) -> Decided:
    action = best.moment.action
    reasons = [f"rule '{best.rule.name}'"]
    if tracker.latest_message is not None:
        intent = tracker.latest_message.parsed.intent
        reasons.append(f"intent {intent.name} ({intent.confidence:.2f})")
    if best.rule.source:
        reasons.append(best.rule.source)
    return Decided(
        decision_for(action, tracker, script), RULE_POLICY, tuple(reasons), hide_rule_turn=best.is_rule_only
    )


def _after_general_rule(decided: Decided, tracker: Tracker, script: BotScript) -> Decided:
    """Ask the form's question again, but not of somebody who waits for a person."""
    if tracker.latest_action == ACTION_REQUEST_HANDOFF:
        return replace(decided, decision=Stay())
    again = return_to_form(tracker, script)
    return replace(again, hide_rule_turn=decided.hide_rule_turn) if again is not None else decided
