"""How a bot wants to be trained: ``training.toml`` and ``unlabelled.txt`` in its folder, both optional.

Not part of `Bot`: whoever serves a bot trains nothing.
"""

from __future__ import annotations

from pathlib import Path

from app.bot.documents import TRAINING_NAME, UNLABELLED_NAME
from nlu.training.config import ConfigError, TrainConfig, load_train_config


def read_training(root: Path) -> TrainConfig:
    """Read the training configuration of the bot folder `root`; without one, the defaults hold.

    Raises:
        ConfigError: an unknown key or a value of the wrong kind.
    """
    path = root / TRAINING_NAME
    return load_train_config(path) if path.exists() else TrainConfig()


def read_unlabelled(root: Path) -> tuple[str, ...]:
    """Read what customers of the bot in `root` wrote and nobody annotated; without a file, nothing.

    Raises:
        ConfigError: the file cannot be read.
    """
    path = root / UNLABELLED_NAME
    return read_utterances(path) if path.exists() else ()


def read_utterances(path: Path) -> tuple[str, ...]:
    """Read a text file with an utterance per line, blank lines left out.

    Raises:
        ConfigError: it cannot be read, or holds no utterance.
    """
    expected = "a text file in UTF-8 with one utterance per line"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"got {path}, expected {expected}: {error}") from error
    lines = tuple(line for line in map(str.strip, text.split("\n")) if line)
    if not lines:
        raise ConfigError(f"got {path} without any utterance, expected {expected}; fill it or leave it out")
    return lines
