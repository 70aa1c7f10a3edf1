from typing import Any

import pytest

from app.dialogue.domain import IntentDefinition, SlotDefinition
from app.dialogue.events import (
    ActionExecuted,
    ActiveLoopChanged,
    AllSlotsReset,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from app.dialogue.states import (
    NO_LOOP,
    TurnState,
    conversation_states,
    intent_base,
    rule_moments,
    state_fits,
    states_fit,
    story_moments,
    story_view,
)
from app.dialogue.stories import ELLIPSIS, BotStep, SlotStep
from tests.fakes_dialogue import does, loop, make_domain, parsed, rule, said, slot, story

DOMAIN = make_domain()
LISTEN = ActionExecuted("action_listen")


def user(intent: str, *entities: tuple[str, str] | tuple[str, str, str]) -> UserUttered:
    text = " ".join(piece for _, piece, *_ in entities) or intent
    return UserUttered(text, parsed(text, intent, *entities))


def shape(states: list[TurnState]) -> list[tuple[str | None, str | None]]:
    return [(state.previous_action, state.intent) for state in states]


def test_a_conversation_has_a_state_before_every_action_and_the_present_one() -> None:
    events: list[Event] = [SessionStarted(), LISTEN, user("greet"), ActionExecuted("utter_greet")]

    states = conversation_states(events, DOMAIN)

    assert shape(states) == [(None, None), ("action_listen", "greet"), ("utter_greet", "greet")]


def test_slots_appear_as_features_and_go_back_when_all_are_reset() -> None:
    domain = make_domain(slots={"a": SlotDefinition("a", "text", initial_value="x")})
    events: list[Event] = [SlotSet("a", None), LISTEN, AllSlotsReset()]

    states = conversation_states(events, domain)

    assert [state.slots["a"] for state in states] == [(), (1.0,)]


def test_entities_count_by_name_and_again_by_role() -> None:
    said_now = user("greet", ("product", "shirt", "old"), ("unknown", "x"))

    state = conversation_states([LISTEN, said_now], DOMAIN)[-1]

    assert state.entities == {"product", "product#old"}


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (IntentDefinition("greet", used_entities=("colour",)), {"colour"}),
        (IntentDefinition("greet", ignored_entities=("colour",)), {"product"}),
    ],
)
def test_an_intent_may_ignore_entities(definition: IntentDefinition, expected: set[str]) -> None:
    domain = make_domain(intents={"greet": definition})

    state = conversation_states([LISTEN, user("greet", ("product", "hat"), ("colour", "red"))], domain)[-1]

    assert state.entities == expected


def test_a_retrieval_intent_counts_by_its_first_part() -> None:
    assert intent_base("faq/returns") == "faq"


def test_a_rule_says_what_comes_after_the_intent_and_then_that_the_bot_listens() -> None:
    moments = rule_moments(rule("r", said("greet"), does("utter_greet")), DOMAIN)

    assert [(shape(list(m.states)), m.action) for m in moments] == [
        ([("action_listen", "greet")], "utter_greet"),
        ([("action_listen", "greet"), ("utter_greet", "greet")], "action_listen"),
    ]


def test_a_rule_that_does_not_wait_says_nothing_after_its_last_action() -> None:
    moments = rule_moments(rule("r", said("greet"), does("utter_greet"), wait_for_user_input=False), DOMAIN)

    assert [moment.action for moment in moments] == ["utter_greet"]


def test_a_rule_at_the_start_of_a_conversation_begins_with_the_empty_state() -> None:
    moments = rule_moments(rule("r", said("greet"), does("utter_greet"), conversation_start=True), DOMAIN)

    assert shape(list(moments[0].states)) == [(None, None), ("action_listen", "greet")]


def test_a_rule_that_begins_with_an_action_applies_after_it() -> None:
    submit = rule("r", does("return_form"), loop(None), does("utter_x"), conditions=(loop("return_form"),))

    first = rule_moments(submit, DOMAIN)[0]

    assert first.action == "utter_x"
    assert (first.states[0].previous_action, first.states[0].active_loop) == ("return_form", NO_LOOP)


def test_conditions_hold_in_every_state_of_a_rule() -> None:
    conditions = (loop("return_form"), slot("order_number", "x"), slot("reason", "never seen"))

    moments = rule_moments(rule("r", said("greet"), does("utter_x"), conditions=conditions), DOMAIN)

    assert {state.active_loop for m in moments for state in m.states} == {"return_form"}
    assert all(state.slots == {"order_number": (1.0,)} for m in moments for state in m.states)


def test_an_ellipsis_among_the_steps_says_nothing() -> None:
    assert rule_moments(rule("r", ELLIPSIS, said("greet"), does("utter_x")), DOMAIN) == rule_moments(
        rule("r", said("greet"), does("utter_x")), DOMAIN
    )


