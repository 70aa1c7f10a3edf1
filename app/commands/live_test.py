"""``spandesk test --live``: the test stories as whole conversations with the real manager and actions."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from app.bot.bot import Bot
from app.bot.story_report import JUDGED_LIVE
from app.commands.context import chosen_interpreter
from app.commands.rehearsal import learned_script, rehearsing, understanding_of
from app.dialogue.script import BotScript
from app.dialogue.stories import Story
from app.dialogue.story_check import Difference, find_difference, split_turns
from app.dialogue.understanding import CustomerMessage
from app.serving.understanding import Understanding
from app.settings import Settings

CONVERSATION_ID = "test"

_Failures = list[tuple[Story, Difference]]


def run_live(args: argparse.Namespace, settings: Settings, bot: Bot, stories: Sequence[Story]) -> int:
    """Have all conversations, each on fresh data, and print the first difference of each that fails."""
    failures: _Failures = []
    num_held = 0
    script = learned_script(settings, bot)
    with understanding_of(settings, bot, chosen_interpreter(args.bundle, settings)) as understanding:
        for story in stories:
            num_held += 1
            difference = run_story(story, settings, bot, script, understanding)
            if difference is not None:
                failures.append((story, difference))
                _print_failure(story, difference)
                if args.fail_on_prediction_errors:
                    break
    print(f"{num_held - len(failures)} of {num_held} test conversations passed")
    print(f"judged {JUDGED_LIVE}")
    if args.out is not None:
        _write_summary(args.out, num_held, failures)
    return 1 if failures else 0


def run_story(
    story: Story, settings: Settings, bot: Bot, script: BotScript, understanding: Understanding
) -> Difference | None:
    """Have the conversation and give the first difference, or None."""
    with rehearsing(settings, bot, script, understanding, seed=1) as rehearsal:
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


def _write_summary(folder: Path, num_stories: int, failures: _Failures) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    summary = {
        "judged": JUDGED_LIVE,
        "num_stories": num_stories,
        "num_correct": num_stories - len(failures),
        "failed": [
            {"story": story.name, "source": story.source, "differences": [asdict(difference)]}
            for story, difference in failures
        ],
    }
    text = json.dumps(summary, indent=2, ensure_ascii=False) + "\n"
    (folder / "summary.json").write_text(text, encoding="utf-8")
