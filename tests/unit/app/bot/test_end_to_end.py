from pathlib import Path

import pytest

from app.bot.loader import load_bot
from app.dialogue.stories import ActionStep, IntentStep, StepEntity, TextStep
from tests.fakes_bot import write_bot

_STORIES = """\
stories:
- story: Words
  steps:
  - user: "Good  Morning"
  - bot: Where to?
  - user: |
      to [Rome]{"entity": "city", "role": "to"}
  - bot: I like it there!
  - or:
    - user: good morning
    - intent: stop
  - action: utter_greet
"""
_NLU = """\
nlu:
- intent: greet
  examples: |
    - good morning
    - hello
"""


def test_words_of_a_story_become_intents_and_responses(tmp_path: Path) -> None:
    bot = load_bot(write_bot(tmp_path, data__stories=_STORIES, data__nlu=_NLU))

    file = "data/stories.yml"
    first, second = bot.stories
    assert first.steps == (
        IntentStep("greet", source=f"{file}:4"),
        ActionStep("utter_ask_city", f"{file}:5"),
        TextStep("to Rome", (StepEntity("city", "Rome", "to"),), f"{file}:6"),
        ActionStep("I like it there!", f"{file}:8"),
        IntentStep("greet", source=f"{file}:10"),
        ActionStep("utter_greet", f"{file}:12"),
    )
    assert second.steps[4] == IntentStep("stop", source=f"{file}:11")
    assert [variation.text for variation in bot.domain.responses["I like it there!"]] == ["I like it there!"]
    assert bot.warnings == (f"{file}:6: no example has the words 'to Rome'; add them to one of an intent",)


def test_an_intent_beside_the_words_counts(tmp_path: Path) -> None:
    stories = "stories:\n- story: a\n  steps:\n  - {user: hey, intent: greet}\n  - action: utter_greet\n"

    (story,) = load_bot(write_bot(tmp_path, data__stories=stories)).stories

    assert story.steps[0] == IntentStep("greet", (), "hey", "data/stories.yml:4")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("nlu.md", "## intent:greet\n- hello\n"),
        ("stories.md", "## happy path\n* greet\n  - utter_greet\n"),
        ("nlu.json", '{"rasa_nlu_data": {"common_examples": []}}'),
    ],
)
def test_data_in_an_old_format_is_named(tmp_path: Path, name: str, text: str) -> None:
    write_bot(tmp_path)
    (tmp_path / "data" / name).write_text(text)

    (warning,) = load_bot(tmp_path).warnings

    assert warning.startswith(f"data/{name}:1: training data in Markdown or JSON is not supported")


@pytest.mark.parametrize(("name", "text"), [("README.md", "## Notes\n- one\n"), ("prices.json", "{}")])
def test_other_files_beside_the_data_are_not_looked_at(tmp_path: Path, name: str, text: str) -> None:
    write_bot(tmp_path)
    (tmp_path / "data" / name).write_text(text)

    assert load_bot(tmp_path).warnings == ()