def test_a_story_goes_on_over_several_messages_and_begins_without_a_form() -> None:
    steps = (said("greet"), does("utter_greet"), BotStep("Hello!"), said("goodbye"), does("utter_goodbye"))

    moments = story_moments(story("s", *steps), DOMAIN)

    assert [m.action for m in moments] == ["utter_greet", "action_listen", "utter_goodbye", "action_listen"]
    assert moments[0].states[0].active_loop == NO_LOOP


def test_a_story_that_ends_with_the_customer_says_nothing_about_what_comes_then() -> None:
    assert story_moments(story("s", said("greet")), DOMAIN) == []


def test_the_happy_path_of_a_form_is_invisible_in_stories() -> None:
    short = story(
        "s", said("return_item"), does("return_form"), loop("return_form"), loop(None), does("utter_x")
    )
    long = story(
        "s",
        said("return_item"),
        does("return_form"),
        loop("return_form"),
        said("inform"),
        does("return_form"),
        loop(None),
        does("utter_x"),
    )

    assert story_moments(long, DOMAIN) == story_moments(short, DOMAIN)


@pytest.mark.parametrize(
    ("pattern", "state", "fits"),
    [
        ({}, {}, True),
        ({"previous_action": "a"}, {"previous_action": "b"}, False),
        ({"intent": "greet"}, {"intent": "greet"}, True),
        ({"intent": "greet"}, {"intent": "goodbye"}, False),
        ({}, {"intent": "greet"}, True),
        ({"active_loop": NO_LOOP}, {"active_loop": None}, True),
        ({"active_loop": NO_LOOP}, {"active_loop": "f"}, False),
        ({"active_loop": "f"}, {"active_loop": "f"}, True),
        ({}, {"active_loop": "f"}, True),
        ({"entities": frozenset({"a"})}, {"entities": frozenset({"a", "b"})}, False),
        ({}, {"entities": frozenset({"a"})}, True),
        ({"slots": {"s": ()}}, {"slots": {}}, True),
        ({"slots": {"s": ()}}, {"slots": {"s": (1.0,)}}, False),
        ({"slots": {"s": (-1.0,)}}, {"slots": {"s": (1.0, 0.0)}}, True),
        ({"slots": {"s": (-1.0,)}}, {"slots": {}}, False),
        ({"slots": {"s": (1.0, 1.0)}}, {"slots": {"s": (1.0, 0.0)}}, False),
    ],
)
def test_state_fits_what_the_pattern_states_and_nothing_else(
    pattern: dict[str, Any], state: dict[str, Any], fits: bool
) -> None:
    before = {"previous_action": "action_listen"}

    assert state_fits(TurnState(**before | pattern), TurnState(**before | state), all_entities=True) is fits


def test_a_story_does_not_mind_entities_that_it_does_not_name() -> None:
    pattern, state = TurnState(entities=frozenset({"a"})), TurnState(entities=frozenset({"a", "b"}))

    assert state_fits(pattern, state, all_entities=False)


def test_states_fit_at_the_end_of_the_conversation_only() -> None:
    one, two = TurnState("a"), TurnState("b")

    assert states_fit([two], [one, two])
    assert not states_fit([one], [one, two])
    assert not states_fit([one, two], [two])


def test_a_story_may_name_a_slot_without_a_value() -> None:
    steps = (SlotStep("order_number", is_any=True), said("greet"), does("utter_greet"))

    state = story_moments(story("s", *steps), DOMAIN)[0].states[-1]

    assert states_fit(
        [state], conversation_states([SlotSet("order_number", "x"), LISTEN, user("greet")], DOMAIN)
    )


def test_stories_do_not_see_turns_that_only_rules_know() -> None:
    hidden = [
        ActionExecuted("utter_faq", hide_rule_turn=True),
        ActionExecuted("action_listen", hide_rule_turn=True),
    ]
    before: list[Event] = [LISTEN, user("greet"), ActionExecuted("utter_greet"), LISTEN]

    states = story_view([*before, user("ask_help"), *hidden, user("goodbye")], DOMAIN)

    assert shape(states) == [
        (None, None),
        ("action_listen", "greet"),
        ("utter_greet", "greet"),
        ("action_listen", "goodbye"),
    ]


def test_listening_after_a_form_does_not_reveal_a_hidden_turn() -> None:
    events: list[Event] = [
        LISTEN,
        user("return_item"),
        ActionExecuted("return_form", hide_rule_turn=True),
        ActiveLoopChanged("return_form"),
        LISTEN,
        user("stop"),
    ]

    assert shape(story_view(events, DOMAIN)) == [(None, None), ("action_listen", "stop")]
