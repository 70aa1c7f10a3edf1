"""A person takes over, writes and hands back."""

import pytest

from app.dialogue.domain import ResponseVariation
from app.dialogue.errors import HandoffError, InvalidInputError, NotFoundError
from app.dialogue.events import (
    ActiveLoopChanged,
    AgentJoined,
    AgentUttered,
    Event,
    HandoffClosed,
    HandoffRequested,
    SlotSet,
    UserUttered,
)
from app.dialogue.manager import TurnResult
from tests.fakes_dialogue import CONVERSATION, Conversation, given, make_bot, make_domain


def events_of(result: TurnResult) -> list[Event]:
    return [item.event for item in result.recorded]


def joined(conversation: Conversation, agent_id: str = "1", name: str = "Ann") -> TurnResult:
    return conversation.manager.agent_join(CONVERSATION, agent_id=agent_id, agent_name=name)


def wrote(conversation: Conversation, text: str, agent_id: str = "1", name: str = "Ann") -> TurnResult:
    return conversation.manager.agent_say(CONVERSATION, text, agent_id=agent_id, agent_name=name)


def test_asking_for_a_person_requests_one_and_says_so() -> None:
    conversation = given().says("a human!", "talk_to_human")

    assert conversation.of_type(HandoffRequested) == [HandoffRequested("the customer asked for a person")]
    assert "colleague" in conversation.replies[0]
    assert conversation.tracker.mode == "handoff_requested"


def test_asking_again_does_not_request_twice() -> None:
    conversation = given().says("a human!", "talk_to_human").says("a human!!", "talk_to_human")

    assert conversation.of_type(HandoffRequested) == []
    assert len(conversation.replies) == 1


def test_a_bot_announces_the_person_in_its_own_words() -> None:
    responses = {"utter_handoff": (ResponseVariation("One moment."),)}
    script = make_bot(domain=make_domain(responses=responses, forms={}))

    assert given(script=script).when("Person", payload="/action_request_handoff").replies == ["One moment."]


def test_until_somebody_comes_the_bot_goes_on() -> None:
    assert given().says("a human!", "talk_to_human").says("hi", "greet").replies == ["Hello!"]


def test_with_an_agent_the_bot_is_silent_but_listens() -> None:
    conversation = given().says("hi", "greet")
    joined(conversation)

    conversation.says("return FH-1", "return_item", ("order_number", "FH-1"))

    assert conversation.replies == []
    assert conversation.executed == []
    assert conversation.decisions == [("Relay", "", "relay")]
    assert conversation.of_type(UserUttered)[0].parsed.intent.name == "return_item"
    assert conversation.tracker.slots == {}


def test_the_agent_writes_and_hands_back() -> None:
    conversation = given().says("a human!", "talk_to_human")

    assert events_of(joined(conversation)) == [AgentJoined("1", "Ann")]
    assert events_of(wrote(conversation, "Hello, I'm Ann")) == [AgentUttered("Hello, I'm Ann", "1", "Ann")]
    assert events_of(conversation.manager.agent_leave(CONVERSATION)) == [HandoffClosed()]
    assert conversation.says("hi", "greet").replies == ["Hello!"]


def test_a_form_ends_when_a_person_takes_over_but_keeps_its_slots() -> None:
    conversation = given().says("return FH-1", "return_item", ("order_number", "FH-1"))

    assert events_of(joined(conversation))[1:] == [ActiveLoopChanged(None), SlotSet("requested_slot", None)]
    assert conversation.tracker.slots["order_number"] == "FH-1"


def test_a_request_may_be_withdrawn() -> None:
    conversation = given().says("a human!", "talk_to_human")

    conversation.manager.agent_leave(CONVERSATION)

    assert conversation.tracker.mode == "bot"


def test_two_agents_cannot_have_one_conversation() -> None:
    conversation = given().says("hi", "greet")
    joined(conversation)

    with pytest.raises(HandoffError, match="Bob cannot join: Ann has this conversation"):
        joined(conversation, "2", "Bob")


def test_only_the_agent_who_joined_may_write() -> None:
    conversation = given().says("hi", "greet")

    with pytest.raises(HandoffError, match="Ann cannot write: the bot has this conversation"):
        wrote(conversation, "hello")
    joined(conversation)
    with pytest.raises(HandoffError, match="Bob cannot write: Ann has this conversation"):
        wrote(conversation, "hello", "2", "Bob")


def test_nothing_can_be_closed_that_the_bot_has() -> None:
    with pytest.raises(HandoffError, match="nothing to close"):
        given().says("hi", "greet").manager.agent_leave(CONVERSATION)


def test_an_unknown_conversation_cannot_be_joined() -> None:
    with pytest.raises(NotFoundError, match="expected one that has begun"):
        joined(given())


def test_an_agent_cannot_write_nothing() -> None:
    conversation = given().says("hi", "greet")
    joined(conversation)

    with pytest.raises(InvalidInputError, match="empty message"):
        wrote(conversation, "  ")


def test_what_an_agent_does_is_saved_and_published_too() -> None:
    conversation = given().says("hi", "greet")

    joined(conversation)

    assert conversation.log[-2:] == ["saved", "published"]
