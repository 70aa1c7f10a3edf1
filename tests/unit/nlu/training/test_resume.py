from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from nlu.training.resume import ResumeError, TrainingFolder, TrainingState
from nlu.training.validation import EpochResult

BELONGS_TO = {"configuration": "1", "data set": "2"}


def state(epoch: int, *, best_epoch: int = 1) -> TrainingState:
    number = torch.tensor([float(epoch)])
    return TrainingState(
        results=tuple(EpochResult(n, 0.1 * n, 0.5, 0.25, 0.125, 1.5) for n in range(1, epoch + 1)),
        best_epoch=best_epoch,
        trained={"heads.weight": number},
        best={"heads.weight": torch.tensor([float(best_epoch)])},
        optimiser={"0.step": torch.tensor(7.0)},
        generators={"cpu": torch.tensor([1, 255], dtype=torch.uint8)},
        rng={"bit_generator": "PCG64", "state": {"state": 2**127 + 1, "inc": 3}},
    )


def saved(folder: Path, *epochs: int) -> TrainingFolder:
    training = TrainingFolder(folder, BELONGS_TO, EpochResult)
    for epoch in epochs:
        training.save(state(epoch))
    return training


def test_state_comes_back_as_it_was(tmp_path: Path) -> None:
    saved(tmp_path / "run", 1, 2)

    loaded = TrainingFolder(tmp_path / "run", BELONGS_TO, EpochResult).load()

    assert loaded is not None
    assert (loaded.results, loaded.best_epoch, loaded.rng) == (state(2).results, 1, state(2).rng)
    for group in ("trained", "best", "optimiser", "generators"):
        torch.testing.assert_close(getattr(loaded, group), getattr(state(2), group), rtol=0, atol=0)


def test_only_the_newest_state_and_the_best_are_kept(tmp_path: Path) -> None:
    saved(tmp_path, 1, 2, 3)

    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["best-1.safetensors", "state-3.safetensors", "training.json"]


def test_best_epoch_survives_a_resumption(tmp_path: Path) -> None:
    saved(tmp_path, 1, 2)
    second = TrainingFolder(tmp_path, BELONGS_TO, EpochResult)
    second.load()
    second.save(state(3))

    loaded = TrainingFolder(tmp_path, BELONGS_TO, EpochResult).load()

    assert loaded is not None
    assert loaded.best["heads.weight"].item() == 1.0


def test_kill_while_saving_leaves_the_state_before(tmp_path: Path) -> None:
    saved(tmp_path, 1)
    (tmp_path / "state-2.safetensors").write_bytes(b"half")
    (tmp_path / "training.json.partial").write_text("{")

    loaded = TrainingFolder(tmp_path, BELONGS_TO, EpochResult).load()

    assert loaded is not None
    assert len(loaded.results) == 1


def test_without_a_state_there_is_nothing_to_resume(tmp_path: Path) -> None:
    folder = saved(tmp_path / "run", 1)
    folder.clear()

    assert folder.load() is None
    assert not (tmp_path / "run").exists()


def test_state_of_another_run_is_refused(tmp_path: Path) -> None:
    saved(tmp_path, 1)

    with pytest.raises(ResumeError, match=r"another data set, expected the same; train without resuming"):
        TrainingFolder(tmp_path, BELONGS_TO | {"data set": "3"}, EpochResult).load()


def test_changed_file_is_refused(tmp_path: Path) -> None:
    saved(tmp_path, 1)
    (tmp_path / "best-1.safetensors").write_bytes(b"other")

    with pytest.raises(ResumeError, match=r"best-1\.safetensors missing or changed"):
        TrainingFolder(tmp_path, BELONGS_TO, EpochResult).load()


@pytest.mark.parametrize("key", ["belongs_to", "results", "best_epoch", "rng", "state", "best"])
def test_document_without_a_key_is_refused(tmp_path: Path, key: str) -> None:
    saved(tmp_path, 1)
    document = json.loads((tmp_path / "training.json").read_bytes())
    document.pop(key)
    (tmp_path / "training.json").write_text(json.dumps(document))

    with pytest.raises(ResumeError, match=rf"training\.json that cannot be read \(KeyError\('{key}'\)\)"):
        TrainingFolder(tmp_path, BELONGS_TO, EpochResult).load()


def test_epoch_without_a_figure_is_refused(tmp_path: Path) -> None:
    saved(tmp_path, 1)
    document = json.loads((tmp_path / "training.json").read_bytes())
    document["results"][0].pop("span_f1")
    (tmp_path / "training.json").write_text(json.dumps(document))

    with pytest.raises(ResumeError, match=r"cannot be read .*span_f1"):
        TrainingFolder(tmp_path, BELONGS_TO, EpochResult).load()


@pytest.mark.parametrize("text", ["{", json.dumps({"results": []})], ids=["no JSON", "other JSON"])
def test_broken_document_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "training.json").write_text(text)

    with pytest.raises(ResumeError, match=r"training\.json that"):
        TrainingFolder(tmp_path, BELONGS_TO, EpochResult).load()
