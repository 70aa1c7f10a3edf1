"""Stories made ready for matching: every place at which a story says what comes next. Pure, built once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.dialogue.domain import Domain
from app.dialogue.states import Moment, TurnState, states_fit, story_moments
from app.dialogue.stories import Story


@dataclass(frozen=True, slots=True)
class StoryMoment:
    """A place of a story, cut to the history that counts."""

    story: Story
    moment: Moment


@dataclass(frozen=True, slots=True)
class StoryBook:
    """All places of all stories."""

    moments: tuple[StoryMoment, ...]

    def best(self, states: Sequence[TurnState]) -> StoryMoment | None:
        """Give the place that agrees with the longest stretch of the conversation, then the most specific."""
        fitting = [
            item for item in self.moments if states_fit(item.moment.states, states, all_entities=False)
        ]
        return max(fitting, key=_rank, default=None)


def make_story_book(stories: Iterable[Story], domain: Domain, *, max_history: int | None) -> StoryBook:
    """Make a bot's stories ready.

    A story may begin in the middle of a conversation: what was said before it does not matter.

    Args:
        stories: the bot's stories.
        domain: the bot's domain.
        max_history: at most so many states must agree; None: all of the story so far.
    """
    return StoryBook(
        tuple(
            StoryMoment(story, Moment(_history(moment, max_history), moment.action))
            for story in stories
            for moment in story_moments(story, domain)
        )
    )


def _history(moment: Moment, max_history: int | None) -> tuple[TurnState, ...]:
    states = moment.states if moment.states[0].previous_action is not None else moment.states[1:]
    return states[-max_history:] if max_history else states


def _rank(item: StoryMoment) -> tuple[int, int]:
    return len(item.moment.states), item.moment.num_features
