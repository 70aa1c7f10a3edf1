from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from nlu.bundle import Origin, load_bundle, save_bundle
from nlu.checkpoint import CheckpointError, EncoderCheckpoint
from nlu.interpreter import BundleInterpreter
from nlu.manifest import read_manifest, verify_belongs
from nlu.provenance import hash_code, hash_data
from nlu.training.pipeline import TrainedBundle
from tests.fakes_nlu import WORDS, flip_byte, make_checkpoint, reseal, small_data

FILES = (
    "adapter.safetensors",
    "heads.safetensors",
    "out_of_scope.safetensors",
    "labels.json",
    "calibration.json",
    "config.json",
    "vocabulary.json",
    "metrics.json",
    "golden.json",
)


@pytest.fixture
def folder(trained: TrainedBundle, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained.path, tmp_path / "copy"))


def test_bundle_holds_exactly_its_files(trained: TrainedBundle) -> None:
    assert {path.name for path in trained.path.iterdir()} == {*FILES, "manifest.json"}
    assert set(read_manifest(trained.path).files) == set(FILES)


def test_loaded_twice_gives_identical_parses(trained: TrainedBundle, checkpoint: EncoderCheckpoint) -> None:
    text = ["i want to return the red coat"]

    first, second = (
        BundleInterpreter(load_bundle(trained.path, encoder=checkpoint)).parse(text) for _ in range(2)
    )

    assert first == second


def test_bundle_finds_its_encoder_by_name(trained: TrainedBundle) -> None:
    assert load_bundle(trained.path).bundle_id == trained.bundle_id


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("position", [0, -1], ids=["first byte", "last byte"])
def test_one_flipped_byte_is_refused_with_the_file(
    folder: Path, checkpoint: EncoderCheckpoint, name: str, position: int
) -> None:
    flip_byte(folder / name, position)

    with pytest.raises(CheckpointError, match=rf"got .*{name} with sha256 .*, expected .*; copy the bundle"):
        load_bundle(folder, encoder=checkpoint)


def test_any_flipped_byte_of_the_manifest_is_refused(folder: Path, checkpoint: EncoderCheckpoint) -> None:
    content = (folder / "manifest.json").read_bytes()
    refused = 0

    for position in range(0, len(content), 7):
        flip_byte(folder / "manifest.json", position)
        with pytest.raises(CheckpointError, match=r"got .*"):
            load_bundle(folder, encoder=checkpoint)
        refused += 1
        (folder / "manifest.json").write_bytes(content)

    assert refused > 100


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
def test_missing_file_is_refused(folder: Path, checkpoint: EncoderCheckpoint, name: str) -> None:
    (folder / name).unlink()

    with pytest.raises(CheckpointError, match=f"got no .*{name}"):
        load_bundle(folder, encoder=checkpoint)


@pytest.mark.parametrize("version", [1, 99], ids=["of the past", "of the future"])
def test_bundle_of_another_format_is_refused(
    folder: Path, checkpoint: EncoderCheckpoint, version: int
) -> None:
    document = json.loads((folder / "manifest.json").read_bytes()) | {"format_version": version}
    (folder / "manifest.json").write_text(json.dumps(document))

    with pytest.raises(
        CheckpointError, match=f"of bundle format {version}, expected 2; train the bundle again"
    ):
        load_bundle(folder, encoder=checkpoint)


def test_another_encoder_is_refused(trained: TrainedBundle, tmp_path: Path) -> None:
    other = make_checkpoint(tmp_path / "other", [*WORDS, "extra"])

    with pytest.raises(CheckpointError, match="whose weights have sha256"):
        load_bundle(trained.path, encoder=other)


def test_another_vocabulary_is_refused(trained: TrainedBundle, checkpoint: EncoderCheckpoint) -> None:
    other = replace(checkpoint, tokenizer_sha256="0" * 64)

    with pytest.raises(CheckpointError, match="whose vocabulary have sha256 000"):
        load_bundle(trained.path, encoder=other)


