"""How a bot wants to be trained: ``training.toml`` and ``unlabelled.txt`` in its folder, both optional.

Not part of `Bot`: whoever serves a bot trains nothing.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from pathlib import Path

from app.bot.documents import TRAINING_NAME, UNLABELLED_NAME
from nlu.training.config import ConfigError, TrainConfig, load_train_config

_FEW_EXAMPLES = (
    1_000  # so many or fewer: a validation split of 12 % says nothing, and an epoch is a few steps
)
_FEW_VIEWS = 4_800  # of all examples of such a bot together; entities are learnt late
_MAX_EPOCHS = 40
_SMALL_BATCH = 16
_NUM_FOLDS = 3


def read_training(root: Path, *, num_examples: int) -> TrainConfig:
    """Read the training configuration of the bot folder `root`; without one, what suits its size.

    Raises:
        ConfigError: an unknown key or a value of the wrong kind.
    """
    path = root / TRAINING_NAME
    return load_train_config(path) if path.exists() else default_training(num_examples)


def default_training(num_examples: int) -> TrainConfig:
    """Give the settings for so many examples.

    Of few examples none is kept from training to choose an epoch by: all are learnt for a number of epochs,
    and thresholds come from folds.
    """
    defaults = TrainConfig()
    if num_examples > _FEW_EXAMPLES:
        return defaults
    num_epochs = min(_MAX_EPOCHS, max(defaults.optimiser.max_epochs, ceil(_FEW_VIEWS / max(1, num_examples))))
    return replace(
        defaults,
        optimiser=replace(defaults.optimiser, batch_size=_SMALL_BATCH, max_epochs=num_epochs),
        calibration=replace(defaults.calibration, num_folds=_NUM_FOLDS),
    )


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
