"""A long conversation is cut to what counts: the last states stay the same."""

import pytest

from app.dialogue.events import ActionExecuted, ActiveLoopChanged, AllSlotsReset, Event, SlotSet, UserUttered
from app.dialogue.history import recent
from app.dialogue.states import all_states, visible_states
from tests.fakes_dialogue import make_domain, parsed

DOMAIN = make_domain()
LISTEN = ActionExecuted("action_listen")
HIDDEN = ActionExecuted("utter_greet", hide_rule_turn=True)


def user(intent: str) -> UserUttered:
    return UserUttered(intent, parsed(intent, intent))


def turn(intent: str, *events: Event) -> list[Event]:
    return [LISTEN, user(intent), *events]


CONVERSATION: list[Event] = [
    *turn("greet", SlotSet("confirmed", True), ActionExecuted("utter_greet")),
    *turn(
        "inform", SlotSet("order_number", "x"), ActiveLoopChanged("return_form"), ActionExecuted("utter_a")
    ),
    *turn("deny", SlotSet("confirmed", False), HIDDEN, ActionExecuted("utter_b"), ActionExecuted("utter_c")),
    *turn("stop", ActiveLoopChanged(None), ActionExecuted("utter_stopped")),
    *turn("affirm", HIDDEN),
    *turn("goodbye", ActionExecuted("utter_goodbye"), ActionExecuted("utter_d")),
    *turn("affirm"),
]


@pytest.mark.parametrize("states", [all_states, visible_states])
@pytest.mark.parametrize("num_states", [1, 2, 3, 5, 8, 30])
def test_the_last_states_are_the_same(num_states: int, states: object) -> None:
    for end in range(1, len(CONVERSATION) + 1):
        events = CONVERSATION[:end]
        expected = states(events, DOMAIN)  # type: ignore[operator]

        got = states(recent(events, num_states), DOMAIN)  # type: ignore[operator]

        assert got[-num_states:] == expected[-num_states:]


def test_a_long_conversation_becomes_short() -> None:
    events = CONVERSATION * 100

    assert len(recent(events, 3)) < 20


def test_a_reset_counts_as_the_last_word_about_all_slots() -> None:
    events = [*turn("greet", SlotSet("reason", "x"), AllSlotsReset()), *CONVERSATION]

    assert all_states(recent(events, 2), DOMAIN)[-2:] == all_states(events, DOMAIN)[-2:]
    assert SlotSet("reason", "x") not in recent(events, 2)


def test_without_a_limit_all_of_it_counts() -> None:
    assert recent(CONVERSATION, None) == CONVERSATION
