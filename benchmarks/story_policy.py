"""How often the next action is right on stories that were held out: memoization alone, and what was learnt.

    python -m benchmarks.story_policy [--bot tests/bots/stories] [--seeds 0 1 2] [--part held-out|development]

Every fourth story, in the order of their names, is held out and never trained on; `--part development` leaves
those alone and holds out every third of the others, for choosing settings. A state counts as right when the
predicted action is the story's; memoization that finds nothing is wrong. ``both`` asks memoization first, as
the bot does. The bot's own test conversations are no part of this: they do not say which slots its actions
set, so they need `spandesk test`. Then the same for turns that no story makes likely, see
`benchmarks.unexpected_turns`. Prints rows for docs/results.md.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from app.bot.bot import Bot
from app.bot.loader import load_bot
from app.dialogue.policies.learned import predict
from app.dialogue.ports import StoryModel
from app.dialogue.stories import Story
from app.dialogue.story_book import StoryBook, make_story_book
from app.story_models import intent_settings, story_settings
from app.storyteller.data import story_states
from app.storyteller.intents import train_intents
from app.storyteller.predictor import IntentPredictor, StoryPredictor
from app.storyteller.train import train_stories
from benchmarks.commits import read_commit
from benchmarks.tables import table_row
from benchmarks.unexpected_turns import measure_turns

_HELD_OUT, _DEVELOPMENT = 4, 3  # one of so many


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Actions that were right, of all."""

    memoization: float
    learned: float
    both: float
    num_actions: int

    def __str__(self) -> str:
        return f"{self.memoization:.3f} | {self.learned:.3f} | {self.both:.3f} | {self.num_actions}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bot", type=Path, default=Path("tests/bots/stories"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--part", choices=("held-out", "development"), default="held-out")
    parser.add_argument("--tolerances", type=float, nargs="+", default=[0.0, 0.1])
    args = parser.parse_args()
    torch.set_num_threads(1)
    bot = load_bot(args.bot)
    train, test = split_stories(bot.stories, development=args.part == "development")
    print(f"commit {read_commit()}; {len(train)} stories to learn from, {len(test)} held out")
    book = make_story_book(train, bot.domain, max_history=bot.config.max_history)
    for seed in args.seeds:
        started_at_s = time.monotonic()
        settings = replace(story_settings(bot), seed=seed)
        model = StoryPredictor(train_stories(train, bot.domain, settings))
        training_s = time.monotonic() - started_at_s
        accuracy = measure(test, bot, book, model)
        print(table_row([args.part, str(seed), str(accuracy), f"{training_s:.0f} s"]), flush=True)
    for seed in args.seeds:
        intents = train_intents(train, bot.domain, replace(intent_settings(bot), seed=seed))
        for tolerance in args.tolerances:
            turns = measure_turns(test, bot, IntentPredictor(intents), tolerance)
            print(table_row([args.part, str(seed), f"{tolerance:g}", str(turns)]), flush=True)
    return 0


def split_stories(stories: Sequence[Story], *, development: bool = False) -> tuple[list[Story], list[Story]]:
    """Give the stories to learn from and those held out; ways of one story stay together."""
    rest, held_out = _every(_HELD_OUT, stories)
    return _every(_DEVELOPMENT, rest) if development else (rest, held_out)


def measure(stories: Sequence[Story], bot: Bot, book: StoryBook, model: StoryModel) -> Accuracy:
    """Predict every action of the stories from the states before it."""
    right: list[tuple[bool, bool, bool]] = []
    for story in stories:
        states, actions = story_states(story.steps, bot.domain)
        for place, wanted in enumerate(actions):
            best = book.best(states[: place + 1])
            predicted = predict(states[: place + 1], model)
            learned = predicted is not None and predicted[0] == wanted
            remembered = best is not None and best.moment.action == wanted
            right.append((remembered, learned, remembered if best is not None else learned))
    memoization, learnt, both = np.mean(right, axis=0)
    return Accuracy(float(memoization), float(learnt), float(both), len(right))


def _every(step: int, stories: Sequence[Story]) -> tuple[list[Story], list[Story]]:
    names = sorted({story.name for story in stories})
    chosen = set(names[step - 1 :: step])
    rest = [story for story in stories if story.name not in chosen]
    return rest, [story for story in stories if story.name in chosen]


if __name__ == "__main__":
    raise SystemExit(main())
