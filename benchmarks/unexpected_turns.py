"""How many turns that no story makes likely are found, and how many likely ones are taken for them.

An expected turn is one of a held-out story. An unexpected one is the same place with another intent, one that
no story of the bot, held out or not, has after what the bot did last. At the end of a story, and at the start
of a conversation, every beginning of a story may follow; an aside (`app.storyteller.asides`) may stand
anywhere. Run by `benchmarks.story_policy`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.bot.bot import Bot
from app.dialogue.policies.unexpected import is_unlikely
from app.dialogue.ports import IntentModel
from app.dialogue.states import TurnState, conversation_states, story_events
from app.dialogue.stories import ActionStep, IntentStep, Step, Story
from app.storyteller.asides import find_asides
from app.storyteller.augmentation import bare_steps

_START = ""  # stands for what the bot did last before anything was said


@dataclass(frozen=True, slots=True)
class TurnShares:
    """Expected turns that were flagged, and unexpected ones that were found."""

    num_flagged: int
    num_expected: int
    num_found: int
    num_unexpected: int

    def __str__(self) -> str:
        flagged, found = self.num_flagged / self.num_expected, self.num_found / self.num_unexpected
        return (
            f"{found:.3f} ({self.num_found} of {self.num_unexpected}) |"
            f" {flagged:.3f} ({self.num_flagged} of {self.num_expected})"
        )


def measure_turns(stories: Sequence[Story], bot: Bot, model: IntentModel, tolerance: float) -> TurnShares:
    """Ask the model about every turn of the stories, and about what nobody would say there."""
    thresholds = model.thresholds(tolerance)
    possible = _possible(bot)
    flagged: list[bool] = []
    found: list[bool] = []
    for story in stories:
        for states, last, intent in _turns(story, bot):
            scores = model.scores(states)
            flagged.append(is_unlikely(intent, scores, thresholds))
            strange = [name for name in thresholds if name not in possible[last]]
            found += [is_unlikely(name, scores, thresholds) for name in strange]
    return TurnShares(sum(flagged), len(flagged), sum(found), len(found))


def _turns(story: Story, bot: Bot) -> list[tuple[Sequence[TurnState], str, str]]:
    """Give every message of a story: the states before it, what the bot did last, and the intent."""
    turns: list[tuple[Sequence[TurnState], str, str]] = []
    for place, step in enumerate(story.steps):
        if isinstance(step, IntentStep):
            events = story_events(story.steps[: place + 1], bot.domain)
            states = conversation_states(events, bot.domain)[:-1]
            turns.append((states, _last_action(story.steps[:place]), step.intent))
    return turns


def _possible(bot: Bot) -> Mapping[str, set[str]]:
    """Give the intents that may come after each action."""
    first = {
        next(step.intent for step in story.steps if isinstance(step, IntentStep)) for story in bot.stories
    }
    asides = {turn[0].intent for turn in _asides(bot) if isinstance(turn[0], IntentStep)}
    after: dict[str, set[str]] = {_START: first | asides}
    for story in bot.stories:
        for place, step in enumerate(story.steps):
            if isinstance(step, IntentStep):
                after.setdefault(_last_action(story.steps[:place]), set(asides)).add(step.intent)
        after.setdefault(_last_action(story.steps), set(asides)).update(first)
    return after


def _asides(bot: Bot) -> list[tuple[Step, ...]]:
    return find_asides([bare_steps(story) for story in bot.stories])


def _last_action(steps: Sequence[Step]) -> str:
    return next((step.action for step in reversed(steps) if isinstance(step, ActionStep)), _START)
