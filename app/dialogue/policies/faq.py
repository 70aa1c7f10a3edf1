"""What no rule or story answers, and what was not understood, is looked up in the FAQ first."""

from __future__ import annotations

from collections.abc import Callable

from app.dialogue.action_names import ACTION_LISTEN
from app.dialogue.decision import AnswerFaq, Decided, Decision
from app.dialogue.events import UserUttered
from app.dialogue.payload import is_payload
from app.dialogue.policies.choice import fallback_decision
from app.dialogue.policies.rule import decide_rule
from app.dialogue.policies.story import decide_story
from app.dialogue.script import BotScript
from app.dialogue.tracker import Tracker
from nlu.types import FALLBACK_INTENT


def unless_looked_up_first(
    policy: Callable[[Tracker, BotScript], Decided | None],
) -> Callable[[Tracker, BotScript], Decided | None]:
    """Keep a policy from answering what was not understood where the bot's FAQ is asked before it."""

    def _decide(tracker: Tracker, script: BotScript) -> Decided | None:
        if script.settings.has_comfort and _is_not_understood(tracker):
            return None
        return policy(tracker, script)

    return _decide


def decide_faq(tracker: Tracker, script: BotScript) -> Decided | None:
    """Look the utterance up; what the bot's rule for it says is done only if nothing is found."""
    message = tracker.latest_message
    if message is None or tracker.latest_action != ACTION_LISTEN or not _can_be_looked_up(message):
        return None
    intent = message.parsed.intent
    otherwise = _otherwise(tracker, script)
    why = (
        f"not understood ({intent.confidence:.2f})"
        if intent.name == FALLBACK_INTENT
        else f"no rule or story for {intent.name}"
    )
    return Decided(AnswerFaq(otherwise=otherwise), "faq", (why,), intent.confidence, hide_rule_turn=True)


def _otherwise(tracker: Tracker, script: BotScript) -> Decision:
    """Do what the bot's own rule or story for this says, else the next step of the fallback."""
    own = decide_own_fallback(tracker, script)
    return own.decision if own is not None else fallback_decision(tracker, script)


def decide_own_fallback(tracker: Tracker, script: BotScript) -> Decided | None:
    """Give what the bot's own rule or story for ``nlu_fallback`` says."""
    if not _is_not_understood(tracker):
        return None
    return decide_rule(tracker, script) or decide_story(tracker, script)


def _is_not_understood(tracker: Tracker) -> bool:
    message = tracker.latest_message
    return (
        message is not None
        and message.parsed.intent.name == FALLBACK_INTENT
        and tracker.latest_action == ACTION_LISTEN
    )


def _can_be_looked_up(message: UserUttered) -> bool:
    """Say whether there are words that somebody understood a little; a failed interpreter leaves nothing."""
    parsed = message.parsed
    return not is_payload(parsed) and (parsed.embedding is not None or bool(parsed.ranking))
