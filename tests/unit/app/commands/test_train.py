"""``spandesk train`` on data that is doubtful or missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import main
from app.commands import context
from nlu.data.rasa_nlu import NluData
from nlu.training.config import ConfigError

DATA = """
version: "3.1"
nlu:
  - intent: nlu_fallback
    examples: |
      # questions that no bot answers
      - what is the meaning of life
      - who will win the election
"""


@pytest.fixture
def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "domain.yml").write_text('version: "3.1"\n', encoding="utf-8")
    (tmp_path / "data" / "nlu.yml").write_text(DATA.lstrip(), encoding="utf-8")
    monkeypatch.setattr(context, "configure_logging", lambda level: None)  # it is the process's, not a test's
    monkeypatch.setenv("SPANDESK_HOME", str(tmp_path / "home"))
    return tmp_path


def test_train_prints_doubts_first_and_names_what_is_missing(
    bot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["train", "--bot", str(bot), "--out", str(bot / "bundle")])

    lines = capsys.readouterr().err.splitlines()
    assert code == 1
    assert lines[0].startswith("warning: data/nlu.yml:5: a comment among the examples")
    assert lines[-1].startswith("spandesk: got no examples with an intent to train on")


def test_unlabelled_utterances_of_the_bot_or_of_a_file_are_learnt_from(
    bot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt: list[tuple[str, ...]] = []

    def noted(data: NluData, *_: object, **__: object) -> None:
        learnt.append(data.unlabelled)
        raise ConfigError("enough")

    monkeypatch.setattr("app.commands.train.train_bundle", noted)
    (bot / "unlabelled.txt").write_text("where is it\n", encoding="utf-8")
    (bot / "other.txt").write_text("hello\n", encoding="utf-8")
    for arguments in ([], ["--unlabelled", str(bot / "other.txt")]):
        assert main(["train", "--bot", str(bot), "--out", str(bot / "bundle"), *arguments]) == 1

    assert learnt == [("where is it",), ("hello",)]


def faq_of(question: str) -> str:
    return f"""
version: "1"
faq:
  - id: delivery
    question: {question}
    alternatives: [when will it come]
    passage: Within two days.
"""


@pytest.mark.parametrize("from_folder", [True, False], ids=["folder", "database"])
def test_faq_of_the_folder_or_of_the_database_is_learnt_from(
    bot: Path, monkeypatch: pytest.MonkeyPatch, from_folder: bool
) -> None:
    learnt: list[set[str]] = []

    def noted(data: NluData, *_: object, **__: object) -> None:
        learnt.append({pair.question for pair in data.retrieval_pairs})
        raise ConfigError("enough")

    monkeypatch.setattr("app.commands.train.train_bundle", noted)
    (bot / "faq").mkdir()
    (bot / "spandesk.yml").write_text("faq:\n  folder: faq\n", encoding="utf-8")
    (bot / "faq" / "faq.yml").write_text(faq_of("How long does delivery take?"), encoding="utf-8")
    assert main(["train", "--bot", str(bot)]) == 1  # the store is empty: it takes what the folder has
    (bot / "faq" / "faq.yml").write_text(faq_of("How fast are you?"), encoding="utf-8")

    out = ["--out", str(bot / "bundle")] if from_folder else []
    assert main(["train", "--bot", str(bot), *out]) == 1

    latest = "How fast are you?" if from_folder else "How long does delivery take?"
    assert learnt == [
        {"How long does delivery take?", "when will it come"},
        {latest, "when will it come"},
    ]


def test_bot_without_faq_teaches_no_pairs(bot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learnt: list[NluData] = []

    def noted(data: NluData, *_: object, **__: object) -> None:
        learnt.append(data)
        raise ConfigError("enough")

    monkeypatch.setattr("app.commands.train.train_bundle", noted)

    assert main(["train", "--bot", str(bot), "--out", str(bot / "bundle")]) == 1
    assert learnt[0].retrieval_pairs == ()


@pytest.mark.parametrize("content", [None, b"\xff\xfe broken"], ids=["missing", "not UTF-8"])
def test_unlabelled_utterances_that_cannot_be_read_are_named(
    bot: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    file = bot / "utterances.txt"
    if content is not None:
        file.write_bytes(content)

    code = main(["train", "--bot", str(bot), "--out", str(bot / "bundle"), "--unlabelled", str(file)])

    assert code == 1
    assert f"got {file}, expected a text file in UTF-8" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "read"),
    [([], "training.toml"), (["--config", "other.toml"], "other.toml")],
    ids=["the bot's", "another"],
)
def test_train_reads_the_bots_configuration_unless_another_is_given(
    bot: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    read: str,
) -> None:
    monkeypatch.chdir(bot)
    (bot / "training.toml").write_text("sed = 1\n", encoding="utf-8")
    (bot / "other.toml").write_text("speed = 1\n", encoding="utf-8")

    code = main(["train", "--bot", ".", "--out", "bundle", *arguments])

    assert code == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"spandesk: {read}: got the unknown key")
