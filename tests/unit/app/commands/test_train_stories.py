"""``spandesk train --stories-only``."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import story_models
from app.cli import main
from app.commands import context
from tests.fakes_bot import write_bot
from tests.fakes_storyteller import UNTRAINED

_STORIES = "stories:\n- story: hello\n  steps:\n  - intent: greet\n  - action: utter_greet\n"


@pytest.fixture
def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(context, "configure_logging", lambda level: None)  # it is the process's, not a test's
    monkeypatch.setattr(story_models, "story_settings", lambda bot: UNTRAINED)
    monkeypatch.setattr(story_models, "intent_settings", lambda bot: UNTRAINED)
    monkeypatch.setenv("SPANDESK_HOME", str(tmp_path / "home"))
    return write_bot(tmp_path / "bot")


def test_only_the_stories_are_trained(bot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (bot / "data" / "more.yml").write_text(_STORIES, encoding="utf-8")

    code = main(["train", "--bot", str(bot), "--stories-only"])

    output = capsys.readouterr()
    assert code == 0
    assert output.out.startswith("story model of ")
    assert "stories: loss" in output.err
    assert [path.name for path in (bot.parent / "home" / "models").iterdir()] == ["stories"]


def test_a_bot_that_finds_unexpected_turns_has_a_second_model(
    bot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (bot / "data" / "more.yml").write_text(_STORIES, encoding="utf-8")
    (bot / "config.yml").write_text(
        "policies:\n- name: TEDPolicy\n- name: UnexpecTEDIntentPolicy\n", encoding="utf-8"
    )

    code = main(["train", "--bot", str(bot), "--stories-only"])

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert [line.partition(" of ")[0] for line in lines] == ["story model", "intent model"]
    assert len(list((bot.parent / "home" / "models" / "stories").iterdir())) == 2


def test_a_bot_that_wants_nothing_learnt_is_told_so(bot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (bot / "config.yml").write_text("policies:\n- name: RulePolicy\n", encoding="utf-8")

    code = main(["train", "--bot", str(bot), "--stories-only"])

    assert code == 1
    assert "names no policy that learns from them" in capsys.readouterr().out
