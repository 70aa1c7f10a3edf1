from __future__ import annotations

from pathlib import Path

import pytest

from app.bot.training import read_training, read_unlabelled
from nlu.training.config import ConfigError, TrainConfig


def test_bot_without_a_training_configuration_has_the_defaults(tmp_path: Path) -> None:
    assert read_training(tmp_path, num_examples=2_000) == TrainConfig()


@pytest.mark.parametrize(
    ("num_examples", "num_epochs"), [(1, 40), (160, 30), (290, 17), (400, 12)], ids=["1", "160", "290", "400"]
)
def test_few_examples_are_all_learnt_and_for_longer(
    num_examples: int, num_epochs: int, tmp_path: Path
) -> None:
    config = read_training(tmp_path, num_examples=num_examples)

    assert config.calibration.num_folds > 0  # no validation split
    assert (config.optimiser.max_epochs, config.optimiser.batch_size) == (num_epochs, 16)


def test_bot_brings_its_own_training_configuration(tmp_path: Path) -> None:
    (tmp_path / "training.toml").write_text('[finetuning]\nmethod = "bitfit"\n', encoding="utf-8")

    config = read_training(tmp_path, num_examples=10)

    assert config.finetuning.method == "bitfit"
    assert config.optimiser == TrainConfig().optimiser


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("sed = 1", "got the unknown key 'sed'"),
        ("[optimiser]\nlr = 0.1", "optimiser: got the unknown key 'lr'"),
        ("seed = ", "no TOML file"),
    ],
    ids=["key", "key of a table", "syntax"],
)
def test_mistake_is_an_error_with_the_name_of_the_file(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "training.toml").write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError, match=rf"training\.toml.*{problem}"):
        read_training(tmp_path, num_examples=10)


def test_bot_without_unlabelled_utterances_has_none(tmp_path: Path) -> None:
    assert read_unlabelled(tmp_path) == ()


def test_a_line_is_an_utterance_whatever_else_breaks_lines(tmp_path: Path) -> None:
    text = "\ufeffwhere is it?\r\n\r\n  \nA\u2028b\x85c \n"
    (tmp_path / "unlabelled.txt").write_bytes(text.encode())

    assert read_unlabelled(tmp_path) == ("where is it?", "A\u2028b\x85c")


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"\xff\xfe", "expected a text file in UTF-8"), (b" \n\n", "without any utterance")],
    ids=["not UTF-8", "empty"],
)
def test_unlabelled_utterances_that_cannot_be_used_are_named(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    (tmp_path / "unlabelled.txt").write_bytes(content)

    with pytest.raises(ConfigError, match=rf"unlabelled\.txt.*{problem}"):
        read_unlabelled(tmp_path)
