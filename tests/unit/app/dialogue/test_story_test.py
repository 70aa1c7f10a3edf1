from __future__ import annotations

from dataclasses import replace

import pytest

from app.dialogue.domain import IntentDefinition, ResponseVariation
from app.dialogue.payload import parse_payload
from app.dialogue.script import BotScript
from app.dialogue.stories import ActionStep, BotStep, IntentStep, SlotStep, Step
from app.dialogue.story_test import FedStep, JudgedAction, JudgedUtterance, Prediction
from app.dialogue.tracker import Tracker
from tests.fakes_dialogue import (
    RULES,
    does,
    loop,
    make_bot,
    make_domain,
    not_understood,
    parsed,
    rule,
    said,
    slot,
    story,
)
from tests.fakes_story_test import judged, words, wrong

HELLO = words("hello", "greet")
NUMBERED = (rule("numbered", said("inform"), does("utter_greet"), conditions=(slot("order_number", "x"),)),)


def utterances(*steps: Step, **options: object) -> list[JudgedUtterance]:
    found = judged(*steps, **options).steps  # type: ignore[arg-type]  # options of `judged`
    return [step for step in found if isinstance(step, JudgedUtterance)]


def test_a_story_that_goes_as_predicted_is_correct_and_the_bot_listens_after_each_turn() -> None:
    found = judged(HELLO, does("utter_greet"), words("bye", "goodbye"))

    actions = [step for step in found.steps if isinstance(step, JudgedAction)]
    assert [(step.expected, step.is_right, step.policy) for step in actions[:2]] == [
        ("utter_greet", True, "RulePolicy"),
        ("action_listen", True, "RulePolicy"),
    ]
    assert [(step.step is None) for step in actions] == [False, True, True]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([HELLO, does("utter_goodbye")], [("utter_goodbye", "utter_greet")]),
        ([HELLO], [("action_listen", "utter_greet")]),
        ([HELLO, does("utter_greet"), does("utter_goodbye")], [("utter_goodbye", "action_listen")]),
        ([HELLO, HELLO, does("utter_greet")], [("action_listen", "utter_greet")]),
        ([HELLO, does("action_listen"), HELLO, does("utter_greet")], [("action_listen", "utter_greet")]),
    ],
    ids=["other action", "missing action", "extra action", "two utterances", "written listen"],
)
def test_every_wrong_prediction_is_found(steps: list[Step], expected: list[tuple[str, str]]) -> None:
    assert wrong(judged(*steps)) == expected


def test_a_wrong_step_spoils_no_later_step_because_the_expected_events_are_fed() -> None:
    found = judged(
        words("return it", "return_item"),
        does("utter_greet"),
        loop("return_form"),
        words("stop", "stop"),
        does("action_deactivate_loop"),
        loop(None),
        does("utter_stopped"),
    )

    assert wrong(found) == [("utter_greet", "return_form")]


def test_no_action_runs_so_what_an_action_would_set_must_stand_in_the_story() -> None:
    known = rule("known", said("inform"), does("utter_greet"), conditions=(slot("confirmed", True),))
    script = make_bot(rules=(*RULES, known))
    start = (words("where is it", "track_order"), does("action_track"))
    end = (words("here", "inform"), does("utter_greet"))

    assert judged(*start, SlotStep("confirmed", value=True), *end, script=script).is_correct
    assert not judged(*start, *end, script=script).is_correct


def test_a_form_is_taken_to_reject_where_the_story_expects_something_else() -> None:
    found = judged(
        words("return it", "return_item"),
        does("return_form"),
        loop("return_form"),
        words("how long?", "ask_help"),
        does("action_answer_faq"),
        does("return_form"),
        words("12", "inform"),
        does("return_form"),
        loop(None),
        does("utter_returned"),
    )

    assert wrong(found) == []
    pretences = [step.pretence for step in found.steps if isinstance(step, JudgedAction) and step.pretence]
    assert pretences == ["the form rejected"]


