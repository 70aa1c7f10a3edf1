from pathlib import Path

import pytest

from app.bot.loader import load_bot
from app.bot.test_stories import read_test_stories
from app.dialogue.stories import ActionStep, BotStep, IntentStep, SlotStep, StepEntity
from nlu.data.yaml_source import SourceError
from tests.fakes_bot import write_bot

_TESTS = """\
version: "3.1"
stories:
- story: A trip
  steps:
  - user: |
      to [Rome]{"entity": "city", "role": "to"} please
    intent: inform
  - action: trip_form
  - user: /greet
    intent: greet
  - slot_was_set:
    - city: Rome
  - bot: Where to?
"""


def test_test_stories_are_read_without_markup(tmp_path: Path) -> None:
    bot = load_bot(write_bot(tmp_path, tests__test_stories=_TESTS, tests__nlu="nlu: []"))

    (story,) = read_test_stories(bot)

    file = "tests/test_stories.yml"
    entities = (StepEntity("city", "Rome", "to"),)
    assert story.name == "A trip"
    assert story.steps == (
        IntentStep("inform", entities, "to Rome please", f"{file}:5"),
        ActionStep("trip_form", f"{file}:8"),
        IntentStep("greet", (), "/greet", f"{file}:9"),
        SlotStep("city", "Rome", source=f"{file}:12"),
        BotStep("Where to?", f"{file}:13"),
    )


def test_test_files_among_the_data_are_tests_and_not_stories(tmp_path: Path) -> None:
    bot = load_bot(write_bot(tmp_path, data__test_more=_TESTS))

    assert [story.name for story in bot.stories] == ["Book"]
    assert [story.name for story in read_test_stories(bot)] == ["A trip"]


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("- action: trip_form", "- acts: x", r"test_stories\.yml:8: a step: expected one of checkpoint"),
        ("intent: greet\n", "entities: []\n", r"test_stories\.yml:9: end-to-end steps"),
        ('"city", "role', '"city" "role', r"test_stories\.yml:5: expected JSON after"),
    ],
)
def test_a_mistake_in_a_test_story_is_named(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    bot = load_bot(write_bot(tmp_path, tests__test_stories=_TESTS.replace(right, wrong)))

    with pytest.raises(SourceError, match=message):
        read_test_stories(bot)


def test_a_bot_without_tests_has_none(tmp_path: Path) -> None:
    assert read_test_stories(load_bot(write_bot(tmp_path))) == []
