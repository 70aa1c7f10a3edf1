"""One reader trained on the tiny checkpoint, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.checkpoint import EncoderCheckpoint
from nlu.training.reader import TrainedReader
from tests.fakes_reader import tiny_reader_config, train_small


@pytest.fixture(scope="session")
def trained_reader(checkpoint: EncoderCheckpoint, tmp_path_factory: pytest.TempPathFactory) -> TrainedReader:
    out_path: Path = tmp_path_factory.mktemp("readers") / "tiny"
    return train_small(checkpoint, out_path, tiny_reader_config(max_epochs=15))
