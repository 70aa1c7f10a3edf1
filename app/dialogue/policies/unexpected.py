"""Unexpected turns: a message whose intent no story makes likely here is signalled before it is answered.

In the place of Rasa's UnexpecTEDIntentPolicy, and with its rules: at most once per message and before
anything was done about it; never about an intent that no story has, that ``config.yml`` ignores, or that is
the likeliest of all. The signal, ``action_unlikely_intent``, does nothing by itself; rules may follow it up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.dialogue.action_names import ACTION_UNLIKELY_INTENT
from app.dialogue.decision import Decided, RunAction
from app.dialogue.events import ActionExecuted, UserUttered
from app.dialogue.history import rewound
from app.dialogue.policy_settings import UNEXPECTED_POLICY
from app.dialogue.script import BotScript
from app.dialogue.states import intent_base, story_view
from app.dialogue.story_features import before_listening
from app.dialogue.tracker import Tracker

NUM_RANKED = 10  # intents in the metadata, as in Rasa

_Numbers = Mapping[str, float]


def decide_unexpected(tracker: Tracker, script: BotScript) -> Decided | None:
    """Signal that the intent just heard is unlikely here."""
    settings, model = script.settings.unexpected, script.intent_model
    intent = _just_heard(tracker)
    if settings is None or model is None or intent is None or intent not in script.domain.intents:
        return None
    thresholds = model.thresholds(settings.tolerance)
    states = before_listening(story_view(tracker.events, script.domain))
    if intent in settings.ignored_intents or intent not in thresholds or not states:
        return None
    scores = model.scores(states)
    if not is_unlikely(intent, scores, thresholds):
        return None
    reason = (
        f"no story makes {intent} likely here ({scores[intent]:.2f} < {thresholds[intent]:.2f}),"
        f" but {_likeliest(scores)}"
    )
    metadata = _metadata(intent, scores, thresholds)
    return Decided(RunAction(ACTION_UNLIKELY_INTENT), UNEXPECTED_POLICY, (reason,), metadata=metadata)


def is_unlikely(intent: str, scores: _Numbers, thresholds: _Numbers) -> bool:
    """Say whether an intent is below its threshold, and not the likeliest all the same."""
    return intent != _likeliest(scores) and scores[intent] < thresholds[intent]


def _likeliest(scores: _Numbers) -> str:
    return max(scores, key=lambda name: (scores[name], name))


def _just_heard(tracker: Tracker) -> str | None:
    """Name the intent of a message about which nothing was done yet."""
    for event in reversed(rewound(tracker.events)):
        if isinstance(event, ActionExecuted):
            return None
        if isinstance(event, UserUttered):
            return intent_base(event.parsed.intent.name)
    return None


def _metadata(intent: str, scores: _Numbers, thresholds: _Numbers) -> Mapping[str, Any]:
    """Give what Rasa's actions find on the event: the intent heard and the likeliest ones."""
    ranked = sorted(scores, key=lambda name: (-scores[name], name))[:NUM_RANKED]
    return {
        "query_intent": _candidate(intent, scores, thresholds),
        "ranking": [_candidate(name, scores, thresholds) for name in ranked],
    }


def _candidate(intent: str, scores: _Numbers, thresholds: _Numbers) -> Mapping[str, Any]:
    threshold = thresholds.get(intent)
    severity = None if threshold is None else threshold - scores[intent]
    return {"name": intent, "score": scores[intent], "threshold": threshold, "severity": severity}
