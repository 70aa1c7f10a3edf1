"""The tiny checkpoint and one bundle trained on it, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.checkpoint import EncoderCheckpoint
from nlu.training.pipeline import TrainedBundle, train_bundle
from tests.fakes_nlu import WORDS, make_checkpoint, small_data, tiny_config


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> EncoderCheckpoint:
    return make_checkpoint(tmp_path_factory.mktemp("encoder"), WORDS)


@pytest.fixture(scope="session")
def trained(checkpoint: EncoderCheckpoint, tmp_path_factory: pytest.TempPathFactory) -> TrainedBundle:
    out_path: Path = tmp_path_factory.mktemp("bundles") / "tiny"
    return train_bundle(
        small_data(),
        tiny_config(max_epochs=25),
        encoder=checkpoint,
        out_path=out_path,
        progress=lambda _: None,
    )
