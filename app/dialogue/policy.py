"""What comes next, in Rasa's order. Total and pure.

First what nothing overrules: a person has the conversation, follow-up actions, our own buttons, the intents
that every bot knows, steering ("cancel"), the happy path of the active loop. Then the policies predict, and
the surest wins, the first of equals: rules, stories, corrections, a doubt about what was heard, what was
learnt from stories. What is no surer than the fallback does not count. Then come close intents, and the
fallback, or for a bot with comfort: the form reads the message again, the FAQ, the two-stage fallback; when
something was answered already in this turn, the interrupted form asks again, and then the bot listens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from app.dialogue.action_names import ACTION_LISTEN, ACTION_UNLIKELY_INTENT
from app.dialogue.decision import AskSlot, Decided, Stay
from app.dialogue.events import ActionExecuted, ActionExecutionRejected
from app.dialogue.history import applied, recent
from app.dialogue.policies.choice import action_of
from app.dialogue.policies.fallback import decide_core_fallback, decide_fallback, decide_none_of_these
from app.dialogue.policies.faq import decide_faq, unless_looked_up_first
from app.dialogue.policies.followup import decide_default_intent, decide_followup, decide_wish
from app.dialogue.policies.form import decide_form_again, decide_loop, decide_return_to_form
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
from app.dialogue.policies.unexpected import decide_unexpected
from app.dialogue.script import BotScript
from app.dialogue.states import all_states
from app.dialogue.tracker import Tracker

Policy = Callable[[Tracker, BotScript], Decided | None]

FORCED: tuple[Policy, ...] = (
    decide_relay,
    decide_followup,
    decide_wish,
    decide_default_intent,
    decide_steering,
    decide_loop,
    decide_none_of_these,
)
"""The first that has an answer decides."""

PREDICTORS: tuple[Policy, ...] = (
    unless_looked_up_first(decide_rule),
    unless_looked_up_first(decide_story),
    decide_correction,
    unless_looked_up_first(decide_unexpected),
    unless_looked_up_first(decide_learned),
)
"""The surest decides; of equally sure ones the first."""

_BESIDE: tuple[Policy, ...] = (decide_unanswered_external, decide_close_intents)

COMFORT: tuple[Policy, ...] = (
    decide_form_again,
    *_BESIDE,
    decide_faq,
    decide_fallback,
    decide_return_to_form,
)
"""When nobody predicted anything: what a bot with comfort does, the first that has an answer."""

PLAIN: tuple[Policy, ...] = (*_BESIDE, decide_core_fallback)
"""When nobody predicted anything: what Rasa does, after what goes beyond it."""


def decide(tracker: Tracker, script: BotScript) -> Decided:
    """Decide what the bot does next; an action that has just rejected is not chosen to do the same again."""
    rejected = _just_rejected(tracker)

    def _answers(policies: Iterable[Policy], tracker: Tracker = tracker) -> Iterable[Decided]:
        for policy in policies:
            decided = policy(tracker, script)
            if decided is not None and action_of(decided.decision) != rejected:
                yield decided

    forced = next(iter(_answers(FORCED)), None)
    if forced is not None:
        return forced
    surest = _surest(_answers(PREDICTORS))
    if surest is not None and _is_sure(surest, script):
        return _interrupting(surest, tracker, script)
    last_resort = COMFORT if script.settings.has_comfort else PLAIN
    otherwise = next(iter(_answers(last_resort, _without_signal(tracker))), None)
    return otherwise or Decided(Stay(), "listen", ("nothing more to do",))


def _interrupting(decided: Decided, tracker: Tracker, script: BotScript) -> Decided:
    """Tell the active form that something else came between, if it comes back by a rule or a story."""
    if not isinstance(decided.decision, AskSlot) or decided.decision.form != tracker.active_loop:
        return decided
    states = all_states(recent(applied(tracker.events), script.rules.num_states), script.domain)
    return replace(decided, interrupts_loop=True) if script.rules.interrupts_loop(states) else decided


def _surest(predictions: Iterable[Decided]) -> Decided | None:
    """Give the prediction of highest confidence, the first of equals; nobody is asked after a certain one."""
    surest: Decided | None = None
    for decided in predictions:
        if surest is None or decided.confidence > surest.confidence:
            surest = decided
        if surest.confidence >= 1.0:
            break
    return surest


def _is_sure(decided: Decided, script: BotScript) -> bool:
    """Say whether a prediction goes before the fallback, which goes before equally sure policies."""
    settings = script.settings
    has_fallback = settings.predicts_fallback or settings.has_comfort
    return not has_fallback or decided.confidence > settings.core_fallback_threshold


def _without_signal(tracker: Tracker) -> Tracker:
    """Show the conversation as it was before ``action_unlikely_intent``: nothing was answered by it."""
    is_signal = tracker.latest_action == ACTION_UNLIKELY_INTENT
    return replace(tracker, latest_action=ACTION_LISTEN) if is_signal else tracker


def _just_rejected(tracker: Tracker) -> str | None:
    for event in reversed(tracker.events):
        if isinstance(event, ActionExecutionRejected):
            return event.action
        if isinstance(event, ActionExecuted):
            return None
    return None
