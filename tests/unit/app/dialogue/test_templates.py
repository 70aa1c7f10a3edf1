import logging
import random
from typing import Any

import pytest

from app.dialogue.domain import ResponseVariation, SlotDefinition
from app.dialogue.events import BotUttered, SlotSet
from app.dialogue.responses import Speaker
from app.dialogue.tracker import empty_tracker, fold
from tests.fakes_dialogue import make_domain

PRIORITY = '/inform{"priority":"low"}'


def speaker_of(*variations: ResponseVariation) -> Speaker:
    slots = {name: SlotDefinition(name, "any") for name in ("city", "sizes")}
    return Speaker(make_domain(responses={"utter_x": variations}, slots=slots), random.Random(1))


def speak(variation: ResponseVariation, **slots: Any) -> BotUttered:
    tracker = fold(empty_tracker("c1"), [SlotSet(name, value) for name, value in slots.items()])
    return speaker_of(variation).say("utter_x", tracker, variables={"count": 3})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("To {city}.", "To Rome."),
        ("{count} of {sizes}", "3 of None"),
        ("{{city}} is {city}", "{city} is Rome"),
        ("{{{city}}}", "{Rome}"),
        ("{city} for {name}", "{city} for {name}"),
        ("{ city }", "{ city }"),
        ("{city} {", "{city} {"),
        ("{city", "{city"),
        ("{city} and {{x}} {name}", "{city} and {{x}} {name}"),
        ("", ""),
    ],
)
def test_texts_are_filled_as_in_rasa(text: str, expected: str) -> None:
    assert speak(ResponseVariation(text), city="Rome").text == expected


def test_a_list_is_said_as_rasa_says_it() -> None:
    assert speak(ResponseVariation("{sizes}"), sizes=["S", "M"]).text == "['S', 'M']"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (PRIORITY, PRIORITY),
        ('/inform{{"priority":"low"}}', PRIORITY),
        ('/go{{"to":"{city}"}}', '/go{"to":"O\\"Hara"}'),
        ('/go{"to":"{city}"}', '/go{"to":"{city}"}'),
    ],
)
def test_payloads_are_filled_and_stay_json(payload: str, expected: str) -> None:
    said = speak(ResponseVariation("Hi", buttons=(("x", payload),)), city='O"Hara')

    assert said.buttons[0].payload == expected


def test_custom_payloads_are_filled_everywhere() -> None:
    said = speak(ResponseVariation(custom={"at": ["{city}", 3, {"a": "{name}"}]}), city="Rome")

    assert said.custom == {"at": ["Rome", 3, {"a": "{name}"}]}


def test_a_text_that_cannot_be_filled_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    speaker = speaker_of(ResponseVariation("Dear {name}"))

    with caplog.at_level(logging.ERROR):
        for _ in range(2):
            assert speaker.say("utter_x", empty_tracker("c1")).text == "Dear {name}"

    (record,) = caplog.records
    assert (record.message, record.__dict__["response"]) == ("response_not_filled", "utter_x")


@pytest.mark.parametrize(
    ("payload", "num_records"),
    [
        pytest.param(PRIORITY, 0, id="entities"),
        pytest.param('/go{"to":"{city}"}', 1, id="a variable among unescaped braces"),
        pytest.param("/go{to}", 1, id="no entities"),
    ],
)
def test_only_a_payload_that_misses_something_is_logged(
    caplog: pytest.LogCaptureFixture, payload: str, num_records: int
) -> None:
    with caplog.at_level(logging.ERROR):
        speak(ResponseVariation("Hi", buttons=(("x", payload),)), city="Rome")

    assert len(caplog.records) == num_records
