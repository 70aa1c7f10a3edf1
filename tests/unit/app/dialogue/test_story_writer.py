from __future__ import annotations

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
                {"user": "from A", "intent": "book", "entities": [{"city": "A", "role": "from"}]},
                {"active_loop": "form"},
            ],
        },
        {"story": "c1, story 2", "steps": [{"user": "hi", "intent": "greet"}]},
    ]


def test_a_conversation_without_steps_has_no_story() -> None:
    assert parse_yaml(write_stories("c1", []), "s").plain_value("stories") == []
