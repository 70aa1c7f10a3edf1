from __future__ import annotations

import json

from app.bot.story_report import differences, make_report
from app.dialogue.payload import parse_payload
from app.dialogue.stories import IntentStep, SlotStep
from tests.fakes_dialogue import does, make_domain, parsed
from tests.fakes_story_test import judged, words

HELLO = words("hello", "greet", line=5)
NUMBER = words("it is 12", "track_order", ("order_number", "12"), line=8)
RIGHT = judged(HELLO, does("utter_greet"))
WRONG = judged(
    HELLO,
    does("utter_goodbye"),
    NUMBER,
    does("action_track"),
    heard={
        "hello": parsed("hello", "goodbye"),
        "it is 12": parsed("it is 12", "track_order", ("product", "12")),
    },
)


def test_correct_and_failed_stories_are_told_apart() -> None:
    report = make_report([RIGHT, WRONG])

    assert (report.correct, report.failed, report.with_warnings) == ((RIGHT,), (WRONG,), ())
    assert report.story_json()["conversation_accuracy"] == {
        "accuracy": 0.5,
        "correct": 1,
        "with_warnings": 0,
        "total": 2,
    }


def test_actions_are_counted_one_by_one() -> None:
    report = make_report([RIGHT, WRONG]).actions

    assert (report.num_right, report.num_items) == (5, 6)
    assert report.to_json()["utter_greet"] == {
        "precision": 0.5,
        "recall": 1.0,
        "f1-score": 2 / 3,
        "support": 1,
    }
    assert report.to_json()["accuracy"] == 5 / 6
    assert report.matrix_json() == {
        "labels": ["action_listen", "action_track", "utter_goodbye", "utter_greet"],
        "matrix": [[3, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 1]],
    }


def test_intents_and_entities_are_those_of_the_annotated_words() -> None:
    report = make_report([RIGHT, WRONG])

    assert (report.intents.num_right, report.intents.num_items) == (2, 3)
    assert report.entities.to_json()["order_number"]["recall"] == 0.0
    assert report.entities.to_json()["product"]["support"] == 0
    assert report.intent_errors_json() == [
        {
            "text": "hello",
            "source": "tests/test_stories.yml:5",
            "intent": "greet",
            "intent_prediction": {"name": "goodbye", "confidence": 0.9},
        }
    ]


def test_payloads_say_nothing_about_understanding() -> None:
    payload = parse_payload("/greet", make_domain())
    assert payload is not None

    report = make_report([judged(IntentStep("greet", text="/greet"), heard={"/greet": payload})])

    assert report.intents.num_items == 0


def test_differences_name_place_expected_and_got() -> None:
    found = [tuple(difference.values()) for difference in differences(WRONG)]

    assert found == [
        ("tests/test_stories.yml:5", "intent", "greet", "goodbye"),
        ("", "action", "utter_goodbye", "utter_greet"),
        ("tests/test_stories.yml:8", "entities", "order_number=12 [6:8]", "product=12 [6:8]"),
    ]


def test_a_step_that_is_left_out_has_the_place_of_the_step_before() -> None:
    steps = (HELLO, SlotStep("order_number", "12", source="tests/test_stories.yml:7"))

    (found,) = differences(judged(*steps))

    assert (found["source"], found["expected"]) == ("tests/test_stories.yml:7", "action_listen")


def test_the_summary_is_json_and_says_how_stories_were_judged() -> None:
    summary = json.loads(json.dumps(make_report([RIGHT, WRONG]).summary_json()))

    assert "rasa test" in summary["judged"]
    assert (summary["num_stories"], summary["num_correct"], summary["num_actions"]) == (2, 1, 6)
    assert [failed["story"] for failed in summary["failed"]] == ["A test"]
    assert len(summary["failed"][0]["differences"]) == 3


def test_no_stories_are_a_report_without_failures() -> None:
    report = make_report([])

    assert (report.failed, report.actions.accuracy) == ((), 1.0)
    assert report.story_json()["conversation_accuracy"]["accuracy"] == 0.0
