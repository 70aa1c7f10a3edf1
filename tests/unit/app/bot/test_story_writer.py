from __future__ import annotations

import re
from pathlib import Path

from app.bot.loader import load_bot
from app.bot.story_writer import stories_yaml
from app.bot.test_stories import read_test_stories
from app.dialogue.story_test import JudgedStory, Prediction, judge_story
from nlu.types import EntitySpan, IntentPrediction, ParsedUtterance
from tests.fakes_bot import write_bot
from tests.fakes_dialogue import make_bot

_TESTS = """\
version: "3.1"
stories:
- story: "A trip: there # and back"
  steps:
  - action: action_session_start
  - user: |
      to [Rome]{"entity": "city", "role": "to", "value": "ROM"} and [big](size)
    intent: inform
  - action: trip_form
  - active_loop: trip_form
  - slot_was_set:
    - city: "12"
    - vegan: true
    - city
  - user: /inform{"city":"Rome"}
    intent: inform
  - active_loop: null
  - bot: Where to?
  - intent: inform
    entities:
    - size
    - city: Rome
      role: to
    - size: big
  - user: just words
  - action: utter_greet
  - bot: Hello!
"""


def listens(text: str) -> ParsedUtterance:
    spans = (EntitySpan(0, 2, "city", text[:2], text[:2], 0.9),)
    return ParsedUtterance(text, IntentPrediction("greet", 0.9), entities=spans)


def judge(path: Path, action: str) -> list[JudgedStory]:
    bot = load_bot(write_bot(path, tests__test_stories=_TESTS))
    script = make_bot(domain=bot.domain, rules=(), stories=())
    return [
        judge_story(story, script, listens, lambda _, __: Prediction(action))
        for story in read_test_stories(bot)
    ]


def test_what_is_written_is_read_as_the_same_story(tmp_path: Path) -> None:
    (story,) = judge(tmp_path / "a", "action_listen")
    written = stories_yaml([story], empty="none")
    again = load_bot(write_bot(tmp_path / "b", tests__test_stories=written))

    (read,) = read_test_stories(again)

    assert read.name == "A trip: there # and back"
    assert _without_places(read.steps) == _without_places(story.story.steps)


def test_each_wrong_step_has_what_was_predicted_beside_it(tmp_path: Path) -> None:
    lines = stories_yaml(judge(tmp_path, "utter_greet"), empty="none").splitlines()

    assert lines[2] == '- story: "A trip: there # and back"  # tests/test_stories.yml:3'
    assert lines[7:10] == [
        "    intent: inform  # predicted: greet",
        "    # predicted entities: city=to [0:2]",
        "  - action: trip_form  # predicted: utter_greet",
    ]
    assert "  - action: action_listen  # predicted: utter_greet" in lines
    assert "  - action: utter_greet" in lines


def test_an_unlikely_intent_stands_above_the_step(tmp_path: Path) -> None:
    lines = stories_yaml(judge(tmp_path, "action_unlikely_intent"), empty="none").splitlines()

    place = lines.index("  - action: trip_form  # predicted: action_unlikely_intent")
    assert lines[place - 1] == "  # predicted: action_unlikely_intent"


def test_no_stories_are_a_comment() -> None:
    assert stories_yaml([], empty="Every test story is correct.") == "# Every test story is correct.\n"


def _without_places(steps: object) -> str:
    return re.sub(r"tests/test_stories\.yml:\d+", "", repr(steps))
