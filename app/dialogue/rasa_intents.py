"""Intents as Rasa's ``/model/parse`` writes them: a retrieval intent ``faq/returns`` is ``faq`` there. Pure.

The part behind the slash stands in ``full_retrieval_intent_name`` and in ``response_selector``, under the
base intent and, for all retrieval intents together, under ``default``: so are Rasa's selectors named, with
and without `retrieval_intent`. Confidences are shares of those that are compared. The texts of the responses
are not part of a parse here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.dialogue.states import intent_base
from nlu.types import FALLBACK_INTENT, IntentPrediction, ParsedUtterance

Json = dict[str, Any]


def intents_to_rasa(parsed: ParsedUtterance) -> Json:
    """Write intent, ranking and, if the model knows retrieval intents, the response selector.

    A base intent is as probable as all its retrieval intents together; the chosen one leads the ranking.
    """
    known = parsed.ranking or (parsed.intent,)
    confidences = _confidences(parsed.intent, known)
    chosen = intent_base(parsed.intent.name)
    others = sorted(confidences.keys() - {chosen}, key=lambda name: (-confidences[name], name))
    ranking = [{"name": name, "confidence": confidences[name]} for name in (chosen, *others)]
    full = {"full_retrieval_intent_name": parsed.intent.name} if chosen != parsed.intent.name else {}
    return {"intent": ranking[0] | full, "intent_ranking": ranking, **_response_selector(known)}


def intent_from_rasa(raw: Mapping[str, Any]) -> IntentPrediction:
    """Read an intent; a retrieval intent gets its full name back."""
    name = raw.get("full_retrieval_intent_name") or raw["name"]
    return IntentPrediction(str(name), float(raw.get("confidence") or 0.0))


def _confidences(intent: IntentPrediction, known: Sequence[IntentPrediction]) -> dict[str, float]:
    """Add up the confidences of the intents under each base name; the fallback stands in no ranking."""
    confidences = {FALLBACK_INTENT: intent.confidence} if intent.name == FALLBACK_INTENT else {}
    for item in known:
        if item is not intent or intent.name != FALLBACK_INTENT:
            base = intent_base(item.name)
            confidences[base] = min(1.0, confidences.get(base, 0.0) + item.confidence)
    return confidences


def _response_selector(known: Sequence[IntentPrediction]) -> Json:
    retrieval: dict[str, list[IntentPrediction]] = {}
    for item in known:
        if intent_base(item.name) != item.name:
            retrieval.setdefault(intent_base(item.name), []).append(item)
    if not retrieval:
        return {}
    selectors = {base: _selector(items) for base, items in retrieval.items()}
    every = _selector([item for item in known if intent_base(item.name) != item.name])
    return {"response_selector": {"all_retrieval_intents": list(retrieval), "default": every, **selectors}}


def _selector(items: Sequence[IntentPrediction]) -> Json:
    whole = sum(item.confidence for item in items)
    ranking: list[Json] = [
        {"intent_response_key": item.name, "confidence": item.confidence / whole if whole > 0 else 0.0}
        for item in items
    ]
    return {"response": ranking[0] | {"utter_action": f"utter_{items[0].name}"}, "ranking": ranking}
