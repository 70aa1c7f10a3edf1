"""Which policy decides: conversations with rules, stories, FAQ and the two-stage fallback."""

from dataclasses import replace
from typing import Any

import pytest

from app.dialogue.decision import Stay
from app.dialogue.domain import ResponseVariation, SlotDefinition
from app.dialogue.events import (
    ActionExecutionRejected,
    ActionFailed,
    BotUttered,
    Button,
    DecisionMade,
    FollowupActionSet,
    Restarted,
    SlotSet,
    UserUtteranceReverted,
)
from app.dialogue.policy import decide
from app.dialogue.tracker import empty_tracker
from nlu.types import FALLBACK_INTENT
from retrieval.types import NoAnswer, Suggestions
from tests.fakes_dialogue import (
    RETURNS_ANSWER,
    RULES,
    Conversation,
    FakeAnswerer,
    FakeInterpreter,
    does,
    given,
    gives,
    make_bot,
    make_domain,
    not_understood,
    parsed,
    rule,
    said,
    slot,
    story,
)

TRACK = {"action_track": gives(BotUttered("On its way."))}


def with_rules(*rules: Any, **parts: Any) -> Conversation:
    return given(script=make_bot(rules=(*rules, *RULES)), **parts)


def with_stories(*stories: Any, rules: Any = (), **options: Any) -> Conversation:
    return given(script=make_bot(rules=rules, stories=stories, **options))


# --- rules ----------------------------------------


def test_a_rule_answers_and_says_why() -> None:
    conversation = given().says("hi", "greet")

    assert conversation.replies == ["Hello!"]
    assert conversation.of_type(DecisionMade) == [
        DecisionMade("Reply", "utter_greet", "RulePolicy", ("rule 'greet'", "intent greet (0.90)"))
    ]


def test_the_source_of_a_rule_is_among_the_reasons() -> None:
    conversation = with_rules(rule("bye", said("goodbye"), does("utter_goodbye"), source="rules.yml:7"))

    assert conversation.says("bye", "goodbye").of_type(DecisionMade)[0].reasons[-1] == "rules.yml:7"


def test_a_rule_goes_on_action_by_action() -> None:
    conversation = with_rules(
        rule("bye", said("goodbye"), does("utter_greet"), does("action_track"), does("utter_goodbye")),
        actions=TRACK,
    )

    assert conversation.says("bye", "goodbye").replies == ["Hello!", "On its way.", "Bye!"]


def test_the_more_specific_rule_wins() -> None:
    conversation = with_rules(
        rule("any", said("goodbye"), does("utter_goodbye")),
        rule("with order", said("goodbye"), does("utter_greet"), conditions=(slot("order_number", "x"),)),
        rule("with entity", said("goodbye", "product"), does("utter_stopped")),
    )

    assert conversation.says("bye", "goodbye").replies == ["Bye!"]
    assert conversation.says("bye hat", "goodbye", ("product", "hat")).replies == ["Stopped."]
    assert conversation.says("bye FH-1", "goodbye", ("order_number", "FH-1")).replies == ["Hello!"]


def test_a_rule_may_depend_on_an_empty_slot() -> None:
    conversation = with_rules(
        rule("no order", said("goodbye"), does("utter_goodbye"), conditions=(slot("order_number", None),))
    )

    assert conversation.says("bye", "goodbye").replies == ["Bye!"]
    assert conversation.says("bye FH-1", "goodbye", ("order_number", "FH-1")).executed != ["utter_goodbye"]


def test_an_action_may_decide_how_a_rule_goes_on() -> None:
    found, missing = slot("confirmed", True), slot("confirmed", False)
    conversation = with_rules(
        rule("found", said("goodbye"), does("action_track"), found, does("utter_goodbye")),
        rule("missing", said("goodbye"), does("action_track"), missing, does("utter_stopped")),
        actions={"action_track": gives(SlotSet("confirmed", False))},
    )

    assert conversation.says("bye", "goodbye").executed == ["action_track", "utter_stopped"]