def test_a_form_that_should_have_rejected_but_nothing_else_answers_is_wrong() -> None:
    found = judged(
        words("return it", "return_item"),
        does("return_form"),
        loop("return_form"),
        words("hello", "inform"),
        does("utter_goodbye"),
    )

    assert [expected for expected, _ in wrong(found)][0] == "utter_goodbye"


def test_the_faq_is_taken_to_have_no_answer_where_the_story_expects_the_fallback() -> None:
    text = "qwertz"
    step = words(text, "nlu_fallback")
    for expected in ("action_answer_faq", "action_default_ask_affirmation"):
        found = judged(step, does(expected), heard={text: not_understood(text)})

        assert wrong(found) == []


def test_the_story_goes_on_with_the_expected_intent_where_another_was_understood() -> None:
    found = judged(HELLO, does("utter_greet"), heard={"hello": parsed("hello", "goodbye")})

    assert not found.is_correct
    assert wrong(found) == []
    assert [(u.got_intent, u.is_intent_right) for u in found.steps if isinstance(u, JudgedUtterance)] == [
        ("goodbye", False)
    ]


def test_the_story_goes_on_with_the_entities_that_it_marks() -> None:
    step = words("it is 12", "inform", ("order_number", "12"))

    found = judged(
        step,
        does("utter_greet"),
        script=make_bot(rules=NUMBERED),
        heard={"it is 12": parsed("it is 12", "inform")},
    )

    assert wrong(found) == []
    assert not found.is_correct


@pytest.mark.parametrize(
    ("heard", "is_right"),
    [
        ([("order_number", "12")], True),
        ([], False),
        ([("product", "12")], False),
        ([("order_number", "is 12")], False),
        ([("order_number", "12", "new")], True),
        ([("order_number", "12"), ("order_number", "12")], True),
        ([("order_number", "12"), ("product", "it")], False),
    ],
    ids=["same", "missing", "other entity", "other place", "other role", "twice", "one more"],
)
def test_entities_must_have_place_name_and_value(heard: list[tuple[str, str]], is_right: bool) -> None:
    step = words("it is 12", "inform", ("order_number", "12"))

    (found,) = utterances(step, heard={"it is 12": parsed("it is 12", "inform", *heard)})

    assert found.are_entities_right is is_right


def test_another_value_of_the_same_words_is_wrong() -> None:
    heard = parsed("size 12", "inform", ("order_number", "12"))
    (entity,) = heard.entities
    heard = replace(heard, entities=(replace(entity, value="twelve"),))

    (found,) = utterances(words("size 12", "inform", ("order_number", "12")), heard={"size 12": heard})

    assert not found.are_entities_right


def retrieval_bot() -> BotScript:
    domain = make_domain(
        intents=dict(make_domain().intents) | {"faq": IntentDefinition("faq", is_retrieval=True)},
        responses={
            "utter_faq/hours": (ResponseVariation("Always."),),
            "utter_greet": (ResponseVariation("Hello!"),),
        },
    )
    return make_bot(domain=domain, rules=(rule("faq", said("faq"), does("utter_faq")),))


@pytest.mark.parametrize("intent", ["faq", "faq/hours"])
@pytest.mark.parametrize("action", ["utter_faq", "utter_faq/hours"])
def test_a_retrieval_intent_goes_by_its_base_or_its_full_name(intent: str, action: str) -> None:
    heard = {"when?": parsed("when?", "faq/hours")}

    found = judged(words("when?", intent), does(action), script=retrieval_bot(), heard=heard)

    assert found.is_correct


def test_another_retrieval_intent_of_the_same_base_is_wrong_if_the_story_names_one() -> None:
    heard = {"when?": parsed("when?", "faq/returns")}

    (found,) = utterances(words("when?", "faq/hours"), script=retrieval_bot(), heard=heard)

    assert (found.got_intent, found.is_intent_right) == ("faq/returns", False)


