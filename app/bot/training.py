"""How a bot wants to be trained: ``training.toml`` in its folder, which is optional.

Not part of `Bot`: whoever serves a bot trains nothing.
"""

from __future__ import annotations

from pathlib import Path

from app.bot.documents import TRAINING_NAME
from nlu.training.config import TrainConfig, load_train_config


def read_training(root: Path) -> TrainConfig:
    """Read the training configuration of the bot folder `root`; without one, the defaults hold.

    Raises:
        ConfigError: an unknown key or a value of the wrong kind.
    """
    path = root / TRAINING_NAME
    return load_train_config(path) if path.exists() else TrainConfig()
