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
from app.dialogue.history import rewound
from app.dialogue.tracker import Tracker, fold
from nlu.types import FALLBACK_INTENT

Perform = Callable[[str, Tracker], list[Event]]
"""Carries an action out, the bot's own of that name before ours."""

_GIVING_UP = (
    (FALLBACK_INTENT, FALLBACK_INTENT),
    (OUT_OF_SCOPE_INTENT, FALLBACK_INTENT, OUT_OF_SCOPE_INTENT),
)


def run_two_stage(tracker: Tracker, perform: Perform) -> list[Event]:
    """Begin the loop, take its next step, or end it."""
    if tracker.active_loop != ACTION_TWO_STAGE_FALLBACK:
        begun = ActiveLoopChanged(ACTION_TWO_STAGE_FALLBACK)
        return [begun, *perform(ACTION_ASK_AFFIRMATION, fold(tracker, [begun]))]
    intents = _intents_in_loop(tracker)
    if any(intents[-len(wanted) :] == wanted for wanted in _GIVING_UP):
        # ended afterwards: taking the message back also takes back what came of it
        return [*perform(ACTION_DEFAULT_FALLBACK, tracker), ActiveLoopChanged(None)]
    latest = intents[-1] if intents else FALLBACK_INTENT
    if latest not in {FALLBACK_INTENT, OUT_OF_SCOPE_INTENT}:
        return [ActiveLoopChanged(None), *clarified(tracker, num_messages=len(intents))]
    step = ACTION_ASK_AFFIRMATION if latest == FALLBACK_INTENT else ACTION_ASK_REPHRASE
    return perform(step, tracker)


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


def _intents_in_loop(tracker: Tracker) -> tuple[str, ...]:
    """Name the intents of the message that began the loop and of those since."""
    events = rewound(tracker.events)
    start = max(
        (i for i, event in enumerate(events) if event == ActiveLoopChanged(ACTION_TWO_STAGE_FALLBACK)),
        default=0,
    )
    messages = [*_messages(events[:start])[-1:], *_messages(events[start:])]
    return tuple(message.parsed.intent.name for message in messages)


def _messages(events: Sequence[Event]) -> list[UserUttered]:
    return [event for event in events if isinstance(event, UserUttered)]
