"""Rasa's ``POST /model/test/stories``: test stories in the body, judged as `spandesk test` judges them."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from app.api.deps import ServicesDep, current_admin
from app.api.errors import BadRequestError
from app.api.rasa.body import Json, RawBody
from app.bot.story_report import make_report
from app.bot.test_stories import make_test_stories
from app.dialogue.payload import parse_payload
from app.dialogue.stories import Story
from app.dialogue.story_test import JudgedAction, JudgedStory, judge_story
from nlu.data.yaml_source import SourceError, parse_yaml
from nlu.types import ParsedUtterance

MAX_STORIES = 1000

router = APIRouter(tags=["rasa"], dependencies=[Depends(current_admin)])


@router.post("/model/test/stories")
def test_stories(services: ServicesDep, body: RawBody) -> Json:
    """Judge test stories with the model in service; no action runs and no conversation is touched."""
    script = services.manager.script

    def parse(text: str) -> ParsedUtterance:
        return parse_payload(text, script.domain) or services.understanding.parse(text)

    stories = _read(body, services)
    report = make_report([judge_story(story, script, parse) for story in stories])
    means = report.actions.averages.macro
    return {
        "report": report.story_json(),
        "accuracy": report.actions.accuracy,
        "precision": means.precision,
        "f1": means.f1,
        "actions": [action for story in report.stories for action in _actions(story)],
        "is_end_to_end_evaluation": False,
    }


def _read(body: bytes, services: ServicesDep) -> list[Story]:
    try:
        document = parse_yaml(body.decode("utf-8"), "body")
        stories = make_test_stories([document] if document.value is not None else [], services.bot.domain)
    except (SourceError, UnicodeDecodeError) as error:
        raise BadRequestError(f"the body is no test stories that can be used: {error}") from error
    if not 0 < len(stories) <= MAX_STORIES:
        raise BadRequestError(
            f"got {len(stories)} test stories; expected 1 to {MAX_STORIES} under 'stories:'"
        )
    return stories


def _actions(story: JudgedStory) -> list[Json]:
    return [
        {
            "action": step.expected,
            "predicted": step.predicted,
            "policy": step.policy,
            "confidence": step.confidence,
        }
        for step in story.steps
        if isinstance(step, JudgedAction)
    ]
