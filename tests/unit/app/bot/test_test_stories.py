from pathlib import Path

import pytest

from app.bot.loader import load_bot
from app.bot.test_stories import read_test_stories
from app.dialogue.errors import NotFoundError
from app.dialogue.stories import NO_INTENT, ActionStep, BotStep, IntentStep, SlotStep, StepEntity
from nlu.data.problems import Problems
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


@pytest.mark.parametrize("place", ["data__test_more", "test_more", "e2e__more__test_more"])
def test_test_files_are_found_anywhere_in_the_folder(tmp_path: Path, place: str) -> None:
    bot = load_bot(write_bot(tmp_path, **{place: _TESTS}))

    assert [story.name for story in read_test_stories(bot)] == ["A trip"]


@pytest.mark.parametrize(
    "place", ["venv__lib__site-packages__test_x", "results__test_x", ".git__test_x", "e2e__x"]
)
def test_other_files_are_no_tests(tmp_path: Path, place: str) -> None:
    assert read_test_stories(load_bot(write_bot(tmp_path, **{place: _TESTS}))) == []


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("intent: greet\n", "entities: []\n", r"test_stories\.yml:10: .*no intent: unknown key 'entities'"),
        ("- action: trip_form", "- acts: x", r"test_stories\.yml:8: a step: expected one of checkpoint"),
        ('"city", "role', '"city" "role', r"test_stories\.yml:5: expected JSON after"),
    ],
)
def test_a_mistake_in_a_test_story_is_named(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    bot = load_bot(write_bot(tmp_path, tests__test_stories=_TESTS.replace(right, wrong)))

    with pytest.raises(SourceError, match=message):
        read_test_stories(bot)


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        (
            "trip_form",
            "trip",
            "tests/test_stories.yml:8: the story 'A trip': the domain has no action 'trip'",
        ),
        (
            "intent: greet\n",
            "intent: gret\n",
            "tests/test_stories.yml:9: the story 'A trip': the domain has no",
        ),
        (
            "- city: Rome",
            "- town: Rome",
            "tests/test_stories.yml:12: the story 'A trip': the domain has no slot",
        ),
        (
            "- bot: Where to?",
            "- active_loop: trip",
            "tests/test_stories.yml:13: the story 'A trip': the domain has no form 'trip'",
        ),
    ],
)
def test_a_story_with_an_unknown_name_is_named_and_judged(
    tmp_path: Path, right: str, wrong: str, message: str
) -> None:
    bot = load_bot(write_bot(tmp_path, tests__test_stories=_TESTS.replace(right, wrong)))
    problems = Problems()

    (story,) = read_test_stories(bot, problems=problems)

    assert len(story.steps) == 5
    assert [warning for warning in problems.warnings if warning.startswith(message)]


def test_words_say_their_entities_by_markup_alone(tmp_path: Path) -> None:
    listed = _TESTS.replace(
        "    intent: inform\n", "    intent: inform\n    entities: [{city: Oslo}, size]\n"
    )
    bot = load_bot(write_bot(tmp_path, tests__test_stories=listed))

    (story,) = read_test_stories(bot)

    assert isinstance(step := story.steps[0], IntentStep)
    assert step.entities == (StepEntity("city", "Rome", "to"),)


def test_a_bot_without_tests_has_none(tmp_path: Path) -> None:
    assert read_test_stories(load_bot(write_bot(tmp_path))) == []


def test_a_step_may_be_words_without_an_intent(tmp_path: Path) -> None:
    bot = load_bot(write_bot(tmp_path, tests__test_stories=_TESTS.replace("    intent: greet\n", "")))

    (story,) = read_test_stories(bot)

    assert story.steps[2] == IntentStep(NO_INTENT, (), "/greet", "tests/test_stories.yml:9")


def test_marked_entities_know_their_place_in_the_words(tmp_path: Path) -> None:
    bot = load_bot(write_bot(tmp_path, tests__test_stories=_TESTS))

    (story,) = read_test_stories(bot)

    (step,) = [step for step in story.steps if isinstance(step, IntentStep) and step.entities]
    assert [entity.span for entity in step.entities] == [(3, 7)]


def test_or_and_checkpoints_make_straight_stories(tmp_path: Path) -> None:
    tests = """
stories:
- story: Begin
  steps:
  - or:
    - intent: greet
    - intent: stop
  - checkpoint: begun
- story: End
  steps:
  - checkpoint: begun
  - action: utter_greet
"""
    bot = load_bot(write_bot(tmp_path, tests__test_more=tests))

    stories = read_test_stories(bot)

    assert [(story.name, len(story.steps)) for story in stories] == [("Begin > End", 2)] * 2


@pytest.mark.parametrize("place", ["elsewhere", "elsewhere/mine.yml", "bot/other"])
def test_a_path_takes_the_place_of_the_bots_own_tests(tmp_path: Path, place: str) -> None:
    write_bot(tmp_path, elsewhere__mine=_TESTS, elsewhere__nlu="nlu: []", bot__other__a=_TESTS)
    bot = load_bot(write_bot(tmp_path / "bot", tests__test_stories="stories: []"))

    assert [story.name for story in read_test_stories(bot, tmp_path / place)] == ["A trip"]


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"got the path .*/gone, which does not exist; expected a file"):
        read_test_stories(load_bot(write_bot(tmp_path)), tmp_path / "gone")
