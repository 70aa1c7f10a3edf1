"""Finds stories that go the same way and then apart, so that neither can be followed. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from app.dialogue.contradictions import Contradiction
from app.dialogue.domain import Domain
from app.dialogue.states import Moment, story_moments
from app.dialogue.stories import ActionStep, Story
from app.dialogue.story_book import seen_as


def find_story_conflicts(stories: Sequence[Story], domain: Domain) -> list[Contradiction]:
    """Find where two stories go on differently after exactly the same conversation from its start."""
    first: dict[Hashable, tuple[Story, Moment]] = {}
    found: dict[Contradiction, None] = {}
    for story in stories:
        for moment in story_moments(story, domain):
            other, there = first.setdefault(seen_as(moment.states, domain), (story, moment))
            if there.action != moment.action:
                found[_conflict(story, moment, other, there)] = None
    return list(found)


def _conflict(story: Story, moment: Moment, other: Story, there: Moment) -> Contradiction:
    place = f" ({_source_of(other, there)})" if other.source else ""
    message = (
        f"the story '{story.name}' goes on with '{moment.action}', but the story '{other.name}'{place}"
        f" goes on with '{there.action}' after the same conversation; neither is remembered there: let a"
        f" slot, an intent or an action tell them apart"
    )
    return Contradiction("story against story", _source_of(story, moment), message)


def _source_of(story: Story, moment: Moment) -> str:
    """Give the place of the action; of one that is done more than once, that of the right one."""
    done = sum(state.previous_action == moment.action for state in moment.states)
    steps = [step for step in story.steps if isinstance(step, ActionStep) and step.action == moment.action]
    return steps[done].source if done < len(steps) and steps[done].source else story.source
