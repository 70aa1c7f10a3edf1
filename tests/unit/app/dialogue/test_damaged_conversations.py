from __future__ import annotations

from typing import Any

from app.dialogue.events import (
    AgentJoined,
    Event,
    EventUnreadable,
    RecordedEvent,
    SessionStarted,
    SlotSet,
)
from tests.fakes_dialogue import CONVERSATION, START, Conversation, given

UNREADABLE = EventUnreadable("slot_set", "got schema version 0, expected 1")


def with_events(*events: Event, **parts: Any) -> Conversation:
    conversation = given(**parts)
    conversation.store.rows[CONVERSATION] = [
        RecordedEvent(sequence, START, event) for sequence, event in enumerate(events, 1)
    ]
    return conversation


def test_conversation_with_an_unreadable_event_begins_a_new_session_once() -> None:
    conversation = with_events(SessionStarted(), SlotSet("order_number", "FH-1"), UNREADABLE)

    conversation.says("hi", "greet")

    assert conversation.of_type(SessionStarted) == [SessionStarted()]
    assert conversation.of_type(SlotSet) == []  # nothing is carried over of what is half known
    assert conversation.replies == ["Hello!"]
    assert conversation.says("bye", "goodbye").of_type(SessionStarted) == []


def test_unreadable_event_of_an_earlier_session_is_forgotten() -> None:
    conversation = with_events(UNREADABLE, SessionStarted(), SlotSet("order_number", "FH-1"))

    assert conversation.says("hi", "greet").of_type(SessionStarted) == []
    assert conversation.tracker.slots["order_number"] == "FH-1"


def test_agent_keeps_a_damaged_conversation() -> None:
    conversation = with_events(SessionStarted(), UNREADABLE, AgentJoined("a", "Ann"))

    assert conversation.says("hi", "greet").of_type(SessionStarted) == []
    assert conversation.replies == []
