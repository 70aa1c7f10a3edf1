"""The actions that every bot has, as a customer meets them."""

from app.dialogue.domain import ResponseVariation
from app.dialogue.events import ActionExecuted, ActiveLoopChanged, BotUttered, Restarted, SessionStarted
from tests.fakes_dialogue import RULES, does, given, gives, make_bot, make_domain, rule, said


def test_restart_forgets_and_begins_a_new_session() -> None:
    conversation = given(script=make_bot(welcome="utter_welcome"))
    conversation.says("return FH-1", "return_item", ("order_number", "FH-1")).when("/restart")

    assert conversation.replies == ["Welcome!"]
    assert conversation.executed == ["action_restart"]
    assert conversation.of_type(Restarted) == [Restarted()]
    assert conversation.of_type(SessionStarted) == [SessionStarted()]
    assert (conversation.tracker.slots, conversation.tracker.active_loop) == ({}, None)


def test_restart_says_the_bots_own_words() -> None:
    responses = {**make_domain().responses, "utter_restart": (ResponseVariation("From the top."),)}

    conversation = given(script=make_bot(domain=make_domain(responses=responses))).when("/restart")

    assert conversation.replies == ["From the top."]


def test_a_bot_without_words_for_a_restart_uses_ours() -> None:
    assert given().when("/restart").replies == ["All right, let's start again."]


def test_back_takes_this_message_and_the_one_before_back() -> None:
    conversation = given().says("return", "return_item").says("FH-1", "inform", ("order_number", "FH-1"))

    conversation.when("/back")

    assert conversation.replies == ["All right, let's go back a step."]
    assert conversation.tracker.slots.get("order_number") is None
    assert conversation.tracker.active_loop is None  # what a form was told is part of its one execution


def test_session_start_may_be_asked_for() -> None:
    conversation = given().says("return", "return_item").when("/session_start")

    assert conversation.of_type(SessionStarted) == [SessionStarted()]
    assert conversation.tracker.active_loop is None


def test_deactivate_loop_ends_the_form() -> None:
    conversation = given().says("return", "return_item").says("stop", "stop")

    assert conversation.of_type(ActiveLoopChanged) == [ActiveLoopChanged(None)]


def test_a_rule_may_say_that_the_bot_just_listens() -> None:
    conversation = given(script=make_bot(rules=[rule("quiet", said("goodbye"), does("action_listen"))]))

    assert conversation.says("bye", "goodbye").replies == []
    assert conversation.decisions == []


def test_a_custom_action_takes_the_place_of_a_built_in_one() -> None:
    conversation = given(actions={"action_restart": gives(BotUttered("Mine"))}).when("/restart")

    assert conversation.replies == ["Mine"]


def test_a_custom_action_that_listens_ends_the_turn() -> None:
    both = rule("bye", said("goodbye"), does("action_track"), does("utter_goodbye"))
    actions = {"action_track": gives(ActionExecuted("action_listen"))}

    conversation = given(script=make_bot(rules=[both, *RULES]), actions=actions).says("bye", "goodbye")

    assert conversation.executed == ["action_track"]
    assert conversation.replies == []
