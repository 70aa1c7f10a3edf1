import pytest

from app.dialogue.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoopChanged,
    AgentUttered,
    BotUttered,
    Event,
    FaqSource,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from app.dialogue.history import applied, last_turn, rewound, said_before, turn_before
from tests.fakes_dialogue import parsed

LISTEN = ActionExecuted("action_listen")
FORM = ActionExecuted("f")


def user(text: str) -> UserUttered:
    return UserUttered(text, parsed(text, "inform"))


def test_rewound_begins_after_the_last_restart_or_session() -> None:
    events: list[Event] = [SlotSet("a", 1), Restarted(), SlotSet("b", 1), SessionStarted(), SlotSet("c", 1)]

    assert rewound(events) == [SlotSet("c", 1)]


def test_rewound_takes_the_message_and_the_listening_before_it_away() -> None:
    events: list[Event] = [LISTEN, user("hi"), FORM, LISTEN, user("oops"), UserUtteranceReverted()]

    assert rewound(events) == [LISTEN, user("hi"), FORM]


def test_rewound_of_nothing_to_take_back_is_empty() -> None:
    assert rewound([UserUtteranceReverted()]) == []


def test_applied_collapses_the_questions_of_a_form_but_keeps_what_they_set() -> None:
    start: list[Event] = [
        LISTEN,
        user("return"),
        FORM,
        ActiveLoopChanged("f"),
        SlotSet("requested_slot", "a"),
    ]
    answer: list[Event] = [LISTEN, user("red"), SlotSet("a", "red"), FORM, SlotSet("requested_slot", "b")]

    assert applied(start + answer) == [*start, SlotSet("a", "red"), SlotSet("requested_slot", "b")]


def test_applied_keeps_a_form_that_comes_back_after_a_rejection() -> None:
    start: list[Event] = [LISTEN, user("return"), FORM, ActiveLoopChanged("f")]
    detour: list[Event] = [
        LISTEN,
        user("help?"),
        ActionExecutionRejected("f"),
        ActionExecuted("utter_x"),
        FORM,
    ]

    assert applied(start + detour) == start + detour


def test_applied_keeps_a_form_that_asks_again_right_after_its_rejection() -> None:
    start: list[Event] = [LISTEN, user("return"), FORM, ActiveLoopChanged("f")]
    again: list[Event] = [LISTEN, user("help?"), ActionExecutionRejected("f"), FORM]

    assert applied(start + again) == start + again


def test_applied_keeps_a_form_that_comes_back_in_a_story_without_rejections() -> None:
    start: list[Event] = [LISTEN, user("return"), FORM, ActiveLoopChanged("f")]
    detour: list[Event] = [LISTEN, user("help?"), ActionExecuted("utter_x"), FORM]

    assert applied(start + detour) == start + detour


def test_applied_keeps_a_form_that_begins_anew_after_it_ended() -> None:
    events: list[Event] = [FORM, ActiveLoopChanged("f"), ActiveLoopChanged(None), FORM]

    assert applied(events) == events


def test_turns_are_split_at_the_customers_messages() -> None:
    events: list[Event] = [LISTEN, user("one"), FORM, LISTEN, user("two"), SlotSet("a", 1)]

    assert list(turn_before(events)) == [user("one"), FORM, LISTEN]
    assert list(last_turn(events)) == [user("two"), SlotSet("a", 1)]


def test_there_is_no_turn_before_the_first() -> None:
    assert list(turn_before([user("one"), FORM])) == []


def answered(text: str) -> BotUttered:
    return BotUttered(text, faq=FaqSource("shipping", "Do you ship?", "", 0, len(text), 0.9))


def test_said_before_is_the_answer_of_the_turn_before_and_its_question() -> None:
    events: list[Event] = [user("hi"), answered("Hello!"), LISTEN, user("do you ship to Malta"), FORM]
    events += [answered("We do."), BotUttered("Anything else?"), LISTEN, user("how long?")]

    assert said_before(events) == ("We do.", "do you ship to Malta")


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([], id="nothing"),
        pytest.param([BotUttered("Welcome!"), user("how long?")], id="the welcome"),
        pytest.param([answered("We ship."), user("how long?")], id="an answer to nothing"),
        pytest.param([user("hi"), BotUttered("Hello!"), LISTEN, user("how long?")], id="a greeting"),
        pytest.param(
            [user("ship?"), answered("Yes."), Restarted(), user("how long?")], id="before a restart"
        ),
        pytest.param(
            [
                user("ship?"),
                answered("Yes."),
                LISTEN,
                user("to Malta?"),
                AgentUttered("Sure.", "a1", "Ann"),
                user("when?"),
            ],
            id="to an agent",
        ),
    ],
)
def test_nothing_was_said_before_where_no_help_text_answered_in_the_turn_before(events: list[Event]) -> None:
    assert said_before(events) == ()


def test_a_payload_was_not_said_but_its_button_and_any_other_text_was() -> None:
    shown = UserUttered("/faq", parsed("/faq", "faq"), display_text="Delivery times")
    words = UserUttered("do you ship", parsed("do you ship", "faq"), display_text="Delivery")
    answer: list[Event] = [answered("Yes."), LISTEN, user("how long?")]

    assert said_before([user("/faq"), *answer]) == ("Yes.",)
    assert said_before([shown, *answer]) == ("Yes.", "Delivery times")
    assert said_before([words, *answer]) == ("Yes.", "do you ship")


def test_of_a_long_text_the_beginning_was_said() -> None:
    events = [user("ship?"), answered("word " * 500), LISTEN, user("how long?")]

    assert said_before(events) == (" ".join(["word"] * 40), "ship?")
