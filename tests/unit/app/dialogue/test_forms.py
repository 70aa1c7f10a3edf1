"""Conversations with a form: ``return_form`` asks for order_number, reason and confirmed."""

from typing import Any

import pytest

from app.dialogue.domain import Form
from app.dialogue.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActionFailed,
    ActiveLoopChanged,
    BotUttered,
    Event,
    LoopInterrupted,
    SlotSet,
)
from app.dialogue.policy_settings import PolicySettings
from app.dialogue.tracker import REQUESTED_SLOT, Tracker
from tests.fakes_dialogue import (
    RETURNS_ANSWER,
    RULES,
    Conversation,
    FakeAnswerer,
    does,
    given,
    gives,
    loop,
    make_bot,
    make_domain,
    not_understood,
    raises,
    rule,
    said,
    story,
)


def in_form(**parts: Any) -> Conversation:
    """Begin a return; the bot has asked for the order."""
    return given(**parts).says("I want to return it", "return_item")


def test_a_form_begins_by_asking_for_its_first_empty_slot() -> None:
    conversation = in_form()

    assert conversation.replies == ["Which order?"]
    assert conversation.executed == ["return_form"]
    assert conversation.of_type(ActiveLoopChanged) == [ActiveLoopChanged("return_form")]
    assert conversation.tracker.requested_slot == "order_number"


def test_a_form_asks_slot_after_slot_and_then_the_rule_goes_on() -> None:
    conversation = in_form()

    conversation.says("FH-1", "inform", ("order_number", "FH-1"))
    assert conversation.replies == ["Why?"]
    conversation.says("too big", "inform")
    assert conversation.replies == ["Return order FH-1, sure?"]
    conversation.says("yes", "affirm")
    assert conversation.replies == ["Done."]

    assert conversation.executed == ["return_form", "utter_returned"]
    assert conversation.tracker.active_loop is None
    assert conversation.tracker.requested_slot is None
    assert conversation.tracker.slots["confirmed"] is True


def test_what_the_first_message_says_is_not_asked_again() -> None:
    conversation = given().says("return FH-1", "return_item", ("order_number", "FH-1"))

    assert conversation.replies == ["Why?"]


def test_a_form_that_knows_everything_ends_at_once() -> None:
    domain = make_domain(forms={"return_form": Form("return_form", ("order_number",))})

    conversation = given(script=make_bot(domain=domain)).says(
        "return FH-1", "return_item", ("order_number", "FH-1")
    )

    assert conversation.executed == ["return_form", "utter_returned"]
    assert [event for event in conversation.events if isinstance(event, SlotSet | ActiveLoopChanged)] == [
        SlotSet("order_number", "FH-1"),
        ActiveLoopChanged("return_form"),
        SlotSet("order_number", "FH-1"),
        SlotSet(REQUESTED_SLOT, None),
        ActiveLoopChanged(None),
    ]


def test_a_message_that_fills_nothing_is_rejected_and_answered_by_a_rule_then_the_form_asks_again() -> None:
    conversation = in_form().says("hello", "greet")

    assert conversation.replies == ["Hello!", "Which order?"]
    assert conversation.executed == ["utter_greet", "return_form"]
    assert conversation.of_type(ActionExecutionRejected) == [ActionExecutionRejected("return_form")]
    assert conversation.says("FH-1", "inform", ("order_number", "FH-1")).replies == ["Why?"]


def test_a_question_in_the_middle_is_answered_from_the_faq_and_the_form_asks_again() -> None:
    conversation = in_form(answerer=FakeAnswerer(RETURNS_ANSWER)).says("how long do I have?", "ask_help")

    assert conversation.replies == [RETURNS_ANSWER.passage, "Which order?"]
    assert conversation.tracker.active_loop == "return_form"


def test_a_message_that_is_not_understood_is_asked_for_again_before_the_question() -> None:
    conversation = in_form().when("asdf", not_understood("asdf"))

    assert conversation.executed == ["action_default_ask_rephrase", "return_form"]
    assert conversation.replies[-1] == "Which order?"


def test_a_form_survives_giving_up() -> None:
    conversation = in_form().when("asdf").when("qwer")

    assert conversation.executed == ["action_default_fallback", "return_form"]
    assert conversation.replies[-1] == "Which order?"
    assert conversation.tracker.active_loop == "return_form"


