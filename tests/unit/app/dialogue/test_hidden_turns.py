"""Which turns only rules know: hidden from stories, as Rasa finds out by telling it the stories."""

import pytest

from app.dialogue.events import ActionExecuted, BotUttered, FollowupActionSet
from app.dialogue.policy_settings import PolicySettings
from app.dialogue.rule_book import make_rule_book
from app.dialogue.rule_keys import key_length
from app.dialogue.states import TurnState
from app.dialogue.stories import Rule, Story
from tests.fakes_dialogue import (
    RULES,
    Conversation,
    does,
    given,
    gives,
    loop,
    make_bot,
    make_domain,
    rule,
    said,
    slot,
    story,
)

RETURNS = story(
    "return",
    said("return_item"),
    does("return_form"),
    loop("return_form"),
    loop(None),
    does("utter_returned"),
)
DETOUR = story(
    "return with a detour",
    said("return_item"),
    does("return_form"),
    loop("return_form"),
    said("greet"),
    does("utter_greet"),
    does("return_form"),
    loop(None),
    does("utter_returned"),
)


def plain(*stories: Story, rules: tuple[Rule, ...] = RULES) -> Conversation:
    return given(script=make_bot(rules=rules, stories=stories, settings=PolicySettings()))


def hidden(conversation: Conversation) -> list[tuple[str, bool]]:
    return [
        (event.action, event.hide_rule_turn)
        for event in conversation.of_type(ActionExecuted)
        if event.action != "action_session_start"
    ]


def test_a_form_that_no_story_knows_is_hidden_whenever_it_runs_by_itself() -> None:
    conversation = plain().says("return", "return_item")

    assert hidden(conversation)[1:] == [("return_form", True), ("action_listen", True)]
    assert hidden(conversation.says("FH-1", "inform", ("order_number", "FH-1"))) == [
        ("return_form", True),
        ("action_listen", True),
    ]


def test_a_form_is_seen_as_far_as_a_story_goes_through_it() -> None:
    conversation = plain(DETOUR).says("return", "return_item")

    assert hidden(conversation)[1:] == [("return_form", False), ("action_listen", False)]
    assert hidden(conversation.says("hello", "greet")) == [
        ("utter_greet", False),
        ("return_form", False),
        ("action_listen", False),
    ]


@pytest.mark.parametrize(
    ("stories", "is_hidden"),
    [((), True), ((story("again", said("restart"), does("action_restart")),), False)],
)
def test_an_intent_that_every_bot_knows_is_seen_if_a_story_has_it(
    stories: tuple[Story, ...], is_hidden: bool
) -> None:
    assert hidden(plain(*stories).when("/restart"))[1] == ("action_restart", is_hidden)


def test_what_a_story_seems_to_say_by_a_less_specific_rule_is_hidden() -> None:
    general = rule("greet", said("greet"), does("utter_greet"))
    special = rule("greet again", said("greet"), does("utter_greet"), conditions=(slot("order_number", "x"),))
    told = story("hello", said("greet"), does("utter_greet"))

    book = make_rule_book([general, special], [told], make_domain())

    assert {item.rule.name for item in book.moments if item.is_rule_only} == {"greet again"}


def test_without_the_check_for_contradictions_nothing_is_hidden() -> None:
    book = make_rule_book(RULES, [], make_domain(), hides_turns=False)

    assert not any(item.is_rule_only for item in book.moments)
    assert not book.hides_intent("restart")
    assert not book.hides_loop("return_form", after_loop=True)


def test_a_form_in_a_hidden_turn_leaves_the_stories_where_they_were() -> None:
    """The bot has heard of the form in rules only: the story goes on as if it had not been there."""
    told = story(
        "track twice", said("track_order"), does("action_track"), said("deny"), does("utter_goodbye")
    )
    domain = make_domain(forms=make_domain().forms)
    conversation = plain(told, rules=RULES[4:])
    conversation.actions.actions["action_track"] = lambda _: []
    conversation.says("where is it?", "track_order").says("return", "return_item").says("stop", "stop")

    assert domain.forms
    assert conversation.says("no", "deny").replies == ["Bye!"]


def test_a_rule_goes_before_another_by_the_length_of_its_key() -> None:
    plain_state = TurnState("action_listen", "greet")

    assert key_length([plain_state]) == len(
        '[{"prev_action": {"action_name": "action_listen"}, "user": {"intent": "greet"}}]'
    )
    assert key_length([TurnState("action_listen", "greet", slots={"s": ()})]) == len(
        '[{"prev_action": {"action_name": "action_listen"}, "slots": {"s": "should_not_be_set"},'
        ' "user": {"intent": "greet"}}]'
    )
    assert key_length([TurnState("action_listen", "greet", active_loop="")]) == len(
        '[{"active_loop": {"name": "should_not_be_set"}, "prev_action": {"action_name": "action_listen"},'
        ' "user": {"intent": "greet"}}]'
    )


def test_with_comfort_no_story_goes_on_behind_what_a_hidden_turn_asked_for() -> None:
    rules = (rule("go on", said("inform"), does("action_track")),)
    stories = (story("a yes", said("affirm"), does("utter_goodbye")),)
    conversation = given(
        script=make_bot(rules=rules, stories=stories, settings=PolicySettings(has_comfort=True)),
        actions={
            "action_track": gives(FollowupActionSet("action_return")),
            "action_return": gives(BotUttered("Done.")),
        },
    )
    conversation.says("yes", "affirm")

    assert conversation.says("it is 7", "inform").replies == ["Done."]
