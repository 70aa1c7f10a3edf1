"""``spandesk test``: the bot's test conversations with the real model and its real actions."""

from __future__ import annotations

import argparse

from app.bot.bot import Bot
from app.bot.test_stories import read_test_stories
from app.commands.context import chosen_interpreter, read_bot, settings_for
from app.commands.rehearsal import rehearsing, understanding_of
from app.dialogue.stories import Story
from app.dialogue.story_check import Difference, find_difference, split_turns
from app.dialogue.understanding import CustomerMessage
from app.serving.understanding import Understanding
from app.settings import Settings

CONVERSATION_ID = "test"


def run(args: argparse.Namespace) -> int:
    """Run all test stories; exit code 1 if any fails. Actions are executed, each story on fresh data."""
    settings = settings_for(args)
    bot = read_bot(settings)
    stories = read_test_stories(bot)
    num_failed = 0
    with understanding_of(settings, bot, chosen_interpreter(args.bundle, settings)) as understanding:
        for story in stories:
            difference = run_story(story, settings, bot, understanding)
            num_failed += difference is not None
            if difference is not None:
                _print_failure(story, difference)
    print(f"{len(stories) - num_failed} of {len(stories)} test conversations passed")
    return 1 if num_failed or not stories else 0


def run_story(story: Story, settings: Settings, bot: Bot, understanding: Understanding) -> Difference | None:
    """Have the conversation and give the first difference, or None."""
    with rehearsing(settings, bot, understanding, seed=1) as rehearsal:
        rehearsal.manager.start(CONVERSATION_ID, "test")
        for turn in split_turns(story):
            text = turn.utterance.text or f"/{turn.utterance.intent}"
            result = rehearsal.manager.handle_message(CustomerMessage(CONVERSATION_ID, text, channel="test"))
            events = [recorded.event for recorded in result.recorded]
            difference = find_difference(turn, events, rehearsal.stores.trackers.load(CONVERSATION_ID))
            if difference is not None:
                return difference
    return None


def _print_failure(story: Story, difference: Difference) -> None:
    print(f"FAILED {story.name} ({story.source})")
    print(f"  {difference.source}: {difference.what}")
    print(f"    expected {difference.expected}")
    print(f"    got      {difference.got}")