def test_stopping_ends_the_form_without_its_question() -> None:
    conversation = in_form().says("stop it", "stop")

    assert conversation.executed == ["action_deactivate_loop", "utter_stopped"]
    assert conversation.replies == ["Stopped."]
    assert conversation.tracker.active_loop is None


def test_an_intent_that_fills_the_slot_is_for_the_form_and_not_for_rules() -> None:
    conversation = in_form().says("FH-1", "inform", ("order_number", "FH-1")).says("hello there", "greet")

    assert conversation.tracker.slots["reason"] == "hello there"
    assert conversation.replies == ["Return order FH-1, sure?"]


def test_asking_for_a_person_is_not_followed_by_the_forms_question() -> None:
    conversation = in_form().says("a human please", "talk_to_human")

    assert conversation.executed == ["action_request_handoff"]
    assert conversation.tracker.mode == "handoff_requested"
    assert conversation.tracker.active_loop == "return_form"


def test_pressing_our_own_buttons_leaves_the_form_where_it_was() -> None:
    conversation = in_form().says("FH-1", "inform", ("order_number", "FH-1"))

    conversation.when("How long?", payload='/action_answer_faq{"entry_id": "returns"}')
    assert conversation.executed == ["action_answer_faq", "return_form"]
    assert "reason" not in conversation.tracker.slots
    conversation.when("Talk to a person", payload="/action_request_handoff")
    assert conversation.executed == ["action_request_handoff"]


def test_another_form_takes_the_place_of_the_active_one() -> None:
    domain = make_domain(
        forms={
            "return_form": Form("return_form", ("order_number", "reason")),
            "other_form": Form("other_form", ("order_number",)),
        }
    )
    rules = (*RULES, rule("other", said("goodbye"), does("other_form"), loop("other_form")))

    conversation = in_form(script=make_bot(domain=domain, rules=rules)).says("other", "goodbye")

    assert conversation.executed == ["other_form"]
    assert conversation.tracker.active_loop == "other_form"


# --- rules and stories inside a form ----------------------------------------


def test_a_rule_of_the_form_that_does_not_come_back_leaves_the_customer_time() -> None:
    pause = rule("pause", said("goodbye"), does("utter_goodbye"), conditions=(loop("return_form"),))

    conversation = in_form(script=make_bot(rules=(*RULES, pause))).says("wait", "goodbye")

    assert conversation.executed == ["utter_goodbye"]
    assert conversation.tracker.active_loop == "return_form"


def test_after_such_a_pause_the_form_reads_the_next_message() -> None:
    pause = rule("pause", said("goodbye"), does("utter_goodbye"), conditions=(loop("return_form"),))

    conversation = in_form(script=make_bot(rules=(*RULES, pause))).says("wait", "goodbye")
    conversation.says("FH-1", "inform", ("order_number", "FH-1"))

    assert conversation.executed == ["return_form"]
    assert conversation.replies == ["Why?"]


def test_a_rule_of_the_form_may_name_it_to_come_back() -> None:
    back = rule(
        "bye in form",
        said("goodbye"),
        does("utter_goodbye"),
        does("return_form"),
        loop("return_form"),
        conditions=(loop("return_form"),),
    )

    conversation = in_form(script=make_bot(rules=(*RULES, back))).says("bye", "goodbye")

    assert conversation.executed == ["utter_goodbye", "return_form"]
    assert conversation.replies == ["Bye!", "Which order?"]


IN_RETURN_FORM = (loop("return_form"),)
IGNORE = rule("ignore", said("goodbye"), does("return_form"), loop("return_form"), conditions=IN_RETURN_FORM)


def test_a_rule_may_send_the_customer_back_to_the_form_unread() -> None:
    pause = rule("pause", said("affirm"), does("utter_stopped"), conditions=IN_RETURN_FORM)
    conversation = in_form(script=make_bot(rules=(*RULES, pause, IGNORE))).says("wait", "affirm")

    conversation.says("go on", "goodbye")

    assert conversation.of_type(LoopInterrupted) == [LoopInterrupted(is_interrupted=True)]
    assert conversation.replies == ["Which order?"]


