"""Rasa's two-stage fallback: a loop that asks which intent was meant, asks for other words, then gives up.

It lasts until a message is understood; that message then counts as if it had been the only one. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from app.dialogue.action_names import (
    ACTION_ASK_AFFIRMATION,
    ACTION_ASK_REPHRASE,
    ACTION_DEFAULT_FALLBACK,
    ACTION_LISTEN,
    ACTION_TWO_STAGE_FALLBACK,
    OUT_OF_SCOPE_INTENT,
)
from app.dialogue.events import ActionExecuted, ActiveLoopChanged, Event, UserUtteranceReverted, UserUttered
from app.dialogue.history import rewound, since_forgetting
from app.dialogue.tracker import Tracker, fold
from nlu.types import FALLBACK_INTENT

Perform = Callable[[str, Tracker], list[Event]]
"""Carries an action out, the bot's own of that name before ours."""

_TURNS = frozenset({UserUttered, UserUtteranceReverted})
_TWICE = (FALLBACK_INTENT, FALLBACK_INTENT)  # the latest first
_DENIED_TWICE = (OUT_OF_SCOPE_INTENT, FALLBACK_INTENT, OUT_OF_SCOPE_INTENT)


def run_two_stage(tracker: Tracker, perform: Perform) -> list[Event]:
    """Begin the loop, take its next step, or end it.

    When it gives up or is cleared up, all that was said since it began is taken back with the latest message:
    a loop counts as one execution (`app.dialogue.history.applied`).
    """
    is_new = tracker.active_loop != ACTION_TWO_STAGE_FALLBACK
    begun: list[Event] = [ActiveLoopChanged(ACTION_TWO_STAGE_FALLBACK)] if is_new else []
    if _latest_intents(tracker, 2) == _TWICE or _latest_intents(tracker, 3) == _DENIED_TWICE:
        return [*begun, ActiveLoopChanged(None), *perform(ACTION_DEFAULT_FALLBACK, tracker)]
    latest = tracker.latest_message.parsed.intent.name if tracker.latest_message is not None else ""
    if latest not in {FALLBACK_INTENT, OUT_OF_SCOPE_INTENT}:
        return [*begun, ActiveLoopChanged(None), *clarified(tracker, num_messages=1)]
    step = ACTION_ASK_AFFIRMATION if is_new or latest == FALLBACK_INTENT else ACTION_ASK_REPHRASE
    return [*begun, *perform(step, fold(tracker, begun))]


def revert_fallback_events(tracker: Tracker) -> list[Event]:
    """Let an utterance that answered the bot's asking back count as the only one; nothing else changes."""
    asked = [e.action for e in rewound(tracker.events) if isinstance(e, ActionExecuted)]
    asked = [action for action in asked if action != ACTION_LISTEN][::-1]
    if asked[:1] == [ACTION_ASK_REPHRASE]:
        return clarified(tracker, num_messages=3)
    if asked[:2] == [ACTION_ASK_AFFIRMATION, ACTION_ASK_REPHRASE]:
        return clarified(tracker, num_messages=4)
    return clarified(tracker, num_messages=2) if asked[:1] == [ACTION_ASK_AFFIRMATION] else []


def clarified(tracker: Tracker, *, num_messages: int) -> list[Event]:
    """Take the last messages back and hear the latest again, now certain of its intent."""
    message = tracker.latest_message
    if message is None:
        return []
    intent = replace(message.parsed.intent, confidence=1.0)
    again = replace(
        message,
        parsed=replace(message.parsed, intent=intent),
        client_message_id=None,
        is_heard_again=True,
    )
    num_messages = min(num_messages, len(_messages(rewound(tracker.events))))
    return [*[UserUtteranceReverted()] * num_messages, ActionExecuted(ACTION_LISTEN), again]


def _latest_intents(tracker: Tracker, number: int) -> tuple[str, ...]:
    """Name the intents of the latest messages, taken back or not; taking one back counts as one as well."""
    turns = [event for event in since_forgetting(tracker.events) if type(event) in _TURNS]
    latest = turns[: -number - 1 : -1]
    return tuple(event.parsed.intent.name for event in latest if isinstance(event, UserUttered))


def _messages(events: Sequence[Event]) -> list[UserUttered]:
    return [event for event in events if isinstance(event, UserUttered)]
