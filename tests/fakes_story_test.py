"""Test stories judged in memory: steps as in `tests.fakes_dialogue`, words understood as they were told."""

from __future__ import annotations

from app.dialogue.script import BotScript
from app.dialogue.stories import IntentStep, Step, StepEntity, Story
from app.dialogue.story_test import JudgedAction, JudgedStory, Predict, judge_story, predict
from nlu.types import ParsedUtterance
from tests.fakes_dialogue import make_bot, parsed


def words(text: str, intent: str, *entities: tuple[str, str], line: int = 0) -> IntentStep:
    """Make a step with words; each entity is (entity, piece of the text)."""
    marked = tuple(
        StepEntity(entity, piece, span=(text.index(piece), text.index(piece) + len(piece)))
        for entity, piece in entities
    )
    return IntentStep(intent, marked, text, f"tests/test_stories.yml:{line}")


def judged(
    *steps: Step,
    script: BotScript | None = None,
    heard: dict[str, ParsedUtterance] | None = None,
    predict_next: Predict = predict,
) -> JudgedStory:
    """Judge a story; words are understood as its steps say, unless `heard` says something else."""
    known = {
        step.text: parsed(step.text, step.intent, *((e.entity, e.value or "") for e in step.entities))
        for step in steps
        if isinstance(step, IntentStep) and step.text is not None
    }
    known |= heard or {}
    story = Story("A test", steps, "tests/test_stories.yml:3")
    return judge_story(story, script or make_bot(), known.__getitem__, predict_next)


def wrong(story: JudgedStory) -> list[tuple[str, str]]:
    """Give every wrong action as (expected, predicted)."""
    return [
        (step.expected, step.predicted)
        for step in story.steps
        if isinstance(step, JudgedAction) and not step.is_right
    ]