def test_a_rule_that_does_not_wait_hands_on_to_another() -> None:
    conversation = with_rules(
        rule("bye", said("goodbye"), does("utter_greet"), wait_for_user_input=False),
        rule("after greeting", does("utter_greet"), does("utter_goodbye")),
    )

    assert conversation.says("bye", "goodbye").replies == ["Hello!", "Bye!"]


def test_a_rule_for_the_start_of_a_conversation_applies_once() -> None:
    conversation = with_rules(rule("first", said("goodbye"), does("utter_greet"), conversation_start=True))
    conversation.manager.start("c1", "web")

    assert conversation.says("bye", "goodbye").replies == ["Hello!"]
    assert conversation.says("bye", "goodbye").replies != ["Hello!"]


def test_a_retrieval_intent_is_answered_by_the_rule_of_its_first_part() -> None:
    responses = {"utter_faq/returns": (ResponseVariation("30 days"),)}
    script = make_bot(
        domain=make_domain(responses=responses), rules=[rule("faq", said("faq"), does("utter_faq"))]
    )

    assert given(script=script).says("how long?", "faq/returns").replies == ["30 days"]


# --- follow-up actions and default intents ----------------------------------------


def test_a_followup_action_comes_next() -> None:
    conversation = given(actions={"action_track": gives(FollowupActionSet("utter_goodbye"))})

    conversation.says("where is it", "track_order")

    assert conversation.executed == ["action_track", "utter_goodbye"]
    assert conversation.decisions[-1] == ("Reply", "utter_goodbye", "followup")


def test_an_action_may_take_the_message_back() -> None:
    conversation = given(actions={"action_track": gives(BotUttered("Pardon?"), UserUtteranceReverted())})

    conversation.says("where is FH-1", "track_order", ("order_number", "FH-1"))

    assert conversation.executed == ["action_track"]
    assert conversation.tracker.slots == {}


def test_an_action_that_rejects_is_not_run_again() -> None:
    conversation = given(actions={"action_track": gives(ActionExecutionRejected("action_track"))})

    conversation.says("where is it", "track_order")

    assert conversation.of_type(ActionExecutionRejected) == [ActionExecutionRejected("action_track")]
    assert conversation.executed == ["action_default_ask_affirmation"]


# --- stories ----------------------------------------

LOGIN = story("helped", said("greet"), does("utter_greet"), said("affirm"), does("utter_goodbye"))
OTHER = story("in general", said("affirm"), does("utter_stopped"))


def test_a_story_goes_on_over_several_messages() -> None:
    conversation = with_stories(LOGIN, OTHER).says("hi", "greet")

    assert conversation.replies == ["Hello!"]
    assert conversation.says("yes", "affirm").replies == ["Bye!"]


def test_the_story_that_agrees_with_more_of_the_conversation_wins() -> None:
    conversation = with_stories(OTHER, LOGIN)

    assert conversation.says("yes", "affirm").replies == ["Stopped."]
    assert conversation.says("hi", "greet").says("yes", "affirm").replies == ["Bye!"]


def test_the_source_of_a_story_is_among_the_reasons() -> None:
    conversation = with_stories(replace(OTHER, source="stories.yml:3")).says("yes", "affirm")

    assert conversation.of_type(DecisionMade)[0].reasons[-1] == "stories.yml:3"


def test_a_story_may_begin_in_the_middle_of_a_conversation() -> None:
    conversation = with_stories(LOGIN, OTHER).says("yes", "affirm").says("hi", "greet")

    assert conversation.says("yes", "affirm").replies == ["Bye!"]


def test_only_the_recent_past_counts() -> None:
    long = story("long", said("greet"), does("utter_greet"), said("deny"), does("utter_stopped"))

    assert with_stories(long, max_history=1).says("no", "deny").replies == ["Stopped."]
    assert with_stories(long, max_history=None).says("no", "deny").replies != ["Stopped."]


def test_a_rule_goes_before_a_story() -> None:
    conversation = with_stories(OTHER, rules=[rule("yes", said("affirm"), does("utter_greet"))])

    assert conversation.says("yes", "affirm").replies == ["Hello!"]