def test_a_story_may_send_the_customer_back_to_the_form_unread() -> None:
    doubt = story(
        "go on after all",
        said("return_item"),
        does("return_form"),
        loop("return_form"),
        said("goodbye"),
        does("utter_goodbye"),
        said("deny"),
        does("return_form"),
    )
    conversation = in_form(script=make_bot(stories=(doubt,))).says("bye", "goodbye")

    conversation.says("no, go on", "deny")

    assert conversation.of_type(LoopInterrupted) == [LoopInterrupted(is_interrupted=True)]
    assert conversation.of_type(ActionExecutionRejected) == []
    assert conversation.replies == ["Which order?"]


def test_a_form_that_has_just_rejected_a_message_is_not_chosen_for_it_again() -> None:
    conversation = in_form(script=make_bot(rules=(*RULES, IGNORE), settings=PolicySettings()))

    conversation.says("bye", "goodbye")

    assert conversation.executed == ["action_default_fallback"]


def test_a_story_that_leaves_the_form_keeps_a_general_rule_from_returning_to_it() -> None:
    leaving = story(
        "really stop?",
        said("return_item"),
        does("return_form"),
        loop("return_form"),
        said("goodbye"),
        does("utter_goodbye"),
        said("affirm"),
        does("action_deactivate_loop"),
        loop(None),
        does("utter_stopped"),
    )
    rules = (*RULES, rule("bye", said("goodbye"), does("utter_goodbye")))

    conversation = in_form(script=make_bot(rules=rules, stories=(leaving,))).says("bye", "goodbye")

    assert conversation.executed == ["utter_goodbye"]
    assert conversation.says("yes", "affirm").executed == ["action_deactivate_loop", "utter_stopped"]


# --- validation ----------------------------------------


def validating(**verdicts: Any) -> dict[str, Any]:
    """Make ``validate_return_form``: gives these values for candidates, and remembers what it was shown."""
    shown: list[list[Event]] = []

    def _validate(tracker: Tracker) -> list[Event]:
        shown.append(list(tracker.events))
        candidates: list[Event] = []
        for event in reversed(tracker.events):
            if not isinstance(event, SlotSet):
                break
            candidates.insert(0, event)
        return [
            SlotSet(event.slot, verdicts.get(event.slot, event.value))
            for event in candidates
            if isinstance(event, SlotSet)
        ]

    return {"actions": {"validate_return_form": _validate}, "shown": shown}


def test_a_value_that_is_not_valid_is_asked_for_again() -> None:
    actions = validating(order_number=None)["actions"]

    conversation = in_form(actions=actions).says("FH-0", "inform", ("order_number", "FH-0"))

    assert conversation.replies == ["Which order?"]
    assert conversation.tracker.slots["order_number"] is None


def test_a_validating_action_may_correct_a_value() -> None:
    actions = validating(order_number="FH-00001")["actions"]

    conversation = in_form(actions=actions).says("1", "inform", ("order_number", "1"))

    assert conversation.tracker.slots["order_number"] == "FH-00001"


def test_a_validating_action_sees_the_candidates_last_and_the_requested_slot() -> None:
    made = validating()

    in_form(actions=made["actions"]).says("FH-1", "inform", ("order_number", "FH-1"))

    assert made["shown"][-1][-3:] == [
        SlotSet(REQUESTED_SLOT, "order_number"),
        ActionExecuted("return_form"),
        SlotSet("order_number", "FH-1"),
    ]


def test_what_was_known_before_is_validated_when_the_form_begins() -> None:
    actions = validating(order_number=None)["actions"]

    conversation = given(actions=actions).says("return FH-0", "return_item", ("order_number", "FH-0"))

    assert conversation.replies == ["Which order?"]


def test_a_validating_action_may_say_something_first() -> None:
    actions = {"validate_return_form": gives(BotUttered("That is no order."), SlotSet("order_number", None))}

    conversation = in_form(actions=actions).says("x", "inform", ("order_number", "x"))

    assert conversation.replies == ["That is no order.", "Which order?"]


