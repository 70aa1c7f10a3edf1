from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.bot.loader import load_bot
from app.bot.test_stories import read_test_stories
from app.cli import build_parser
from app.commands import test as command
from app.dialogue.errors import NotFoundError
from nlu.types import IntentPrediction, ParsedUtterance
from tests.fakes_bot import write_bot

DOMAIN = """
intents: [greet, goodbye]
responses:
  utter_greet: [{text: Hello!}]
  utter_goodbye: [{text: Bye!}]
"""
RULES = """
rules:
- rule: Greet
  steps: [{intent: greet}, {action: utter_greet}]
- rule: Leave
  steps: [{intent: goodbye}, {action: utter_goodbye}]
"""
GOOD = """
stories:
- story: Hello
  steps:
  - user: hello
    intent: greet
  - action: utter_greet
"""
BAD = """
- story: Bye
  steps:
  - user: bye
    intent: goodbye
  - action: utter_greet
- story: Bye again
  steps:
  - user: so long
    intent: goodbye
  - action: utter_goodbye
"""

Test = Callable[..., int]


class ByWord:
    """Understands "bye" and greetings."""

    bundle_id = "by-word"

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    def parse(self, texts: Sequence[str]) -> list[ParsedUtterance]:
        self.batches.append(list(texts))
        return [
            ParsedUtterance(text, IntentPrediction("goodbye" if "bye" in text else "greet", 0.8))
            for text in texts
        ]


@pytest.fixture
def spandesk_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Test:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "settings_for", lambda args: SimpleNamespace(bot=args.bot))
    monkeypatch.setattr(command, "chosen_interpreter", lambda bundle, settings: ByWord())

    def run(tests: str, *arguments: str, **files: str) -> int:
        path = tmp_path / "bot"
        write_bot(
            path, domain=DOMAIN, data__rules=RULES, data__stories="", tests__test_stories=tests, **files
        )
        return command.run(build_parser().parse_args(["test", "--bot", str(path), *arguments]))

    return run


def test_correct_stories_give_code_0_and_a_report_in_the_present_folder(
    spandesk_test: Test, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert spandesk_test(GOOD) == 0

    printed = capsys.readouterr().out
    assert "1 of 1 stories correct\n" in printed
    assert "judged as `rasa test`" in printed
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == [
        "entity_report.json",
        "failed_test_stories.yml",
        "intent_confusion_matrix.json",
        "intent_errors.json",
        "intent_report.json",
        "stories_with_warnings.yml",
        "story_confusion_matrix.json",
        "story_report.json",
        "summary.json",
    ]
    failed = (tmp_path / "results" / "failed_test_stories.yml").read_text()
    assert failed == "# Every test story is correct.\n"


def test_failed_stories_give_code_1_and_are_printed_with_every_difference(
    spandesk_test: Test, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert spandesk_test(GOOD + BAD, "--out", str(tmp_path / "there"), "--successes") == 1

    printed = capsys.readouterr().out
    assert "1 of 3 stories correct" in printed
    assert "FAILED Bye (tests/test_stories.yml:9)\n" in printed
    assert "  tests/test_stories.yml:13: action: expected utter_greet, got utter_goodbye\n" in printed
    assert "  tests/test_stories.yml:16: intent: expected goodbye, got greet\n" in printed
    written = tmp_path / "there"
    assert (
        "- action: utter_greet  # predicted: utter_goodbye"
        in (written / "failed_test_stories.yml").read_text()
    )
    assert "story: Hello" in (written / "successful_test_stories.yml").read_text()
    assert json.loads((written / "summary.json").read_text())["num_correct"] == 1


def test_the_first_failure_is_the_last_story_on_demand(
    spandesk_test: Test, capsys: pytest.CaptureFixture[str]
) -> None:
    assert spandesk_test(GOOD + BAD, "--fail-on-prediction-errors") == 1

    assert "1 of 2 stories correct; 1 were not looked at" in capsys.readouterr().out


def test_stories_come_from_another_place_on_demand(
    spandesk_test: Test, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "others.yml"
    other.write_text(GOOD)

    assert spandesk_test(GOOD + BAD, "--stories", str(other)) == 0
    assert "1 of 1 stories correct" in capsys.readouterr().out


def test_no_stories_are_an_error(spandesk_test: Test, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"got no test stories in .*bot/tests and .*test_\*\.yml"):
        spandesk_test("stories: []")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFoundError, match=r"got no test stories in .*empty, expected"):
        spandesk_test(GOOD, "--stories", str(tmp_path / "empty"))


@pytest.mark.parametrize(
    ("arguments", "settings", "is_live"),
    [
        ([], "", False),
        (["--live"], "", True),
        ([], "tests: live", True),
        (["--as-rasa"], "tests: live", False),
        ([], "tests: rasa", False),
    ],
)
def test_the_bot_says_how_its_stories_are_judged_unless_the_command_does(
    spandesk_test: Test, monkeypatch: pytest.MonkeyPatch, arguments: list[str], settings: str, is_live: bool
) -> None:
    held: list[object] = []
    monkeypatch.setattr(command, "run_live", lambda *given: len(held.append(given) or held) - 1)

    assert spandesk_test(GOOD, *arguments, spandesk=f"name: Ada\n{settings}") == 0
    assert bool(held) is is_live


def test_texts_are_understood_once_and_in_batches_but_payloads_are_read(tmp_path: Path) -> None:
    payloads = GOOD + GOOD.removeprefix("\nstories:\n").replace("user: hello", "user: /greet")
    bot = load_bot(
        write_bot(
            tmp_path,
            domain=DOMAIN,
            data__rules=RULES,
            data__stories="",
            tests__test_stories=payloads + BAD + GOOD.removeprefix("\nstories:\n"),
        )
    )
    model = ByWord()

    parse = command.parser_for(read_test_stories(bot), model.parse, bot.domain)

    assert model.batches == [["hello", "bye", "so long"]]
    assert parse("/greet").intent == IntentPrediction("greet", 1.0)


def test_an_unknown_name_is_named_and_the_stories_are_judged(
    spandesk_test: Test, capsys: pytest.CaptureFixture[str]
) -> None:
    assert spandesk_test(GOOD.replace("- action: utter_greet", "- action: utter_grete", 1)) == 1

    printed = capsys.readouterr()
    assert "warning: tests/test_stories.yml:" in printed.err
    assert "the domain has no response 'utter_grete'; did you mean 'utter_greet'?" in printed.err
    assert "0 of 1 stories correct" in printed.out