def test_a_turn_that_only_a_rule_knows_does_not_disturb_a_story() -> None:
    rules = [rule("thanks", said("deny"), does("utter_stopped"))]
    conversation = with_stories(LOGIN, rules=rules).says("hi", "greet").says("no", "deny")

    assert conversation.says("yes", "affirm").replies == ["Bye!"]


def test_a_turn_that_a_story_knows_too_is_part_of_the_story() -> None:
    rules = [rule("hi", said("greet"), does("utter_greet"))]
    conversation = with_stories(LOGIN, rules=rules).says("hi", "greet")

    assert conversation.decisions == [("Reply", "utter_greet", "RulePolicy")]
    assert conversation.says("yes", "affirm").replies == ["Bye!"]


# --- FAQ ------------------------------------------------------------------------------------------


def test_a_question_is_answered_with_its_source() -> None:
    conversation = given(answerer=FakeAnswerer(RETURNS_ANSWER)).says("how long?", "ask_help")

    source = conversation.of_type(BotUttered)[0].faq
    assert conversation.replies == [RETURNS_ANSWER.passage]
    assert (source.entry_id, source.source, source.span_end) == ("returns", "/help/returns", 38)


def test_what_is_not_understood_is_looked_up_first() -> None:
    conversation = given(answerer=FakeAnswerer(RETURNS_ANSWER)).when("30 days or what")

    assert conversation.decisions == [("AnswerFaq", "", "faq")]
    assert conversation.replies == [RETURNS_ANSWER.passage]


def test_an_intent_without_rule_or_story_is_looked_up_too() -> None:
    conversation = given(answerer=FakeAnswerer(RETURNS_ANSWER)).says("bye", "goodbye")

    assert conversation.decisions == [("AnswerFaq", "", "faq")]


def test_suggestions_are_at_most_three_buttons_that_answer_when_pressed() -> None:
    entries = tuple((f"e{i}", f"Question {i}?") for i in range(4)) + (("returns", "?"),)
    conversation = given(answerer=FakeAnswerer(Suggestions(entries[::-1]))).says("how?", "ask_help")

    buttons = conversation.of_type(BotUttered)[0].buttons
    assert buttons[0] == Button("?", '/action_answer_faq{"entry_id": "returns"}')
    assert len(buttons) == 3

    conversation.when("?", payload=buttons[0].payload)
    assert conversation.replies == [RETURNS_ANSWER.passage]
    assert conversation.decisions == [("AnswerFaq", "returns", "button")]


def test_a_suggestion_that_is_gone_asks_for_other_words() -> None:
    conversation = given().when("?", payload='/action_answer_faq{"entry_id": "gone"}')

    assert conversation.executed == ["action_default_ask_rephrase"]


def test_a_suggestion_without_an_entry_asks_for_other_words() -> None:
    assert given().when("/action_answer_faq").executed == ["action_default_ask_rephrase"]


def test_suggestions_of_nothing_are_no_answer() -> None:
    conversation = given(answerer=FakeAnswerer(Suggestions(()))).says("how?", "ask_help")

    assert conversation.executed == ["action_default_ask_rephrase"]


def test_when_the_faq_has_nothing_the_reasons_say_so() -> None:
    conversation = given(answerer=FakeAnswerer(NoAnswer("too far"))).when("blue cheese")

    assert [decision for decision, *_ in conversation.decisions] == ["AnswerFaq", "Fallback"]
    assert "the FAQ has no answer: too far" in conversation.of_type(DecisionMade)[1].reasons


def test_a_broken_search_is_an_apology_and_a_visible_event() -> None:
    conversation = given(answerer=FakeAnswerer(is_broken=True)).says("how?", "ask_help")

    assert conversation.of_type(ActionFailed)[0].error == "the index is gone"
    assert len(conversation.replies) == 1


