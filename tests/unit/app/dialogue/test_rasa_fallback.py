"""A bot without comfort does what Rasa does when it does not know on, or did not understand."""

from typing import Any

import pytest

from app.dialogue.domain import ResponseVariation
from app.dialogue.events import (
    ActionExecuted,
    ActiveLoopChanged,
    BotUttered,
    Button,
    FollowupActionSet,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from app.dialogue.history import applied
from app.dialogue.policy_settings import PolicySettings
from nlu.types import FALLBACK_INTENT
from tests.fakes_dialogue import (
    CONVERSATION,
    RULES,
    Conversation,
    does,
    given,
    gives,
    loop,
    make_bot,
    make_domain,
    not_understood,
    parsed,
    rule,
    said,
)

DEFAULT = {"utter_default": (ResponseVariation("No idea."),)}
TWO_STAGE = rule(
    "two stages",
    said(FALLBACK_INTENT),
    does("action_two_stage_fallback"),
    loop("action_two_stage_fallback"),
)


def plain(
    *rules: Any, responses: Any = None, settings: PolicySettings | None = None, **parts: Any
) -> Conversation:
    domain = make_domain(responses={**make_domain().responses, **(responses or {})})
    script = make_bot(domain=domain, rules=(*rules, *RULES), settings=settings or PolicySettings())
    return given(script=script, **parts)


# --- the default fallback ----------------------------------------


def test_without_rule_or_story_the_message_is_taken_back() -> None:
    conversation = plain(responses=DEFAULT).says("bye", "goodbye")

    assert conversation.replies == ["No idea."]
    assert conversation.executed == ["action_default_fallback"]
    assert conversation.of_type(UserUtteranceReverted) == [UserUtteranceReverted()]
    assert conversation.tracker.latest_message is None


def test_the_fallback_has_the_threshold_as_confidence_and_then_the_bot_listens() -> None:
    conversation = plain().says("bye", "goodbye")

    fallback, listen = conversation.of_type(ActionExecuted)[-2:]
    assert (fallback.action, fallback.policy, fallback.confidence) == (
        "action_default_fallback",
        "RulePolicy",
        0.3,
    )
    assert listen.action == "action_listen"


def test_a_bot_without_utter_default_is_silent() -> None:
    assert plain().says("bye", "goodbye").replies == []


def test_a_message_that_is_not_understood_is_an_intent_like_any_other() -> None:
    own = rule("own", said(FALLBACK_INTENT), does("utter_stopped"))

    assert plain(own).when("hm").replies == ["Stopped."]
    assert plain(responses=DEFAULT).when("hm").replies == ["No idea."]


def test_the_fallback_takes_the_message_back_inside_a_form_too() -> None:
    conversation = plain(responses=DEFAULT).says("return", "return_item").says("bye", "goodbye")

    assert conversation.replies == ["No idea."]
    assert conversation.tracker.active_loop == "return_form"
    assert not conversation.tracker.is_loop_rejected
    assert conversation.says("FH-1", "inform", ("order_number", "FH-1")).replies == ["Why?"]


def test_a_followup_after_the_taking_back_comes_next() -> None:
    actions = {"action_default_fallback": gives(UserUtteranceReverted(), FollowupActionSet("utter_goodbye"))}

    conversation = plain(actions=actions).says("bye", "goodbye")

    assert conversation.executed[:2] == ["action_default_fallback", "utter_goodbye"]


def test_a_bot_may_have_another_fallback_action() -> None:
    settings = PolicySettings(core_fallback_action="utter_goodbye", core_fallback_threshold=0.5)

    conversation = plain(settings=settings).says("bye", "goodbye")

    assert conversation.executed == ["utter_goodbye"]
    assert conversation.of_type(ActionExecuted)[-2].confidence == 0.5


@pytest.mark.parametrize(
    "settings",
    [PolicySettings(predicts_fallback=False), PolicySettings(policies=frozenset({"MemoizationPolicy"}))],
    ids=["switched off", "no rule policy"],
)
def test_a_bot_may_have_no_fallback(settings: PolicySettings) -> None:
    assert plain(settings=settings).says("bye", "goodbye").executed == []


@pytest.mark.parametrize("message", ["/restart", "/back"])
def test_default_intents_are_answered_in_silence(message: str) -> None:
    assert plain().says("hi", "greet").when(message).replies == []


# --- the two-stage fallback ----------------------------------------


def hears(text: str, *ranking: str) -> Any:
    return not_understood(text, *(ranking or ("greet",)))


def test_the_loop_asks_for_the_likeliest_intent() -> None:
    conversation = plain(TWO_STAGE).when("hm", hears("hm", "greet", "track_order"))

    assert conversation.executed == ["action_two_stage_fallback"]
    assert conversation.tracker.active_loop == "action_two_stage_fallback"
    assert conversation.of_type(BotUttered) == [
        BotUttered("Did you mean 'greet'?", buttons=(Button("Yes", "/greet"), Button("No", "/out_of_scope")))
    ]


def test_an_affirmed_intent_counts_as_if_it_had_been_said_at_once() -> None:
    conversation = plain(TWO_STAGE).when("hm", hears("hm")).when("Yes", payload="/greet")

    assert conversation.executed == ["action_two_stage_fallback", "utter_greet"]
    assert conversation.tracker.active_loop is None
    messages = [e for e in applied(conversation.tracker.events) if isinstance(e, UserUttered)]
    assert [(m.parsed.intent.name, m.parsed.intent.confidence) for m in messages] == [("greet", 1.0)]


def test_after_a_denial_the_bot_asks_for_other_words_and_hears_them() -> None:
    words = {"utter_ask_rephrase": (ResponseVariation("Again?"),)}
    conversation = plain(TWO_STAGE, responses=words, actions={"action_track": gives()})
    conversation.when("hm", hears("hm")).when("No", payload="/out_of_scope")

    assert conversation.replies == ["Again?"]

    conversation.when(
        "where is FH-1", parsed("where is FH-1", "track_order", ("order_number", "FH-1"), confidence=0.8)
    )

    assert conversation.executed == ["action_two_stage_fallback", "action_track"]
    assert conversation.tracker.slots["order_number"] == "FH-1"
    messages = [e for e in applied(conversation.tracker.events) if isinstance(e, UserUttered)]
    assert [message.text for message in messages] == ["where is FH-1"]


def test_the_second_denial_gives_up() -> None:
    conversation = plain(TWO_STAGE, responses=DEFAULT).when("hm", hears("hm"))
    conversation.when("No", payload="/out_of_scope").when("hmm", hears("hmm", "deny"))

    assert conversation.replies == ["Did you mean 'deny'?"]

    conversation.when("No", payload="/out_of_scope")

    assert conversation.replies == ["No idea."]
    assert conversation.tracker.active_loop is None
    assert conversation.when("h", hears("h")).replies == ["Did you mean 'greet'?"]


def test_two_messages_in_a_row_that_are_not_understood_are_enough() -> None:
    conversation = plain(TWO_STAGE, responses=DEFAULT).when("hm", hears("hm")).when("hmm", hears("hmm"))

    assert conversation.replies == ["No idea."]
    assert ActiveLoopChanged(None) in conversation.events


def test_the_bots_own_actions_ask() -> None:
    own = gives(BotUttered("Mine"), SlotSet("reason", "asked"))
    conversation = plain(TWO_STAGE, actions={"action_default_ask_affirmation": own}).when("hm", hears("hm"))

    assert conversation.replies == ["Mine"]
    assert conversation.tracker.slots == {"reason": "asked"}


def test_sending_the_clarified_message_again_gives_the_whole_reply_again() -> None:
    conversation = plain(TWO_STAGE).when("hm", hears("hm")).when("Yes", payload="/greet", message_id="m1")
    first = conversation.last.recorded

    conversation.when("Yes", payload="/greet", message_id="m1")

    assert conversation.last.duplicate
    assert conversation.last.recorded == first


# --- the other built-in actions ----------------------------------------


@pytest.mark.parametrize("action", ["action_send_text", "action_unlikely_intent"])
def test_actions_of_policies_that_are_not_here_do_nothing(action: str) -> None:
    conversation = plain(rule("bye", said("goodbye"), does(action), does("utter_goodbye")))

    assert conversation.says("bye", "goodbye").replies == ["Bye!"]


def test_slots_may_be_extracted_again() -> None:
    forget = gives(SlotSet("order_number", None), FollowupActionSet("action_extract_slots"))
    go_on = rule("on", does("action_extract_slots"), does("utter_goodbye"))
    conversation = plain(go_on, actions={"action_track": forget})

    conversation.says("where is FH-1", "track_order", ("order_number", "FH-1"))

    assert conversation.replies == ["Bye!"]
    assert conversation.tracker.slots["order_number"] == "FH-1"


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        (["action_default_ask_affirmation"], ["hi", "yes"]),
        (["action_default_ask_affirmation", "action_default_ask_rephrase"], ["hi", "yes"]),
        (
            ["action_default_ask_affirmation", "action_default_ask_rephrase"]
            + ["action_default_ask_affirmation"],
            ["hi", "yes"],
        ),
        (["utter_stopped"], ["hi", "utter_stopped", "yes"]),
    ],
    ids=["affirmed", "rephrased", "rephrased and affirmed", "neither"],
)
def test_what_led_to_a_clarified_message_may_be_forgotten(asked: list[str], kept: list[str]) -> None:
    own = rule("yes", said("affirm"), does("action_revert_fallback_events"))
    conversation = plain(own).says("hi", "greet")
    events = [
        event
        for action in asked
        for event in (_message(action), ActionExecuted(action), ActionExecuted("action_listen"))
    ]
    conversation.store.append(CONVERSATION, events, expected_version=conversation.tracker.version)

    conversation.says("yes", "affirm")

    messages = [e for e in applied(conversation.tracker.events) if isinstance(e, UserUttered)]
    assert [message.text for message in messages] == kept


def _message(text: str) -> UserUttered:
    return UserUttered(text, parsed(text, "inform"))