def test_weights_that_compute_other_numbers_are_refused(folder: Path, checkpoint: EncoderCheckpoint) -> None:
    heads = load_file(folder / "heads.safetensors")
    heads["intent_head.linear.bias"] += 0.5
    save_file(heads, folder / "heads.safetensors")
    reseal(folder)

    with pytest.raises(CheckpointError, match="intent_logits of the golden batch"):
        load_bundle(folder, encoder=checkpoint)


def test_heads_of_another_shape_are_refused(folder: Path, checkpoint: EncoderCheckpoint) -> None:
    heads = load_file(folder / "heads.safetensors")
    heads.pop("span_head.bilinear")
    save_file(heads, folder / "heads.safetensors")
    reseal(folder)

    with pytest.raises(CheckpointError, match="heads that do not fit at"):
        load_bundle(folder, encoder=checkpoint)


def test_file_without_tensors_is_refused(folder: Path, checkpoint: EncoderCheckpoint) -> None:
    (folder / "adapter.safetensors").write_bytes(b"nothing")
    reseal(folder)

    with pytest.raises(CheckpointError, match="adapter.safetensors that holds no tensors"):
        load_bundle(folder, encoder=checkpoint)


def save_again(folder: Path, checkpoint: EncoderCheckpoint) -> None:
    save_bundle(load_bundle(folder, encoder=checkpoint), checkpoint, Origin("1", "2", 3), folder)


class KilledError(Exception):
    pass


@pytest.mark.parametrize("num_renames", [0, 1], ids=["before", "between"])
def test_kill_while_a_bundle_is_replaced_leaves_a_whole_one(
    folder: Path, checkpoint: EncoderCheckpoint, monkeypatch: pytest.MonkeyPatch, num_renames: int
) -> None:
    rename, num_done = Path.rename, 0

    def rename_until_killed(path: Path, target: Path) -> Path:
        nonlocal num_done
        if num_done == num_renames:
            raise KilledError
        num_done += 1
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", rename_until_killed)
    with pytest.raises(KilledError):
        save_again(folder, checkpoint)

    kept = folder if num_renames == 0 else folder.with_name("copy.old")
    assert load_bundle(kept, encoder=checkpoint).bundle_id


@pytest.mark.parametrize("is_there", [True, False], ids=["bundle", "no bundle"])
def test_what_a_kill_left_goes_when_a_bundle_is_saved(
    folder: Path, checkpoint: EncoderCheckpoint, is_there: bool
) -> None:
    bundle, old = load_bundle(folder, encoder=checkpoint), folder.with_name("copy.old")
    shutil.copytree(folder, old) if is_there else folder.rename(old)

    save_bundle(bundle, checkpoint, Origin("1", "2", 3), folder)

    assert [path.name for path in folder.parent.iterdir()] == ["copy"]
    assert read_manifest(folder).data_hash == "1"


def test_bundle_belongs_to_its_data_and_code(trained: TrainedBundle) -> None:
    verify_belongs(read_manifest(trained.path), data_hash=hash_data(small_data()), code_hash=hash_code())


@pytest.mark.parametrize(
    ("data_hash", "code_hash", "what"),
    [("0" * 64, None, "training data"), (None, "0" * 64, "training code")],
    ids=["data", "code"],
)
def test_bundle_of_other_data_or_code_is_told_apart(
    trained: TrainedBundle, data_hash: str | None, code_hash: str | None, what: str
) -> None:
    manifest = read_manifest(trained.path)

    with pytest.raises(CheckpointError, match=f"made from {what} .*, expected 000000000000; train it again"):
        verify_belongs(
            manifest,
            data_hash=data_hash or manifest.data_hash,
            code_hash=code_hash or manifest.code_hash,
        )


def test_loaded_model_is_frozen(trained: TrainedBundle, checkpoint: EncoderCheckpoint) -> None:
    model = load_bundle(trained.path, encoder=checkpoint).model

    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())
    assert not any("lora" in name for name, _ in model.named_parameters())
    assert all(parameter.dtype == torch.float32 for parameter in model.parameters())