def test_the_bots_own_rule_for_the_fallback_is_tried_after_the_faq() -> None:
    own = rule("own", said(FALLBACK_INTENT), does("utter_stopped"), does("utter_goodbye"))

    answered = with_rules(own, answerer=FakeAnswerer(RETURNS_ANSWER)).when("hm")
    unanswered = with_rules(own).when("hm")

    assert answered.replies == [RETURNS_ANSWER.passage]
    assert unanswered.replies == ["Stopped.", "Bye!"]


def test_the_bots_own_story_for_the_fallback_is_tried_after_the_faq() -> None:
    own = story("own", said(FALLBACK_INTENT), does("utter_stopped"))

    assert with_stories(own).when("hm").replies == ["Stopped."]


def test_a_rule_may_stay_silent_when_nothing_is_found() -> None:
    conversation = with_rules(rule("own", said(FALLBACK_INTENT), does("action_listen"))).when("hm")

    assert conversation.executed == []
    assert conversation.replies == []


def test_the_bots_own_fallback_also_answers_when_the_interpreter_fails() -> None:
    own = rule("own", said(FALLBACK_INTENT), does("utter_stopped"))

    assert with_rules(own, interpreter=FakeInterpreter(is_broken=True)).when("hi").replies == ["Stopped."]


def test_a_question_is_looked_up_with_what_was_said_before() -> None:
    answerer = FakeAnswerer(RETURNS_ANSWER)

    given(answerer=answerer).says("how long do i have", FALLBACK_INTENT).when("and for sale items")

    assert answerer.asked == ["how long do i have", "and for sale items"]
    assert answerer.said_before == [(), (RETURNS_ANSWER.passage, "how long do i have")]


def test_nothing_is_looked_up_when_nothing_was_asked() -> None:
    own = gives(Restarted(), FollowupActionSet("action_answer_faq"))
    conversation = given(actions={"action_restart": own}, answerer=FakeAnswerer(RETURNS_ANSWER))

    assert conversation.when("/restart").executed == ["action_restart", "action_default_ask_rephrase"]


def test_a_rule_may_send_what_was_not_understood_back_to_its_form() -> None:
    own = rule("own", said(FALLBACK_INTENT), does("return_form"))
    conversation = with_rules(own).says("return", "return_item").when("hm")

    assert conversation.executed == ["return_form"]
    assert conversation.replies == ["Which order?"]


def test_a_button_without_rule_is_not_looked_up() -> None:
    conversation = given(answerer=FakeAnswerer(RETURNS_ANSWER)).when("Bye", payload="/goodbye")

    assert conversation.decisions[0][0] == "Fallback"


# --- two-stage fallback ----------------------------------------


def test_first_the_bot_offers_what_may_have_been_meant() -> None:
    understood = not_understood("hm", "inform", "track_order", "return_item", "goodbye")
    conversation = given().when("hm", understood)

    assert conversation.executed == ["action_default_ask_affirmation"]
    assert conversation.of_type(BotUttered)[0].buttons == (
        Button("Track my order", "/track_order"),
        Button("Return an item", "/return_item"),
        Button("None of these", "/out_of_scope"),
    )


def test_an_offer_keeps_the_entities_of_the_message() -> None:
    understood = parsed("hm FH-1", FALLBACK_INTENT, ("order_number", "FH-1"), ranking=["track_order"])
    conversation = given(actions=TRACK).when("hm FH-1", understood)
    button = conversation.of_type(BotUttered)[0].buttons[0]

    conversation.when(button.title, payload=button.payload)

    assert button.payload == '/track_order{"order_number": "FH-1"}'
    assert conversation.replies == ["On its way."]


def test_none_of_these_asks_for_other_words() -> None:
    conversation = given().when("hm").when("None of these", payload="/out_of_scope")

    assert conversation.executed == ["action_default_ask_rephrase"]
    assert conversation.decisions == [("Fallback", "ask_rephrase", "fallback")]


def test_out_of_scope_is_for_the_bots_own_rule_unless_the_bot_has_just_asked() -> None:
    own = rule("own", said("out_of_scope"), does("utter_stopped"))

    assert with_rules(own).when("/out_of_scope").replies == ["Stopped."]
    assert with_rules(own).when("hm").when("/out_of_scope").executed == ["action_default_ask_rephrase"]


