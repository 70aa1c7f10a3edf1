"""The command line as its users run it: real processes in a temporary home."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Spandesk = Callable[..., "subprocess.CompletedProcess[str]"]

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all tests of this file: the index of the help pages is built once."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def spandesk(home: Path) -> Spandesk:
    def run(*args: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"SPANDESK_HOME": str(home)} | settings
        command = [sys.executable, "-m", "app", *args]
        return subprocess.run(
            command, input=stdin, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120
        )

    return run


def test_parse_prints_what_the_starter_bot_understands(spandesk: Spandesk) -> None:
    done = spandesk("parse", "where is my order FH-10482?")

    parsed = json.loads(done.stdout)
    assert parsed["intent"]["name"] == "track_order"
    assert [entity["value"] for entity in parsed["entities"]] == ["FH-10482"]


def test_models_can_be_listed_and_a_first_one_cannot_be_rolled_back(spandesk: Spandesk) -> None:
    spandesk("parse", "hello")  # provides the shipped bundle

    listed = spandesk("models", "list").stdout.splitlines()
    rolled_back = spandesk("models", "rollback")

    assert len(listed) == 2
    assert listed[1].startswith("* ")
    assert rolled_back.returncode == 1
    assert "no bundle before" in rolled_back.stderr


def test_a_damaged_bundle_is_refused_in_one_line(spandesk: Spandesk, tmp_path: Path) -> None:
    bot = Path(shutil.copytree(ROOT / "bots" / "retail", tmp_path / "bot"))
    weights = bot / "bundle" / "heads.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")

    done = spandesk("parse", "hello", "--bot", str(bot))

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "heads.safetensors" in done.stderr


@pytest.mark.parametrize(
    ("command", "wrong", "expected"),
    [("chat", "- intnt: greet", "intnt"), ("validate", "- intent: gret", ": error: ")],
    ids=["fatal", "served all the same"],
)
def test_a_mistake_in_a_bot_is_one_line_with_its_place(
    spandesk: Spandesk, tmp_path: Path, command: str, wrong: str, expected: str
) -> None:
    bot = Path(shutil.copytree(ROOT / "bots" / "retail", tmp_path / "bot"))
    rules = bot / "data" / "rules.yml"
    lines = rules.read_text(encoding="utf-8").replace("- intent: greet", wrong, 1)
    rules.write_text(lines, encoding="utf-8")
    line = lines[: lines.index(wrong)].count("\n") + 1

    done = spandesk(command, "--bot", str(bot))

    assert done.returncode == 1
    (named,) = [said for said in (done.stdout + done.stderr).splitlines() if "rules.yml" in said]
    assert f"data/rules.yml:{line}:" in named
    assert expected in named


def test_chat_answers_from_the_help_pages_and_presses_buttons(spandesk: Spandesk) -> None:
    done = spandesk("chat", stdin="how long does delivery to Ireland take?\n\n1\n")

    assert "3–5 working days" in done.stdout
    assert done.returncode == 0


def test_index_search_explains_each_hit(spandesk: Spandesk) -> None:
    done = spandesk("index", "search", "delivery to ireland", "--top", "3")

    assert "delivery-ireland" in done.stdout
    assert "of delivery-ireland (confidence" in done.stdout.splitlines()[-1]


def test_faq_import_shows_mistakes_and_duplicates_before_it_stores_anything(
    spandesk: Spandesk, tmp_path: Path
) -> None:
    home = {"SPANDESK_HOME": str(tmp_path / "home")}
    table = tmp_path / "new.csv"
    table.write_text(
        "question,passage\nHow can I reset my password?,Click.\nHow do I password reset?,Click\n"
        "Do you sell surfboards?,No.\nbroken\n"
    )
    first = spandesk("faq", "import", **home)
    refused = spandesk("faq", "import", str(table), **home)
    dry = spandesk("faq", "import", str(table), "--skip-broken", "--dry-run", **home)
    done = spandesk("faq", "import", str(table), "--skip-broken", **home)
    listed = spandesk("faq", "list", "--status", "published", **home)

    assert first.stdout.endswith(" added, 0 changed, 0 unchanged, 0 archived\n")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "new.csv:5: got 1 cells, expected 2 as in the head\n1 mistakes" in refused.stderr
    assert dry.stdout.startswith("add do-you-sell-surfboards: Do you sell surfboards?\n")
    assert "how-can-i-reset-my-password: like account-password-reset (same question)\n" in dry.stderr
    assert "1 added, 0 changed, 0 unchanged, 0 archived (dry run" in dry.stdout
    assert done.stdout.endswith("1 added, 0 changed, 0 unchanged, 0 archived\n")
    assert done.returncode == 1  # something was left out
    assert listed.stdout.splitlines()[0].split() == ["status", "answers", "helpful", "id", "question"]
    assert "published        0               -  do-you-sell-surfboards" in listed.stdout


def test_faq_entry_is_put_away_and_comes_back(spandesk: Spandesk, tmp_path: Path) -> None:
    home = {"SPANDESK_HOME": str(tmp_path / "home")}
    page = tmp_path / "repair.md"
    page.write_text("# Do you repair coats?\n\nYes.\n")
    spandesk("faq", "import", str(page), "--keep-duplicates", **home)
    page.write_text("# Do you repair coats?\n\nYes, in Bristol.\n")

    dry = spandesk("faq", "import", str(page), "--keep-duplicates", "--dry-run", **home)
    spandesk("faq", "import", str(page), "--keep-duplicates", **home)
    withdrawn = spandesk("faq", "withdraw", "repair", **home)
    restored = spandesk("faq", "restore", "repair", "1", **home)
    history = spandesk("faq", "history", "repair", **home)
    exported = spandesk("faq", "export", str(tmp_path / "all.yml"), **home)
    unknown = spandesk("faq", "archive", "repairs", **home)

    assert "change repair\n  -    passage: Yes.\n  +    passage: Yes, in Bristol.\n" in dry.stdout
    assert withdrawn.stdout == "repair: draft, version 3\n"
    assert restored.stdout == "repair: version 1 is version 4 now\n"
    assert [line.split(",")[0] for line in history.stdout.splitlines() if line.startswith("version")] == [
        f"version {number}" for number in (4, 3, 2, 1)
    ]
    assert exported.stdout.endswith(": 1 entries\n")
    assert "passage: Yes." in (tmp_path / "all.yml").read_text()
    assert (
        unknown.stderr
        == "spandesk: got no FAQ entry 'repairs', expected one of the store; see `spandesk faq list`\n"
    )


def test_user_add_takes_the_password_from_standard_input(spandesk: Spandesk) -> None:
    added = spandesk("user", "add", "anna", "--password-stdin", stdin="wild-garlic-and-rain\n")
    again = spandesk("user", "add", "anna", "--password-stdin", stdin="wild-garlic-and-rain\n")
    weak = spandesk("user", "add", "ben", "--password-stdin", stdin="short\n")

    assert added.stdout.strip() == "added the agent anna"
    assert [again.returncode, weak.returncode] == [1, 1]


def test_a_wrong_setting_is_named(spandesk: Spandesk) -> None:
    done = spandesk("db", "upgrade", SPANDESK_PORT="many")

    assert done.returncode == 1
    assert "port" in done.stderr


def test_failing_test_conversation_gives_code_1_and_its_first_difference(
    spandesk: Spandesk, tmp_path: Path
) -> None:
    bot = Path(shutil.copytree(ROOT / "bots" / "retail", tmp_path / "bot"))
    story = """
