"""What customers may say to steer any bot: cancel, start over, say it again. Pure.

A bot that has its own training example or its own intent for it answers it itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from app.dialogue.action_names import ACTION_LISTEN
from app.dialogue.cues import INTENT_WORDS, STEERING_PHRASES, Wish, normalised, words
from app.dialogue.events import UserUttered
from app.dialogue.payload import is_payload
from app.dialogue.reminders import is_external
from app.dialogue.states import intent_base
from app.dialogue.tracker import Tracker


@dataclass(frozen=True, slots=True)
class Steering:
    """What a bot takes of what every bot can: by default, all of it.

    `phrases`: whole utterances (`cues.normalised`) and what they wish. `asks_when_close`: whether it asks
    which of two close intents was meant; None: unless it has its own rule or story for ``nlu_fallback``.
    """

    phrases: Mapping[str, Wish] = field(default_factory=lambda: steering_phrases())
    corrects_slots: bool = True
    asks_when_close: bool | None = None


def steering_phrases(
    *,
    added: Mapping[Wish, Iterable[str]] | None = None,
    without: Collection[Wish] = (),
    own_examples: Collection[str] = (),
) -> dict[str, Wish]:
    """Give the phrases of a bot.

    Args:
        added: phrases of its own.
        without: wishes that it does not want recognised.
        own_examples: normalised utterances from which it learns; what they mean is its own affair.
    """
    phrases: dict[str, Wish] = {
        phrase: wish
        for wish, known in STEERING_PHRASES.items()
        for phrase in known
        if wish not in without and phrase not in own_examples
    }
    for wish, more in (added or {}).items():
        phrases |= {normalised(phrase): wish for phrase in more}
    return phrases


def find_wish(tracker: Tracker, steering: Steering, own_intents: Collection[str]) -> Wish | None:
    """Say how the customer steers with the latest utterance; None where the bot answers that itself.

    Args:
        tracker: the conversation, just after the customer spoke.
        steering: what the bot takes.
        own_intents: the intents of its rules and stories.
    """
    message = tracker.latest_message
    if message is None or tracker.latest_action != ACTION_LISTEN or not _is_said(message):
        return None
    wish = steering.phrases.get(normalised(message.text))
    intent = intent_base(message.parsed.intent.name)
    if wish is None or (intent in own_intents and INTENT_WORDS[wish] & set(words(intent))):
        return None
    return wish


def _is_said(message: UserUttered) -> bool:
    """Say whether it is words without a value in them; a form may ask for a value that sounds like a wish."""
    return not (message.parsed.entities or is_payload(message.parsed) or is_external(message))
