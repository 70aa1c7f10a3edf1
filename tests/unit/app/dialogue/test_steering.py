from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from app.dialogue.cues import STEERING_PHRASES, normalised
from app.dialogue.domain import IntentDefinition
from app.dialogue.events import BotUttered, DecisionMade, Restarted, SlotSet
from app.dialogue.policy_settings import PolicySettings
from app.dialogue.script import BotScript
from app.dialogue.states import TurnState
from app.dialogue.steering import Steering, steering_phrases
from retrieval.types import NoAnswer
from tests.fakes_dialogue import (
    RETURNS_ANSWER,
    RULES,
    TITLES,
    Conversation,
    FakeAnswerer,
    does,
    given,
    make_bot,
    make_domain,
    not_understood,
    parsed,
    rule,
    said,
)

PLAIN = tuple(item for item in RULES if item.name != "stop return")  # it knows no way out of its form


def plain(**options: Any) -> BotScript:
    return make_bot(rules=PLAIN, **options)


def asked_for_reason(script: BotScript | None = None) -> Conversation:
    """Stand before a question that takes any words."""
    conversation = given(script=script or plain())
    return conversation.says("return", "return_item").says("FH-1", "inform", ("order_number", "FH-1"))


@pytest.mark.parametrize("phrase", [phrase for known in STEERING_PHRASES.values() for phrase in known])
def test_phrases_are_written_as_they_are_compared(phrase: str) -> None:
    assert normalised(phrase) == phrase


@pytest.mark.parametrize("text", ["cancel", "Cancel!", "please cancel", "Never mind...", "stop it, please"])
def test_cancel_ends_a_form_that_takes_any_words(text: str) -> None:
    conversation = asked_for_reason().when(text)

    assert conversation.replies == ["All right, I've stopped that. What else can I do for you?"]
    assert conversation.tracker.active_loop is None
    assert conversation.tracker.slots.get("reason") is None
    assert conversation.tracker.slots["order_number"] == "FH-1"
    assert conversation.says("return", "return_item").replies == ["Why?"]


def test_cancel_without_a_form_says_so() -> None:
    assert given(script=plain()).when("cancel").replies == [
        "There is nothing to stop right now. What can I do for you?"
    ]


def test_start_over_restarts() -> None:
    conversation = asked_for_reason().when("Start over!")

    assert conversation.of_type(Restarted) == [Restarted()]
    assert conversation.replies == ["All right, let's start again."]
    assert (conversation.tracker.active_loop, dict(conversation.tracker.slots)) == (None, {})


@pytest.mark.parametrize("text", ["what did you say?", "Pardon?", "Could you repeat that please?"])
def test_question_of_a_form_is_said_again_once(text: str) -> None:
    conversation = asked_for_reason().when(text)

    assert conversation.replies == ["Why?"]
    assert conversation.tracker.requested_slot == "reason"
    assert conversation.when(text).replies == ["Why?"]
    assert conversation.says("too small", "inform").tracker.slots["reason"] == "too small"


def test_answer_of_the_faq_is_said_again_without_counting_as_one() -> None:
    conversation = given(script=plain(), answerer=FakeAnswerer(RETURNS_ANSWER)).says("returns?", "ask_help")

    (again,) = conversation.when("repeat that").of_type(BotUttered)

    assert (again.text, again.faq) == (RETURNS_ANSWER.passage, None)


def test_nothing_said_yet() -> None:
    assert given(script=plain()).when("what did you say?").replies == [
        "I haven't said anything yet. What can I do for you?"
    ]


def test_agents_read_why() -> None:
    (decision,) = given(script=plain()).when("cancel").of_type(DecisionMade)

    assert (decision.target, decision.policy) == ("action_cancel_form", "steering")
    assert decision.reasons[0] == "the customer wishes to cancel"


# --- what stays the bot's affair ----------------------------------------


def test_own_intent_of_the_bot_goes_first() -> None:
    conversation = asked_for_reason(make_bot()).says("stop", "stop")

    assert conversation.replies == ["Stopped."]


def test_other_intent_of_the_bot_does_not_hide_a_wish() -> None:
    assert asked_for_reason().says("cancel", "greet").executed == ["action_cancel_form"]


def test_words_with_a_value_are_no_wish() -> None:
    conversation = asked_for_reason().says("stop", "inform", ("product", "stop"))

    assert conversation.tracker.slots["reason"] == "stop"


def test_longer_sentence_is_no_wish() -> None:
    conversation = asked_for_reason().says("cancel culture bores me", "inform")

    assert conversation.tracker.slots["reason"] == "cancel culture bores me"


def test_button_is_no_wish() -> None:
    assert given(script=plain()).when("Cancel", payload="/greet").replies == ["Hello!"]


def test_bot_may_switch_wishes_off_and_add_phrases() -> None:
    phrases = steering_phrases(added={"cancel": ["Schluss damit!"]}, without={"say_again"})
    script = replace(plain(), steering=Steering(phrases))

    assert asked_for_reason(script).when("schluss damit").executed == ["action_cancel_form"]
    assert asked_for_reason(script).says("repeat that", "inform").tracker.slots["reason"] == "repeat that"


def test_example_of_the_bot_itself_is_no_wish() -> None:
    phrases = steering_phrases(own_examples={"stop"})

    assert "stop" not in phrases
    assert phrases["cancel"] == "cancel"