stories:
  - story: Says goodbye to a greeting
    steps:
      - user: |
          hello there
        intent: greet
      - action: utter_goodbye
"""
    (bot / "tests" / "test_stories.yml").write_text(f'version: "3.1"\n{story}', encoding="utf-8")

    done = spandesk("test", "--bot", str(bot))

    assert done.returncode == 1
    assert "FAILED Says goodbye to a greeting (tests/test_stories.yml:4)" in done.stdout
    assert "expected utter_goodbye" in done.stdout
    assert "0 of 1 test conversations passed" in done.stdout


def test_a_search_shows_what_is_read_and_decided(spandesk: Spandesk) -> None:
    done = spandesk("index", "search", "How long does standard delivery take to Ireland?")

    assert done.returncode == 0, done.stderr
    assert "confidence  span - null  null" in done.stdout
    assert "decision: answer '" in done.stdout


def test_without_a_reader_an_answer_is_the_whole_passage(spandesk: Spandesk) -> None:
    done = spandesk(
        "index", "search", "How long does standard delivery take to Ireland?", SPANDESK_READER="none"
    )

    assert "delivery-ireland: not read" in done.stdout
    assert "decision: answer the whole passage" in done.stdout


def test_a_reader_that_is_not_there_is_refused_in_one_line(spandesk: Spandesk, tmp_path: Path) -> None:
    done = spandesk("index", "search", "hello", SPANDESK_READER=str(tmp_path / "none"))

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "expected a reader" in done.stderr


def test_a_reader_cannot_be_trained_on_what_is_not_there(spandesk: Spandesk, tmp_path: Path) -> None:
    done = spandesk("train", "reader", "--data", str(tmp_path / "a.json"), "--out", str(tmp_path / "reader"))

    assert done.returncode == 1
    assert "a.json, expected a file of SQuAD's format" in done.stderr
    assert not (tmp_path / "reader").exists()