def test_after_two_steps_the_bot_gives_up_and_offers_a_person() -> None:
    conversation = given().when("hm").when("hmm").when("hmmm")

    assert conversation.executed == ["action_default_fallback"]
    assert conversation.of_type(BotUttered)[0].buttons == (
        Button("Talk to a person", "/action_request_handoff"),
    )
    assert conversation.of_type(UserUtteranceReverted) == [UserUtteranceReverted()]


def test_after_giving_up_it_begins_again() -> None:
    conversation = given().when("hm").when("hmm").when("hmmm").when("hm again")

    assert conversation.executed == ["action_default_ask_affirmation"]


def test_being_understood_in_between_begins_again() -> None:
    conversation = given().when("hm").says("hi", "greet").when("hmm")

    assert conversation.executed == ["action_default_ask_affirmation"]


def test_without_anything_to_offer_the_bot_asks_for_other_words() -> None:
    conversation = given(script=make_bot(intent_titles={})).when("hm")

    assert conversation.executed == ["action_default_ask_rephrase"]


def test_a_failed_interpreter_asks_for_other_words_and_is_visible() -> None:
    conversation = given(interpreter=FakeInterpreter(is_broken=True)).when("hello")

    assert conversation.of_type(ActionFailed)[0].error == "the model is not loaded"
    assert conversation.executed == ["action_default_ask_rephrase"]


def test_a_bot_may_say_the_steps_in_its_own_words() -> None:
    responses = {
        **make_domain().responses,
        "utter_ask_affirmation": (ResponseVariation("Which?"),),
        "utter_ask_rephrase": (ResponseVariation("Again?"),),
        "utter_default": (ResponseVariation("No idea.", buttons=(("Ring us", "/greet"),)),),
    }
    conversation = given(script=make_bot(domain=make_domain(responses=responses)))

    assert conversation.when("a").replies == ["Which?"]
    assert conversation.when("b").replies == ["Again?"]
    assert conversation.when("c").replies == ["No idea."]
    assert conversation.of_type(BotUttered)[0].buttons == (Button("Ring us", "/greet"),)


def test_a_bot_may_have_its_own_action_for_a_step() -> None:
    conversation = given(actions={"action_default_ask_affirmation": gives(BotUttered("Mine"))}).when("hm")

    assert conversation.replies == ["Mine"]


@pytest.mark.parametrize(
    ("action", "executed"),
    [
        ("action_two_stage_fallback", "action_default_ask_affirmation"),
        ("action_default_ask_affirmation", "action_default_ask_affirmation"),
        ("action_default_ask_rephrase", "action_default_ask_rephrase"),
        ("action_default_fallback", "action_default_fallback"),
    ],
)
def test_a_rule_may_name_a_step(action: str, executed: str) -> None:
    conversation = with_rules(rule("own", said(FALLBACK_INTENT), does(action)))

    assert conversation.when("hm").executed == [executed]


# --- total ----------------------------------------


def test_there_is_a_decision_even_for_an_empty_conversation() -> None:
    assert decide(empty_tracker("c1"), make_bot(rules=())).decision == Stay()


def test_a_response_that_the_bot_lacks_is_an_apology_not_silence() -> None:
    conversation = with_rules(rule("bye", said("goodbye"), does("utter_nothing"))).says("bye", "goodbye")

    assert "utter_nothing" in conversation.of_type(ActionFailed)[0].error
    assert len(conversation.replies) == 1


def test_slots_that_rules_cannot_see_do_not_matter() -> None:
    slots = {**make_domain().slots, "note": SlotDefinition("note", "any")}
    bye = rule("bye", said("goodbye"), does("utter_goodbye"), conditions=(slot("note", "x"),))

    script = make_bot(domain=make_domain(slots=slots), rules=[bye])

    assert given(script=script).says("bye", "goodbye").replies == ["Bye!"]