def test_a_validating_action_may_choose_the_next_slot() -> None:
    actions = {
        "validate_return_form": gives(SlotSet(REQUESTED_SLOT, "confirmed"), SlotSet("order_number", "1"))
    }

    conversation = in_form(actions=actions)

    assert conversation.replies == ["Return order 1, sure?"]
    assert conversation.of_type(SlotSet) == [
        SlotSet(REQUESTED_SLOT, "confirmed"),
        SlotSet("order_number", "1"),
    ]


@pytest.mark.parametrize("ending", [SlotSet(REQUESTED_SLOT, None), ActiveLoopChanged(None)])
def test_a_validating_action_may_end_the_form(ending: Event) -> None:
    conversation = in_form()
    conversation.actions.actions["validate_return_form"] = gives(ending)

    conversation.says("FH-1", "inform", ("order_number", "FH-1"))

    assert conversation.executed == ["return_form", "utter_returned"]
    assert conversation.tracker.active_loop is None
    assert conversation.tracker.requested_slot is None


def test_a_validating_action_may_extract_a_slot_itself() -> None:
    conversation = in_form()
    conversation.actions.actions["validate_return_form"] = gives(SlotSet("order_number", "found it"))

    conversation.says("the one with the blue box", "inform")

    assert conversation.replies == ["Why?"]


def test_a_validating_action_may_reject() -> None:
    conversation = in_form()
    conversation.actions.actions["validate_return_form"] = gives(ActionExecutionRejected("return_form"))

    conversation.says("hello FH-1", "greet", ("order_number", "FH-1"))

    assert conversation.executed == ["utter_greet"]


def test_a_slot_that_only_the_validating_action_asks_for_counts_as_the_forms() -> None:
    conversation = in_form()
    conversation.actions.actions["validate_return_form"] = gives(SlotSet(REQUESTED_SLOT, "colour"))
    conversation.actions.actions["action_ask_colour"] = gives(BotUttered("Which colour?"))

    assert conversation.says("FH-1", "inform", ("order_number", "FH-1")).replies == ["Which colour?"]


# --- asking ----------------------------------------


@pytest.mark.parametrize(
    ("available", "expected"),
    [
        (
            {"action_ask_return_form_order_number", "action_ask_order_number"},
            "action_ask_return_form_order_number",
        ),
        ({"action_ask_order_number"}, "action_ask_order_number"),
    ],
)
def test_an_action_may_ask(available: set[str], expected: str) -> None:
    conversation = in_form(actions={name: gives(BotUttered(name)) for name in available})

    assert conversation.replies == [expected]
    assert conversation.executed == ["return_form"]


def test_a_response_for_the_form_goes_before_a_general_action() -> None:
    conversation = in_form(actions={"action_ask_confirmed": gives(BotUttered("no"))})
    conversation.says("FH-1", "inform", ("order_number", "FH-1"))

    assert conversation.says("too big", "inform").replies == ["Return order FH-1, sure?"]


def test_a_form_without_a_question_waits_silently_since_an_action_may_have_asked() -> None:
    responses = {**make_domain().responses}
    del responses["utter_ask_order_number"]

    conversation = in_form(script=make_bot(domain=make_domain(responses=responses)))

    assert conversation.replies == []
    assert conversation.of_type(ActionFailed) == []
    assert (conversation.tracker.active_loop, conversation.tracker.requested_slot) == (
        "return_form",
        "order_number",
    )


# --- failures ----------------------------------------


def test_when_validation_fails_the_form_stays_and_nothing_unchecked_is_kept() -> None:
    conversation = in_form()
    conversation.actions.actions["validate_return_form"] = raises()

    conversation.says("FH-1", "inform", ("order_number", "FH-1"))
    assert conversation.of_type(ActionFailed)[0].action == "return_form"
    assert len(conversation.replies) == 1
    assert conversation.tracker.active_loop == "return_form"
    assert conversation.tracker.slots["order_number"] is None

    del conversation.actions.actions["validate_return_form"]
    assert conversation.says("FH-1", "inform", ("order_number", "FH-1")).replies == ["Why?"]


def test_when_validation_fails_at_the_beginning_the_form_is_active_nevertheless() -> None:
    conversation = in_form(actions={"validate_return_form": raises()})
    del conversation.actions.actions["validate_return_form"]

    assert conversation.tracker.active_loop == "return_form"
    assert conversation.says("and now?", "inform").replies == ["Which order?"]
