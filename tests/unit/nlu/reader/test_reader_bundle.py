from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from nlu.bundle import load_bundle
from nlu.checkpoint import CheckpointError, EncoderCheckpoint
from nlu.manifest import READER, read_manifest
from nlu.provenance import hash_reading
from nlu.reader.bundle import load_reader
from nlu.reader.reading import Reader
from nlu.training.reader import TrainedReader
from tests.fakes_nlu import WORDS, flip_byte, make_checkpoint
from tests.fakes_reader import small_reading

FILES = {"adapter.safetensors", "heads.safetensors", "config.json", "metrics.json", "golden.json"}


@pytest.fixture
def folder(trained_reader: TrainedReader, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained_reader.path, tmp_path / "copy"))


def test_folder_holds_exactly_its_files_and_its_origin(trained_reader: TrainedReader) -> None:
    manifest = read_manifest(trained_reader.path, READER)

    assert {path.name for path in trained_reader.path.iterdir()} == FILES | {"reader.json"}
    assert set(manifest.files) == FILES
    assert manifest.data_hash == hash_reading(small_reading())
    assert manifest.bundle_id == trained_reader.reader_id


def test_a_reader_loaded_twice_reads_the_same(folder: Path, checkpoint: EncoderCheckpoint) -> None:
    questions, passages = ["is my shirt"], ["the shirt is navy the coat is red"]

    first, second = (
        Reader(load_reader(folder, encoder=checkpoint)).read(questions, passages) for _ in range(2)
    )

    assert first == second


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_changed_file_is_refused_by_name(folder: Path, checkpoint: EncoderCheckpoint, name: str) -> None:
    flip_byte(folder / name, 20)

    with pytest.raises(CheckpointError, match=name):
        load_reader(folder, encoder=checkpoint)


def test_a_truncated_file_is_refused(folder: Path, checkpoint: EncoderCheckpoint) -> None:
    path = folder / "adapter.safetensors"
    path.write_bytes(path.read_bytes()[:-10])

    with pytest.raises(CheckpointError, match="adapter.safetensors with sha256"):
        load_reader(folder, encoder=checkpoint)


def test_a_missing_file_and_a_missing_folder_are_refused(folder: Path, checkpoint: EncoderCheckpoint) -> None:
    (folder / "heads.safetensors").unlink()

    with pytest.raises(CheckpointError, match="got no file .*heads.safetensors, expected the reader"):
        load_reader(folder, encoder=checkpoint)
    with pytest.raises(CheckpointError, match="expected a reader"):
        load_reader(folder / "nowhere", encoder=checkpoint)


def test_a_bundle_is_no_reader_and_a_reader_no_bundle(folder: Path, checkpoint: EncoderCheckpoint) -> None:
    with pytest.raises(CheckpointError, match=r"no readable .*manifest\.json, expected a bundle"):
        load_bundle(folder, encoder=checkpoint)


def test_another_format_is_refused(folder: Path, checkpoint: EncoderCheckpoint) -> None:
    document = json.loads((folder / "reader.json").read_bytes())
    document["format_version"] = 99
    (folder / "reader.json").write_text(json.dumps(document))

    with pytest.raises(CheckpointError, match="reader format 99, expected 1"):
        load_reader(folder, encoder=checkpoint)


def test_another_encoder_is_refused(folder: Path, tmp_path: Path) -> None:
    other = make_checkpoint(tmp_path / "other", (*WORDS, "more"))

    with pytest.raises(CheckpointError, match="whose weights have sha256"):
        load_reader(folder, encoder=other)
