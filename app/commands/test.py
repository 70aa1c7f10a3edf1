"""``spandesk test``: the bot's test stories, judged as ``rasa test`` does or held live with real actions."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.bootstrap import make_duckling, script_of
from app.bot.bot import Bot
from app.bot.story_report import JUDGED_AS_RASA, LabelReport, StoryReport, differences, make_report
from app.bot.story_writer import stories_yaml
from app.bot.test_stories import read_test_stories
from app.commands.context import chosen_interpreter, read_bot, settings_for
from app.commands.live_test import run_live
from app.dialogue.domain import Domain
from app.dialogue.errors import NotFoundError
from app.dialogue.payload import parse_payload
from app.dialogue.stories import IntentStep, Story
from app.dialogue.story_test import JudgedStory, Parse, judge_story
from app.settings import Settings
from app.story_models import load_intent_model, load_story_model
from nlu.data.problems import Problems
from nlu.types import ParsedUtterance

if TYPE_CHECKING:
    from nlu.interpreter import BundleInterpreter

RESULTS = Path("results")
_BATCH_SIZE = 32

ParseAll = Callable[[Sequence[str]], list[ParsedUtterance]]


def run(args: argparse.Namespace) -> int:
    """Run the test stories; exit code 1 if any is not correct.

    Raises:
        NotFoundError: there are no test stories.
        SourceError: a mistake in them with which none can be judged, with file and line.
    """
    settings = settings_for(args)
    bot = read_bot(settings)
    problems = Problems()
    stories = read_test_stories(bot, args.stories, problems=problems)
    for warning in problems.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    if not stories:
        places = args.stories or f"{bot.path / 'tests'} and {bot.path / 'data'}/test_*.yml"
        raise NotFoundError(f"got no test stories in {places}, expected files with a list of 'stories'")
    mode = args.mode or ("live" if bot.has_live_tests else "rasa")
    return (run_live if mode == "live" else _run_as_rasa)(args, settings, bot, stories)


def parser_for(stories: Sequence[Story], parse_all: ParseAll, domain: Domain) -> Parse:
    """Understand all that the customers of these stories say, in batches; gives a look-up of it."""
    steps = [step for story in stories for step in story.steps if isinstance(step, IntentStep)]
    texts = list(dict.fromkeys(step.text for step in steps if step.text is not None))
    known = {text: parsed for text in texts if (parsed := parse_payload(text, domain)) is not None}
    words = [text for text in texts if text not in known]
    for start in range(0, len(words), _BATCH_SIZE):
        batch = words[start : start + _BATCH_SIZE]
        known |= dict(zip(batch, parse_all(batch), strict=True))
    return known.__getitem__


def write_report(report: StoryReport, folder: Path, *, successes: bool) -> None:
    """Write the report's files; those that have the names of Rasa's have their form too."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "failed_test_stories.yml": stories_yaml(report.failed, empty="Every test story is correct."),
        "stories_with_warnings.yml": stories_yaml(
            report.with_warnings, empty="No correct test story has a warning."
        ),
        "story_report.json": _json(report.story_json()),
        "story_confusion_matrix.json": _json(report.actions.matrix_json()),
        "intent_report.json": _json(report.intents.to_json()),
        "intent_confusion_matrix.json": _json(report.intents.matrix_json()),
        "intent_errors.json": _json(report.intent_errors_json()),
        "entity_report.json": _json(report.entities.to_json()),
        "summary.json": _json(report.summary_json()),
    }
    if successes:
        texts["successful_test_stories.yml"] = stories_yaml(report.correct, empty="No test story is correct.")
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


@dataclass(frozen=True, slots=True)
class _OneByOne:
    """The bundle's interpreter as one that a Duckling server can stand beside (port `Interpreter`)."""

    interpreter: BundleInterpreter

    @property
    def bundle_id(self) -> str:
        """Name the bundle."""
        return self.interpreter.bundle_id

    def parse(self, text: str) -> ParsedUtterance:
        """Parse one utterance."""
        return self.interpreter.parse([text])[0]


@contextlib.contextmanager
def _understanding(interpreter: BundleInterpreter, bot: Bot) -> Iterator[ParseAll]:
    """Give what understands as the served bot does: with its Duckling server, if it names one."""
    duckling = make_duckling(_OneByOne(interpreter), bot)
    if duckling is None:
        yield interpreter.parse
        return
    try:
        yield lambda texts: [duckling.parse(text) for text in texts]
    finally:
        duckling.close()


def _run_as_rasa(args: argparse.Namespace, settings: Settings, bot: Bot, stories: Sequence[Story]) -> int:
    with _understanding(chosen_interpreter(args.bundle, settings), bot) as parse_all:
        parse = parser_for(stories, parse_all, bot.domain)
    script = script_of(bot, load_story_model(settings, bot), load_intent_model(settings, bot))
    judged: list[JudgedStory] = []
    for story in stories:
        judged.append(judge_story(story, script, parse))
        if args.fail_on_prediction_errors and not judged[-1].is_correct:
            break
    report = make_report(judged)
    folder = args.out or RESULTS
    write_report(report, folder, successes=args.successes)
    _print_report(report, folder, num_left=len(stories) - len(judged))
    return 1 if report.failed else 0


def _print_report(report: StoryReport, folder: Path, *, num_left: int) -> None:
    for story in report.failed:
        print(f"FAILED {story.story.name} ({story.story.source})")
        for difference in differences(story):
            print(
                f"  {difference['source']}: {difference['what']}: expected {difference['expected']},"
                f" got {difference['got']}"
            )
    warned = f", {len(report.with_warnings)} of them with warnings" if report.with_warnings else ""
    left = f"; {num_left} were not looked at after the first that is not correct" if num_left else ""
    print(f"{len(report.correct)} of {len(report.stories)} stories correct{warned}{left}")
    _print_labels("actions", report.actions)
    _print_labels("intents", report.intents)
    spans = report.entities.averages.micro
    print(f"entities: {spans.support} expected, F1 {spans.f1:.3f}")
    print(f"judged {JUDGED_AS_RASA}")
    print(f"report: {folder}")


def _print_labels(what: str, report: LabelReport) -> None:
    print(
        f"{what}: {report.num_right} of {report.num_items} right, accuracy {report.accuracy:.3f},"
        f" macro F1 {report.averages.macro.f1:.3f}"
    )


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
