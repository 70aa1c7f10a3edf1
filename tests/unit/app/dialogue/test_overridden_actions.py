"""A bot's own action of the name of a form or a default action takes its place, as in Rasa."""

from __future__ import annotations

from app.dialogue.events import ActiveLoopChanged, BotUttered, SlotSet
from app.dialogue.tracker import REQUESTED_SLOT
from tests.fakes_dialogue import given, gives, raises


def test_an_action_of_a_forms_name_takes_its_place() -> None:
    own = gives(BotUttered("Found three."), SlotSet("reason", "size"))

    conversation = given(actions={"return_form": own}).says("I want to return it", "return_item")

    assert conversation.replies == [
        "Found three.",
        "Done.",
    ]  # to a rule it is the form, and no loop is active
    assert conversation.executed == ["return_form", "utter_returned"]
    assert conversation.tracker.active_loop is None


def test_such_an_action_that_fails_activates_nothing() -> None:
    conversation = given(actions={"return_form": raises()}).says("I want to return it", "return_item")

    assert conversation.tracker.active_loop is None
    assert conversation.executed == ["return_form"]


def test_an_action_may_take_the_place_of_a_default_action() -> None:
    own = gives(ActiveLoopChanged(None), SlotSet(REQUESTED_SLOT, None), BotUttered("All forgotten."))
    conversation = given(actions={"action_restart": own}).says("I want to return it", "return_item")

    conversation.says("/restart", "restart")

    assert conversation.replies == ["All forgotten."]
    assert conversation.tracker.active_loop is None
