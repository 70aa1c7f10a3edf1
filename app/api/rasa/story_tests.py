"""Rasa's ``POST /model/test/stories``: test stories in the body, judged as `spandesk test` judges them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app.api.deps import ServicesDep, current_admin
from app.api.errors import BadRequestError
from app.api.rasa.body import Json, RawBody
from app.api.rasa.parse import understand
from app.bot.story_report import make_report
from app.bot.test_stories import make_test_stories
from app.dialogue.policy_settings import AUGMENTED_MEMOIZATION_POLICY, MEMOIZATION_POLICY, RULE_POLICY
from app.dialogue.stories import NO_INTENT, IntentStep, Story
from app.dialogue.story_test import JudgedAction, JudgedStory, judge_story
from nlu.data.yaml_source import SourceError, parse_yaml

MAX_STORIES = 1000
_WRITTEN = (RULE_POLICY, MEMOIZATION_POLICY, AUGMENTED_MEMOIZATION_POLICY)

router = APIRouter(tags=["rasa"], dependencies=[Depends(current_admin)])


@router.post("/model/test/stories")
def judge_stories(services: ServicesDep, body: RawBody, e2e: Annotated[bool, Query()] = False) -> Json:
    """Judge test stories with the model in service; no action runs and no conversation is touched.

    Only with `e2e` is what customers say understood; otherwise it means what the story says.
    """
    script = services.manager.script
    stories = [story if e2e else _unspoken(story) for story in _read(body, services)]
    parse = partial(understand, services)
    report = make_report([judge_story(story, script, parse) for story in stories])
    means = report.actions.averages.macro
    return {
        "report": report.story_json(),
        "accuracy": report.actions.accuracy,
        "precision": means.precision,
        "f1": means.f1,
        "actions": [action for story in report.stories for action in _actions(story)],
        "in_training_data_fraction": _written_fraction(report.stories),
        "is_end_to_end_evaluation": e2e,
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


def _unspoken(story: Story) -> Story:
    """Leave out the customer's words where the story says what they mean."""
    steps = [
        replace(step, text=None) if isinstance(step, IntentStep) and step.intent != NO_INTENT else step
        for step in story.steps
    ]
    return replace(story, steps=tuple(steps))


def _written_fraction(stories: Sequence[JudgedStory]) -> float:
    """Give the share of predictions that a rule or a story makes as it is written."""
    policies = [action["policy"] for story in stories for action in _actions(story)]
    return sum(policy in _WRITTEN for policy in policies) / len(policies) if policies else 0.0


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