def test_a_payload_needs_no_marks() -> None:
    text = '/inform{"order_number": "12"}'
    payload = parse_payload(text, make_domain())
    assert payload is not None

    found = judged(
        IntentStep("inform", text=text),
        does("utter_greet"),
        script=make_bot(rules=NUMBERED),
        heard={text: payload},
    )

    assert found.is_correct


def test_a_step_without_words_is_taken_as_it_is() -> None:
    found = judged(said("greet"), does("utter_greet"))

    assert found.is_correct
    assert [step.heard for step in found.steps if isinstance(step, JudgedUtterance)] == [None]


def test_words_without_an_intent_are_taken_as_they_are_understood() -> None:
    heard = {"hello": parsed("hello", "greet", ("product", "hello"))}

    assert judged(IntentStep("", text="hello"), does("utter_greet"), heard=heard).is_correct


@pytest.mark.parametrize(
    ("steps", "is_correct"),
    [
        ([HELLO, BotStep("Hello!")], True),
        ([HELLO, BotStep("Good day!")], False),
        ([HELLO, does("utter_greet"), BotStep("whatever it said")], True),
    ],
    ids=["the text of the response", "another text", "words of the action before"],
)
def test_words_of_the_bot_stand_for_the_response_that_says_them(steps: list[Step], is_correct: bool) -> None:
    assert judged(*steps).is_correct is is_correct


def test_a_slot_without_a_value_is_set_to_something() -> None:

    found = judged(
        SlotStep("order_number", is_any=True),
        words("here", "inform"),
        does("utter_greet"),
        script=make_bot(rules=NUMBERED),
    )

    assert found.is_correct


@pytest.mark.parametrize("first", [does("utter_goodbye"), BotStep("Welcome to our shop.")])
def test_what_the_bot_does_before_the_first_message_is_taken_as_given(first: Step) -> None:
    found = judged(first, HELLO, does("utter_greet"))

    assert found.steps[0] == FedStep(first)  # type: ignore[arg-type]  # the two kinds above
    assert found.is_correct


def test_a_session_start_is_not_predicted() -> None:
    assert judged(does("action_session_start"), HELLO, does("utter_greet")).is_correct


def test_an_unlikely_intent_is_a_warning_if_the_story_goes_on_as_predicted() -> None:
    def doubtful(tracker: Tracker, _: BotScript) -> Prediction:
        actions = {"action_listen": "action_unlikely_intent", "action_unlikely_intent": "utter_greet"}
        return Prediction(actions.get(tracker.latest_action or "", "action_listen"), "doubt")

    found = judged(HELLO, does("utter_greet"), predict_next=doubtful)
    expected = judged(HELLO, does("action_unlikely_intent"), does("utter_greet"), predict_next=doubtful)

    assert (found.is_correct, found.has_warnings) == (True, True)
    assert (expected.is_correct, expected.has_warnings) == (True, False)


def test_turns_of_rules_are_hidden_from_stories_as_when_they_happen() -> None:
    stories = [
        story("yes", said("track_order"), does("action_track"), said("affirm"), does("utter_goodbye")),
    ]
    script = make_bot(stories=stories)

    found = judged(
        words("where?", "track_order"),
        does("action_track"),
        HELLO,
        ActionStep("utter_greet"),
        words("yes", "affirm"),
        does("utter_goodbye"),
        script=script,
    )

    assert wrong(found) == []


@pytest.mark.parametrize(("intent", "action"), [("restart", "action_restart"), ("back", "action_back")])
def test_what_was_taken_back_is_not_known_any_more(intent: str, action: str) -> None:
    script = make_bot(rules=(*NUMBERED, rule("unknown", said("inform"), does("utter_goodbye"))))

    found = judged(
        words("it is x", "inform"),
        slot("order_number", "x"),
        does("utter_greet"),
        words(f"/{intent}", intent),
        does(action),
        words("what is it", "inform"),
        does("utter_goodbye"),
        script=script,
    )

    assert wrong(found) == []
