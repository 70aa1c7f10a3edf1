"""The manifest of a bundle or a reader: what it was made from and the sha256 of every file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from nlu.checkpoint import CheckpointError, hash_file


@dataclass(frozen=True, slots=True)
class StoredFormat:
    """A kind of folder: how it is called, the file of its manifest, and the version that is written now."""

    noun: str
    manifest_name: str
    version: int


BUNDLE = StoredFormat("bundle", "manifest.json", 2)  # 1 held nothing but LoRA, and another form of labels
READER = StoredFormat("reader", "reader.json", 1)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Where a bundle comes from and what it consists of.

    Attributes:
        format_version: of the directory's layout.
        encoder: name of the base encoder.
        encoder_sha256: of its weights.
        tokenizer_sha256: of its vocabulary.
        encoder_id: of the adapted encoder; embeddings of different ones cannot be compared.
        data_hash: of the training data, see `nlu.provenance.hash_data`.
        code_hash: of the code that determines the weights, see `nlu.provenance.hash_code`.
        seed: of the training run.
        files: sha256 by file name.
    """

    format_version: int
    encoder: str
    encoder_sha256: str
    tokenizer_sha256: str
    encoder_id: str
    data_hash: str
    code_hash: str
    seed: int
    files: Mapping[str, str]

    @property
    def bundle_id(self) -> str:
        """Name the bundle by its content: equal bundles have equal names."""
        return hashlib.sha256(_serialise(self)).hexdigest()[:16]


def hash_files(folder: Path, stored: StoredFormat = BUNDLE) -> dict[str, str]:
    """Hash all files of a folder but the manifest."""
    names = sorted(path.name for path in folder.iterdir() if path.name != stored.manifest_name)
    return {name: hash_file(folder / name) for name in names}


def write_manifest(folder: Path, manifest: Manifest, stored: StoredFormat = BUNDLE) -> None:
    """Write the manifest in its only form, sealed with its own hash."""
    (folder / stored.manifest_name).write_bytes(_seal(manifest))


def read_manifest(folder: Path, stored: StoredFormat = BUNDLE) -> Manifest:
    """Read the manifest and verify it and every file of the folder.

    Raises:
        CheckpointError: a file is missing or changed; the message names it.
    """
    manifest = _read(folder / stored.manifest_name, stored)
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise CheckpointError(f"got no file {path}, expected the {stored.noun} to be whole; {_REMEDY}")
        got = hash_file(path)
        if got != expected:
            raise CheckpointError(f"got {path} with sha256 {got}, expected {expected}; {_REMEDY}")
    return manifest


def verify_belongs(manifest: Manifest, *, data_hash: str, code_hash: str) -> None:
    """Check that a bundle was made from this data by this code.

    Raises:
        CheckpointError: it was not; the message says which differs.
    """
    for what, got, expected in (
        ("training data", manifest.data_hash, data_hash),
        ("training code", manifest.code_hash, code_hash),
    ):
        if got != expected:
            raise CheckpointError(
                f"got a bundle made from {what} {got[:12]}, expected {expected[:12]}; train it again"
            )


_REMEDY = "copy the bundle again or train a new one"


def _read(path: Path, stored: StoredFormat) -> Manifest:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"got no readable {path}, expected a {stored.noun}; {_REMEDY}") from error
    try:
        document = json.loads(content)
        document.pop("sha256")
        version = document["format_version"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"got {path} that is no manifest ({error}); {_REMEDY}") from error
    if version != stored.version:
        raise CheckpointError(
            f"got {path} of {stored.noun} format {version}, expected {stored.version}; "
            f"train the {stored.noun} again"
        )
    if set(document) != {field.name for field in fields(Manifest)}:
        raise CheckpointError(f"got {path} with the fields {sorted(document)}; {_REMEDY}")
    manifest = Manifest(**document)
    if content != _seal(manifest):
        expected = hashlib.sha256(_serialise(manifest)).hexdigest()
        raise CheckpointError(f"got {path} that was changed, expected its seal to be {expected}; {_REMEDY}")
    return manifest


def _serialise(manifest: Manifest) -> bytes:
    return json.dumps(asdict(manifest), sort_keys=True, indent=1).encode("ascii")


def _seal(manifest: Manifest) -> bytes:
    document = asdict(manifest) | {"sha256": hashlib.sha256(_serialise(manifest)).hexdigest()}
    return json.dumps(document, sort_keys=True, indent=1).encode("ascii") + b"\n"
