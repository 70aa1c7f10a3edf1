from __future__ import annotations

import pytest

from app.dialogue.rasa_intents import intent_from_rasa, intents_to_rasa
from nlu.types import FALLBACK_INTENT, IntentPrediction, ParsedUtterance

RANKING = (
    IntentPrediction("faq/returns", 0.45),
    IntentPrediction("greet", 0.25),
    IntentPrediction("faq/hours", 0.15),
    IntentPrediction("chitchat/joke", 0.15),
)


def test_a_retrieval_intent_is_its_base_intent_with_the_full_name_beside_it() -> None:
    written = intents_to_rasa(ParsedUtterance("back?", RANKING[0], RANKING))

    assert written["intent"] == {
        "name": "faq",
        "confidence": pytest.approx(0.6),
        "full_retrieval_intent_name": "faq/returns",
    }
    assert [item["name"] for item in written["intent_ranking"]] == ["faq", "greet", "chitchat"]


def test_the_response_selector_ranks_the_intents_of_each_base() -> None:
    selector = intents_to_rasa(ParsedUtterance("back?", RANKING[0], RANKING))["response_selector"]

    assert selector["all_retrieval_intents"] == ["faq", "chitchat"]
    assert selector["faq"]["response"] == {
        "intent_response_key": "faq/returns",
        "confidence": pytest.approx(0.75),
        "utter_action": "utter_faq/returns",
    }
    assert [item["intent_response_key"] for item in selector["faq"]["ranking"]] == [
        "faq/returns",
        "faq/hours",
    ]


def test_the_default_selector_ranks_all_retrieval_intents() -> None:
    default = intents_to_rasa(ParsedUtterance("back?", RANKING[0], RANKING))["response_selector"]["default"]

    assert default["response"]["intent_response_key"] == "faq/returns"
    assert {item["intent_response_key"].partition("/")[0] for item in default["ranking"]} == {
        "faq",
        "chitchat",
    }
    assert sum(item["confidence"] for item in default["ranking"]) == pytest.approx(1.0)


def test_the_chosen_intent_leads_also_when_a_base_intent_adds_up_to_more() -> None:
    ranking = (IntentPrediction("greet", 0.4), *(IntentPrediction(f"faq/{key}", 0.3) for key in "ab"))

    written = intents_to_rasa(ParsedUtterance("hi", ranking[0], ranking))

    assert [item["name"] for item in written["intent_ranking"]] == ["greet", "faq"]
    assert written["intent"] == {"name": "greet", "confidence": 0.4}


def test_without_retrieval_intents_there_is_no_response_selector() -> None:
    intent = IntentPrediction("greet+buy", 0.9)

    written = intents_to_rasa(ParsedUtterance("hi, a hat", intent, (intent,)))

    assert written == {"intent": _plain(intent), "intent_ranking": [_plain(intent)]}


def test_the_fallback_keeps_the_response_selector() -> None:
    written = intents_to_rasa(ParsedUtterance("hm", IntentPrediction(FALLBACK_INTENT, 0.55), RANKING))

    assert written["intent"] == {"name": FALLBACK_INTENT, "confidence": 0.55}
    assert [item["name"] for item in written["intent_ranking"]][:2] == [FALLBACK_INTENT, "faq"]
    assert "faq" in written["response_selector"]


def test_a_fallback_without_ranking_is_its_own_ranking() -> None:
    written = intents_to_rasa(ParsedUtterance("", IntentPrediction(FALLBACK_INTENT, 1.0)))

    assert written["intent_ranking"] == [{"name": FALLBACK_INTENT, "confidence": 1.0}]


def test_a_retrieval_intent_gets_its_name_back() -> None:
    written = intents_to_rasa(ParsedUtterance("back?", RANKING[0], RANKING))

    assert intent_from_rasa(written["intent"]).name == "faq/returns"


def _plain(intent: IntentPrediction) -> dict[str, object]:
    return {"name": intent.name, "confidence": intent.confidence}
