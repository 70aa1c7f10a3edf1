"""The FAISS index of an FAQ store: an immutable value, and a directory that is written at once or not at all.

Rows are unit vectors of every question, every alternative, and every piece of a passage under its question;
the inner product is the cosine. The index knows its texts and entries, the encoder that made it and the
content it was built from; a directory that does not fit what is asked for is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import faiss
import numpy as np
from numpy.typing import NDArray

from retrieval.passages import cut_passages
from retrieval.types import Embed, FaqEntry, content_hash

# Of the best piece, against the best question. On the starter bot's FAQ, each alternative asked while it
# is left out, recall@1 is 0.72 with 2/3 and 0.70 with 1; `python -m benchmarks.faq_retrieval` measures it.
PASSAGE_WEIGHT = 2 / 3
_NUM_CANDIDATE_ROWS = 256  # rows looked at for the best entries; all of a store of some thirty entries
_UNIT_TOLERANCE = 1e-3
_FORMAT_VERSION = 2  # pieces of passages know their offsets
_MANIFEST, _VECTORS, _TEXTS = "manifest.json", "vectors.faiss", "texts.json"
_REBUILD = "build it again with `spandesk index build`"

TextKind = Literal["question", "alternative", "passage"]


class IndexMismatchError(Exception):
    """An index does not fit: what was found, what was expected, and what to do."""

    def __init__(self, what: str, *, got: object, expected: object, remedy: str) -> None:
        """Compose ``what: got …, expected …; remedy``."""
        super().__init__(f"{what}: got {got}, expected {expected}; {remedy}")


@dataclass(frozen=True, slots=True)
class IndexedText:
    """One row of the index: a text of an entry; of its passage, the piece ``passage[start:end]``."""

    entry_id: str
    kind: TextKind
    text: str
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class FaqIndex:
    """Unit vectors of all texts of an FAQ store; safe to search from several threads."""

    texts: tuple[IndexedText, ...]
    encoder_id: str
    content_hash: str
    vectors: faiss.IndexFlatIP
    rows_of: dict[str, tuple[int, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Group the rows by entry."""
        rows: dict[str, list[int]] = {}
        for row, text in enumerate(self.texts):
            rows.setdefault(text.entry_id, []).append(row)
        object.__setattr__(self, "rows_of", {entry_id: tuple(own) for entry_id, own in rows.items()})

    @property
    def num_dimensions(self) -> int:
        """Give the width of the vectors."""
        return int(self.vectors.d)

    def search(
        self, embedding: NDArray[np.float32], *, limit: int, entry_ids: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """Give the `limit` best entries with their scores in [-1, 1], best first.

        Args:
            embedding: float32 unit vector, ``(hidden,)``, of the encoder `encoder_id`.
            limit: the most entries to give.
            entry_ids: those to search among; None for all.

        Raises:
            IndexMismatchError: the embedding has another width.
        """
        query = self._query(embedding)
        allowed = None if entry_ids is None else self._rows_of(entry_ids)
        num_allowed = len(self.texts) if allowed is None else len(allowed)
        if not num_allowed:
            return []
        faiss.omp_set_num_threads(1)
        num_rows = min(num_allowed, max(_NUM_CANDIDATE_ROWS, 8 * limit))
        among = None if allowed is None else _among(allowed)
        _, rows = self.vectors.search(query, num_rows, params=among)
        candidates = list(dict.fromkeys(self.texts[row].entry_id for row in rows[0]))
        scores = self.scores(embedding, candidates)
        return sorted(scores.items(), key=lambda scored: -scored[1])[:limit]

    def scores(self, embedding: NDArray[np.float32], entry_ids: Sequence[str]) -> dict[str, float]:
        """Score entries exactly: `PASSAGE_WEIGHT` of the best piece, the rest of the best question."""
        query = self._query(embedding)[0]
        return {entry_id: self._score(query, self.rows_of[entry_id]) for entry_id in entry_ids}

    def _rows_of(self, entry_ids: Collection[str]) -> NDArray[np.int64]:
        rows = [row for entry_id in entry_ids for row in self.rows_of[entry_id]]
        return np.asarray(rows, dtype=np.int64)

    def _score(self, query: NDArray[np.float32], rows: tuple[int, ...]) -> float:
        cosines = self.vectors.reconstruct_batch(np.asarray(rows, dtype=np.int64)) @ query
        is_passage = np.array([self.texts[row].kind == "passage" for row in rows])
        of_passages, of_questions = cosines[is_passage].max(), cosines[~is_passage].max()
        return float(PASSAGE_WEIGHT * of_passages + (1 - PASSAGE_WEIGHT) * of_questions)

    def _query(self, embedding: NDArray[np.float32]) -> NDArray[np.float32]:
        if embedding.shape != (self.num_dimensions,):
            raise IndexMismatchError(
                "the embedding of a question",
                got=f"shape {embedding.shape}",
                expected=f"({self.num_dimensions},)",
                remedy="embed it with the encoder of the index",
            )
        return np.ascontiguousarray(embedding, dtype=np.float32)[None, :]  # (1, hidden)


def build_index(entries: Sequence[FaqEntry], embed: Embed, *, encoder_id: str) -> FaqIndex:
    """Embed all texts of `entries` and index them.

    Args:
        entries: FAQ entries with unique ids.
        embed: gives unit rows for all texts of a store; it is called once (see `BatchedEmbedder`).
        encoder_id: names the encoder behind `embed`.

    Raises:
        IndexMismatchError: `embed` gave rows that are too many, too few, or not of unit length.
    """
    texts = tuple(text for entry in entries for text in _texts_of(entry))
    questions = {entry.entry_id: entry.question for entry in entries}
    rows = embed([_text_to_embed(text, questions[text.entry_id]) for text in texts])
    rows = np.ascontiguousarray(rows, dtype=np.float32)  # (texts, hidden)
    _check_rows(rows, len(texts))
    vectors = faiss.IndexFlatIP(rows.shape[1])
    faiss.omp_set_num_threads(1)
    vectors.add(rows)
    return FaqIndex(texts, encoder_id, content_hash(entries), vectors)


def snapshot_path(folder: Path, *, encoder_id: str, content_hash: str) -> Path:
    """Name the directory below `folder` for the index of this encoder and content."""
    key = hashlib.sha256(f"{_FORMAT_VERSION}\0{encoder_id}\0{content_hash}".encode())
    return folder / key.hexdigest()[:24]


def save_index(index: FaqIndex, path: Path) -> None:
    """Write `index` to the directory `path`, under another name first: it is there whole or not at all.

    Two processes may save the same index at once. A directory that is there already stays if it is a whole
    index of the same encoder and content, and is replaced otherwise.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    unfinished.mkdir()
    try:
        faiss.write_index(index.vectors, str(unfinished / _VECTORS))
        texts = [asdict(text) for text in index.texts]
        (unfinished / _TEXTS).write_text(json.dumps(texts, ensure_ascii=False), encoding="utf-8")
        manifest = _manifest_of(index, unfinished)
        (unfinished / _MANIFEST).write_text(json.dumps(manifest, indent=2), encoding="utf-8")
        for name in (_VECTORS, _TEXTS, _MANIFEST):
            _flush(unfinished / name)
        _put_in_place(unfinished, path, index)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


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
    texts = json.loads((path / _TEXTS).read_text(encoding="utf-8"))
    vectors = faiss.read_index(str(path / _VECTORS))
    if not isinstance(vectors, faiss.IndexFlatIP):
        got = type(vectors).__name__
        raise IndexMismatchError(
            f"{_VECTORS} of {path.name}", got=got, expected="IndexFlatIP", remedy=_REBUILD
        )
    return FaqIndex(
        texts=tuple(IndexedText(**text) for text in texts),
        encoder_id=manifest["encoder_id"],
        content_hash=manifest["content_hash"],
        vectors=vectors,
    )


def _manifest_of(index: FaqIndex, folder: Path) -> dict[str, Any]:
    manifest = {
        "format_version": _FORMAT_VERSION,
        "encoder_id": index.encoder_id,
        "content_hash": index.content_hash,
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


def _texts_of(entry: FaqEntry) -> list[IndexedText]:
    pieces = cut_passages(entry.passage)
    return [
        IndexedText(entry.entry_id, "question", entry.question),
        *(IndexedText(entry.entry_id, "alternative", text) for text in entry.alternatives),
        *(
            IndexedText(entry.entry_id, "passage", entry.passage[one.start : one.end], one.start, one.end)
            for one in pieces
        ),
    ]


def _text_to_embed(text: IndexedText, question: str) -> str:
    """Put a piece under its question: alone it often does not say what it is about."""
    return f"{question}\n{text.text}" if text.kind == "passage" else text.text


def _check_rows(rows: NDArray[np.float32], num_texts: int) -> None:
    remedy = "check the encoder"
    if rows.ndim != 2 or len(rows) != num_texts:
        expected = f"({num_texts}, hidden)"
        raise IndexMismatchError("embeddings", got=f"shape {rows.shape}", expected=expected, remedy=remedy)
    lengths = np.linalg.norm(rows, axis=1)
    if not np.all(np.abs(lengths - 1.0) < _UNIT_TOLERANCE):  # also refuses NaN
        worst = lengths[np.argmax(np.where(np.isnan(lengths), np.inf, np.abs(lengths - 1.0)))]
        raise IndexMismatchError("embeddings", got=f"length {worst}", expected="length 1", remedy=remedy)


def _among(rows: NDArray[np.int64]) -> faiss.SearchParameters:
    return faiss.SearchParameters(sel=faiss.IDSelectorBatch(rows))  # type: ignore[call-arg]  # added at run time