# --- intents from outside ----------------------------------------


def test_intent_from_outside_without_a_rule_is_not_answered() -> None:
    domain = make_domain(intents={**make_domain().intents, "EXTERNAL_x": IntentDefinition("EXTERNAL_x")})
    conversation = given(script=plain(domain=domain))

    conversation.last = conversation.manager.trigger_intent("c1", "EXTERNAL_x")

    assert (conversation.replies, conversation.executed) == ([], [])


# --- close intents ----------------------------------------


def close(text: str, first: str, second: str, confidences: tuple[float, float] = (0.46, 0.41)) -> Any:
    understood = not_understood(text, first, second)
    ranking = tuple(
        replace(item, confidence=value) for item, value in zip(understood.ranking, confidences, strict=True)
    )
    return replace(understood, ranking=ranking)


def buttons(conversation: Conversation) -> list[tuple[str, str]]:
    return [
        (button.title, button.payload) for said in conversation.of_type(BotUttered) for button in said.buttons
    ]


def test_bot_asks_which_of_two_close_intents_was_meant_before_the_faq() -> None:
    answerer = FakeAnswerer(RETURNS_ANSWER)
    conversation = given(script=plain(), answerer=answerer)

    conversation.when("my thing", close("my thing", "track_order", "return_item"))

    assert buttons(conversation) == [
        ("Track my order", "/track_order"),
        ("Return an item", "/return_item"),
        ("None of these", "/out_of_scope"),
    ]
    assert answerer.asked == []
    assert conversation.decisions == [("Fallback", "ask_affirmation", "steering")]
    assert conversation.when("Return an item", payload="/return_item").replies == ["Which order?"]


@pytest.mark.parametrize(
    ("first", "second", "confidences"),
    [
        ("track_order", "return_item", (0.7, 0.2)),  # not close
        ("track_order", "return_item", (0.3, 0.29)),  # neither
        ("track_order", "affirm", (0.46, 0.41)),
        ("deny", "return_item", (0.46, 0.41)),
        ("EXTERNAL_x", "return_item", (0.46, 0.41)),
        ("track_order", "inform", (0.46, 0.41)),  # has no title
    ],
)
def test_faq_answers_what_is_not_close(first: str, second: str, confidences: tuple[float, float]) -> None:
    titles = {**TITLES, "affirm": "Affirm", "deny": "Deny", "EXTERNAL_x": "External x"}
    conversation = given(script=plain(intent_titles=titles), answerer=FakeAnswerer(RETURNS_ANSWER))

    conversation.when("my thing", close("my thing", first, second, confidences))

    assert conversation.replies == [RETURNS_ANSWER.passage]


def test_yes_and_no_are_never_offered_by_the_fallback() -> None:
    titles = {**TITLES, "affirm": "Affirm", "deny": "Deny"}
    conversation = given(script=plain(intent_titles=titles), answerer=FakeAnswerer(NoAnswer("nothing")))

    conversation.when("hm", not_understood("hm", "affirm", "deny", "goodbye"))

    assert buttons(conversation)[0] == ("Leave", "/goodbye")


@pytest.mark.parametrize(("wanted", "policy"), [(None, "faq"), (True, "steering"), (False, "faq")])
def test_own_fallback_of_the_bot_goes_first_unless_it_says_otherwise(
    *, wanted: bool | None, policy: str
) -> None:
    own = rule("own", said("nlu_fallback"), does("utter_greet"))
    script = replace(make_bot(rules=[*PLAIN, own]), steering=Steering(asks_when_close=wanted))
    conversation = given(script=script, answerer=FakeAnswerer(RETURNS_ANSWER))

    conversation.when("my thing", close("my thing", "track_order", "return_item"))

    assert [made[2] for made in conversation.decisions] == [policy]


def test_bot_does_not_ask_twice() -> None:
    understood = close("my thing", "track_order", "return_item")
    conversation = given(script=plain()).when("my thing", understood).when("my thing", understood)

    assert conversation.decisions[-1] == ("Fallback", "ask_rephrase", "faq")


class GoingOn:
    """Knows nothing of the message; asked again, it is sure of a greeting."""

    def __init__(self) -> None:
        self.told = iter((0.1, 0.95, 0.1, 0.1))

    def likelihoods(self, _: Sequence[TurnState]) -> dict[str, float]:
        return {"utter_greet": next(self.told)}


def test_stories_do_not_go_on_after_the_question_which_was_meant() -> None:
    settings = PolicySettings(has_comfort=False)
    conversation = given(script=replace(plain(), settings=settings, story_model=GoingOn()))

    conversation.when("my thing", close("my thing", "track_order", "return_item"))

    assert conversation.decisions == [("Fallback", "ask_affirmation", "steering")]


def test_form_is_not_interrupted_by_close_intents() -> None:
    conversation = given(script=plain()).says("return", "return_item")

    conversation.when("my thing", close("my thing", "track_order", "goodbye"))

    assert ("Fallback", "ask_affirmation", "steering") not in conversation.decisions
    assert conversation.of_type(SlotSet)[-1].slot == "requested_slot"


def test_parse_of_tests_is_as_close_as_it_says() -> None:
    assert [item.confidence for item in close("x", "a", "b").ranking] == [0.46, 0.41]
    assert parsed("x", "a").ranking[0].confidence == 0.9
