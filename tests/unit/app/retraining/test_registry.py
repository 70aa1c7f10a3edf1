from __future__ import annotations

from pathlib import Path

import pytest

from app.retraining.registry import ModelRegistry
from nlu.checkpoint import CheckpointError
from tests.fakes_training import load_fake_parser, write_bundle


def test_adopted_bundle_is_a_whole_copy(tmp_path: Path) -> None:
    registry = ModelRegistry(tmp_path / "models")
    trained = write_bundle(tmp_path / "out", {"hi": "greet"})

    bundle_id, path = registry.adopt(trained.path)

    assert (bundle_id, path) == (trained.bundle_id, registry.path_of(trained.bundle_id))
    assert load_fake_parser(path).meanings == {"hi": "greet"}
    assert [entry.name for entry in registry.path.iterdir()] == [bundle_id]


def test_bundle_that_is_there_is_left_alone(tmp_path: Path) -> None:
    registry = ModelRegistry(tmp_path / "models")
    trained = write_bundle(tmp_path / "out", {"hi": "greet"})
    _, path = registry.adopt(trained.path)
    made_at = path.stat().st_mtime_ns

    registry.adopt(trained.path)

    assert path.stat().st_mtime_ns == made_at


def test_changed_bundle_is_refused(tmp_path: Path) -> None:
    registry = ModelRegistry(tmp_path / "models")
    trained = write_bundle(tmp_path / "out", {"hi": "greet"})
    (trained.path / "meanings.json").write_text('{"hi": "goodbye"}')

    with pytest.raises(CheckpointError, match=r"meanings\.json"):
        registry.adopt(trained.path)
    assert not registry.path.exists()
