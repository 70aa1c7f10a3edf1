from __future__ import annotations

import pytest

from app.dialogue.events import (
    ActionExecuted,
    ActiveLoopChanged,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
)
from app.dialogue.events import UserUttered as Said
from app.dialogue.story_writer import write_stories
from nlu.data.yaml_source import parse_yaml
from nlu.types import EntitySpan, IntentPrediction, ParsedUtterance
from tests.fakes_dialogue import parsed

FIRST = [
    ActionExecuted("action_session_start"),
    SessionStarted(),
    ActionExecuted("action_listen"),
    Said("from A", parsed("from A", "book", ("city", "A", "from"))),
    ActiveLoopChanged("form"),
    SlotSet("requested_slot", "to"),
    ActionExecuted("action_listen"),
    Said("what?", parsed("what?", "faq/help")),
    UserUtteranceReverted(),
]
SECOND = [
    SessionStarted(),
    ActionExecuted("action_listen"),
    Said("hi", parsed("hi", "greet")),
    ActionExecuted("action_unlikely_intent"),
]


def test_the_latest_session_is_one_story() -> None:
    written = parse_yaml(write_stories("c1", [*FIRST, *SECOND]), "s").plain()

    assert written == {
        "version": "3.1",
        "stories": [{"story": "c1", "steps": [{"user": "hi", "intent": "greet"}]}],
    }


def test_each_session_can_be_a_story_without_what_was_taken_back() -> None:
    told = parse_yaml(write_stories("c1", [*FIRST, *SECOND], all_sessions=True), "s").plain_value("stories")

    assert told == [
        {
            "story": "c1, story 1",
            "steps": [
                {"user": 'from [A]{"entity": "city", "role": "from"}', "intent": "book"},
                {"active_loop": "form"},
            ],
        },
        {"story": "c1, story 2", "steps": [{"user": "hi", "intent": "greet"}]},
    ]


PLACE = {"start": 3, "end": 7, "text": "Rome", "confidence": 1.0}


@pytest.mark.parametrize(
    ("text", "spans", "words"),
    [
        ("in Rome", [EntitySpan(entity="city", value="Rome", **PLACE)], "in [Rome](city)"),
        (
            "in Rome",
            [EntitySpan(entity="city", value="Roma", **PLACE)],
            'in [Rome]{"entity": "city", "value": "Roma"}',
        ),
        (
            "in five",
            [
                EntitySpan(3, 7, "count", "five", "five", 1.0),
                EntitySpan(3, 7, "number", "5", "5", 1.0, extractor="DucklingEntityExtractor"),
            ],
            'in [five][{"entity": "count"}, {"entity": "number", "value": 5}]',
        ),
        (
            "in Rome",
            [
                EntitySpan(0, 7, "place", "in Rome", "in Rome", 1.0),
                EntitySpan(3, 7, "city", "Rome", "Rome", 1.0),
            ],
            "[in Rome](place)",
        ),
        (
            '/inform{"city": "Rome"}',
            [EntitySpan(7, 23, "city", '"Rome"', "Rome", 1.0)],
            '/inform{"city": "Rome"}',
        ),
    ],
    ids=["short", "other value", "several labels", "overlapping", "payload"],
)
def test_words_carry_their_entities_as_test_stories_do(
    text: str, spans: list[EntitySpan], words: str
) -> None:
    said = Said(text, ParsedUtterance(text, IntentPrediction("inform", 1.0), entities=tuple(spans)))

    (story,) = parse_yaml(write_stories("c1", [said]), "s").plain()["stories"]  # type: ignore[index,call-overload]

    assert story["steps"] == [{"user": words, "intent": "inform"}]


def test_a_retrieval_intent_is_written_with_its_question() -> None:
    written = write_stories("c1", [Said("when?", parsed("when?", "faq/hours"))])

    assert "intent: faq/hours" in written


def test_a_conversation_without_steps_has_no_story() -> None:
    assert parse_yaml(write_stories("c1", []), "s").plain_value("stories") == []
