"""Index snapshots: directories that are written at once or not at all, and verified byte by byte.

A directory that does not fit what is asked for is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import faiss

from retrieval.index import FaqIndex, IndexedText, IndexMismatchError
from retrieval.vectors import kind_of

_FORMAT_VERSION = 3  # the manifest says how vectors are searched; a line for each text
_MANIFEST, _VECTORS, _TEXTS = "manifest.json", "vectors.faiss", "texts.jsonl"
_REBUILD = "build it again with `spandesk index build`"


class SnapshotError(Exception):
    """An index could not be written."""


def snapshot_path(folder: Path, *, encoder_id: str, content_hash: str) -> Path:
    """Name the directory below `folder` for the index of this encoder and content."""
    key = hashlib.sha256(f"{_FORMAT_VERSION}\0{encoder_id}\0{content_hash}".encode())
    return folder / key.hexdigest()[:24]


def save_index(index: FaqIndex, path: Path) -> None:
    """Write `index` to the directory `path`, under another name first: it is there whole or not at all.

    Two processes may save the same index at once. A directory that is there already stays if it is a whole
    index of the same encoder and content, and is replaced otherwise.

    Raises:
        SnapshotError: the disk is full, or the folder cannot be written to; nothing is left behind.
    """
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        unfinished.mkdir(parents=True)
        _write(index, unfinished)
        _put_in_place(unfinished, path, index)
    except OSError as error:
        raise SnapshotError(
            f"got no room for the index {path.name} in {path.parent} ({error}), expected a folder that "
            "can be written to; free some space"
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def newest_index(folder: Path, *, encoder_id: str) -> FaqIndex | None:
    """Read the newest whole snapshot below `folder` of this encoder; None if there is none."""
    for path in _newest_first(folder):
        try:
            return load_index(path, encoder_id=encoder_id)
        except IndexMismatchError:
            continue
    return None


def remove_old_indexes(folder: Path, *, num_kept: int) -> None:
    """Remove all snapshots below `folder` but the newest; a server that has read one needs it no more."""
    for path in list(_newest_first(folder))[num_kept:]:
        shutil.rmtree(path, ignore_errors=True)


def load_index(path: Path, *, encoder_id: str | None = None, content_hash: str | None = None) -> FaqIndex:
    """Read an index and verify every byte of it.

    Args:
        path: a directory that `save_index` wrote.
        encoder_id: the encoder that must have made it; None accepts any.
        content_hash: the content that it must hold; None accepts any.

    Raises:
        IndexMismatchError: a file is missing or changed, or format, encoder or content are others.
    """
    manifest = _read_manifest(path)
    for field_name, expected in (("encoder_id", encoder_id), ("content_hash", content_hash)):
        if expected is not None and manifest[field_name] != expected:
            got = manifest[field_name]
            raise IndexMismatchError(
                f"{field_name} of the index {path.name}", got=got, expected=expected, remedy=_REBUILD
            )
    for name, expected_hash in manifest["files"].items():
        _check_hash(path / name, expected_hash)
    return FaqIndex(
        texts=_read_texts(path / _TEXTS),
        encoder_id=manifest["encoder_id"],
        content_hash=manifest["content_hash"],
        vectors=_read_vectors(path / _VECTORS, manifest["vector_kind"]),
    )


def _read_texts(path: Path) -> tuple[IndexedText, ...]:
    with path.open(encoding="utf-8", newline="\n") as file:
        return tuple(IndexedText(**json.loads(line)) for line in file)


def _read_vectors(path: Path, expected: str) -> faiss.Index:
    what = f"{path.name} of {path.parent.name}"
    try:
        vectors = faiss.read_index(str(path))
    except RuntimeError as error:  # FAISS has no finer class
        raise IndexMismatchError(
            what, got="what FAISS cannot read", expected=f"{expected} vectors", remedy=_REBUILD
        ) from error
    kind = kind_of(vectors)
    if kind != expected:
        got = type(vectors).__name__ if kind is None else f"{kind} vectors"
        raise IndexMismatchError(what, got=got, expected=f"{expected} vectors", remedy=_REBUILD)
    return vectors


def _newest_first(folder: Path) -> Iterator[Path]:
    """Give the finished snapshots; one that another process removes meanwhile is left out."""
    ages: list[tuple[float, Path]] = []
    for path in folder.glob("[!.]*"):
        try:
            ages.append((path.stat().st_mtime, path))
        except FileNotFoundError:
            continue
    yield from (path for _, path in sorted(ages, reverse=True))


def _write(index: FaqIndex, folder: Path) -> None:
    with (folder / _VECTORS).open("wb") as file:  # faiss itself only prints what goes wrong at the end
        writer = faiss.PyCallbackIOWriter(file.write)  # type: ignore[attr-defined]  # a megabyte at a time
        faiss.write_index(index.vectors, writer)
    with (folder / _TEXTS).open("w", encoding="utf-8", newline="\n") as lines:
        lines.writelines(f"{json.dumps(_fields_of(text), ensure_ascii=False)}\n" for text in index.texts)
    manifest = _manifest_of(index, folder)
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=2), encoding="utf-8")
    for name in (_VECTORS, _TEXTS, _MANIFEST):
        _flush(folder / name)


def _fields_of(text: IndexedText) -> dict[str, str | int]:
    return {
        "entry_id": text.entry_id,
        "kind": text.kind,
        "text": text.text,
        "start": text.start,
        "end": text.end,
    }


def _manifest_of(index: FaqIndex, folder: Path) -> dict[str, Any]:
    manifest = {
        "format_version": _FORMAT_VERSION,
        "encoder_id": index.encoder_id,
        "content_hash": index.content_hash,
        "vector_kind": kind_of(index.vectors),
        "num_texts": len(index.texts),
        "num_dimensions": index.num_dimensions,
        "faiss_version": faiss.__version__,
        "files": {name: _hash_file(folder / name) for name in (_VECTORS, _TEXTS)},
    }
    return manifest | {"manifest_hash": _hash_json(manifest)}


def _read_manifest(path: Path) -> dict[str, Any]:
    what = f"the index {path.name}"
    try:
        manifest = json.loads((path / _MANIFEST).read_bytes())
    except FileNotFoundError as error:
        raise IndexMismatchError(
            what, got=f"no {_MANIFEST}", expected="a whole index", remedy=_REBUILD
        ) from error
    except ValueError as error:  # not UTF-8, or not JSON
        raise IndexMismatchError(
            what, got=f"a broken {_MANIFEST}", expected="JSON", remedy=_REBUILD
        ) from error
    written_hash = manifest.pop("manifest_hash", None) if isinstance(manifest, dict) else None
    if written_hash is None or written_hash != _hash_json(manifest):
        raise IndexMismatchError(
            what, got=f"a changed {_MANIFEST}", expected="its own hash in it", remedy=_REBUILD
        )
    if manifest["format_version"] != _FORMAT_VERSION:
        got = f"format {manifest['format_version']}"
        raise IndexMismatchError(what, got=got, expected=f"format {_FORMAT_VERSION}", remedy=_REBUILD)
    checked: dict[str, Any] = manifest
    return checked


def _check_hash(path: Path, expected: str) -> None:
    got = _hash_file(path) if path.is_file() else "no such file"
    if got != expected:
        what = f"{path.name} of the index {path.parent.name}"
        raise IndexMismatchError(what, got=got, expected=expected, remedy=_REBUILD)


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hash_json(value: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _put_in_place(unfinished: Path, path: Path, index: FaqIndex) -> None:
    """Rename `unfinished` to `path`; what is in the way stays if it is as good, else it is removed."""
    try:
        unfinished.rename(path)
    except OSError:  # there is a directory of that name
        if _is_index_of(path, index):
            return
        aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        path.rename(aside)
        unfinished.rename(path)
        shutil.rmtree(aside, ignore_errors=True)


def _is_index_of(path: Path, index: FaqIndex) -> bool:
    try:
        load_index(path, encoder_id=index.encoder_id, content_hash=index.content_hash)
    except IndexMismatchError:
        return False
    return True
