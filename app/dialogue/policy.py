"""What comes next: the policies in order, the first that has an answer decides. Total and pure.

Order: a person has the conversation, follow-up actions, our own buttons, the intents that every bot knows,
steering ("cancel"), the active form, rules, stories, what was learnt from them, corrections, close intents,
the FAQ, the two-stage fallback; when something was answered already in this turn, the interrupted form asks
again, and then the bot listens.
"""

from __future__ import annotations

from collections.abc import Callable

from app.dialogue.decision import Decided, Stay
from app.dialogue.events import ActionExecuted, ActionExecutionRejected
from app.dialogue.policies.choice import action_of
from app.dialogue.policies.fallback import decide_fallback, decide_none_of_these
from app.dialogue.policies.faq import decide_faq, unless_not_understood
from app.dialogue.policies.followup import decide_default_intent, decide_followup, decide_wish
from app.dialogue.policies.form import decide_form, decide_form_again, decide_return_to_form
from app.dialogue.policies.learned import decide_learned
from app.dialogue.policies.relay import decide_relay
from app.dialogue.policies.rule import decide_rule
from app.dialogue.policies.steering import (
    decide_close_intents,
    decide_correction,
    decide_steering,
    decide_unanswered_external,
)
from app.dialogue.policies.story import decide_story
from app.dialogue.script import BotScript
from app.dialogue.tracker import Tracker

Policy = Callable[[Tracker, BotScript], Decided | None]

POLICIES: tuple[Policy, ...] = (
    decide_relay,
    decide_followup,
    decide_wish,
    decide_default_intent,
    decide_steering,
    decide_form,
    decide_none_of_these,
    unless_not_understood(decide_rule),
    unless_not_understood(decide_story),
    unless_not_understood(decide_learned),
    decide_form_again,
    decide_unanswered_external,
    decide_correction,
    decide_close_intents,
    decide_faq,
    decide_fallback,
    decide_return_to_form,
)


def decide(tracker: Tracker, script: BotScript) -> Decided:
    """Decide what the bot does next; an action that has just rejected is not chosen to do the same again."""
    rejected = _just_rejected(tracker)
    for policy in POLICIES:
        decided = policy(tracker, script)
        if decided is not None and (decided.interrupts_loop or action_of(decided.decision) != rejected):
            return decided
    return Decided(Stay(), "listen", ("nothing more to do",))


def _just_rejected(tracker: Tracker) -> str | None:
    for event in reversed(tracker.events):
        if isinstance(event, ActionExecutionRejected):
            return event.action
        if isinstance(event, ActionExecuted):
            return None
    return None
