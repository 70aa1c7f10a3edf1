"""The FAISS index of an FAQ store: an immutable value.

Rows are unit vectors of every question, every alternative, and every piece of a passage under its question;
the inner product is the cosine. The index knows its texts and entries, the encoder that made it and the
content it was built from.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

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


def build_index(
    entries: Sequence[FaqEntry], embed: Embed, *, encoder_id: str, previous: FaqIndex | None = None
) -> FaqIndex:
    """Embed all texts of `entries` and index them; those that `previous` holds are not embedded again.

    Args:
        entries: FAQ entries with unique ids.
        embed: gives unit rows for all texts of a store; it is called once at most (see `BatchedEmbedder`).
        encoder_id: names the encoder behind `embed`.
        previous: an index of earlier entries; one of another encoder is of no use and ignored.

    Raises:
        IndexMismatchError: `embed` gave rows that are too many, too few, or not of unit length.
    """
    texts = tuple(text for entry in entries for text in _texts_of(entry))
    wanted = _texts_to_embed(texts)
    known = _known_rows(previous) if previous is not None and previous.encoder_id == encoder_id else {}
    new = list(dict.fromkeys(text for text in wanted if text not in known))
    if new or not known:
        rows = np.ascontiguousarray(embed(new), dtype=np.float32)  # (new, hidden)
        _check_rows(rows, len(new))
        known |= dict(zip(new, rows, strict=True))
        num_dimensions = rows.shape[1]
    else:
        num_dimensions = next(iter(known.values())).shape[0]
    vectors = faiss.IndexFlatIP(num_dimensions)
    faiss.omp_set_num_threads(1)
    if wanted:
        vectors.add(np.stack([known[text] for text in wanted]))
    return FaqIndex(texts, encoder_id, content_hash(entries), vectors)


def embedded_texts(entries: Sequence[FaqEntry]) -> list[tuple[IndexedText, str]]:
    """Give every row that an index of `entries` has, with the text that is embedded for it."""
    texts = [text for entry in entries for text in _texts_of(entry)]
    return list(zip(texts, _texts_to_embed(texts), strict=True))


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


def _texts_to_embed(texts: Sequence[IndexedText]) -> list[str]:
    """Put a piece under its question: alone it often does not say what it is about."""
    questions = {text.entry_id: text.text for text in texts if text.kind == "question"}
    return [f"{questions[one.entry_id]}\n{one.text}" if one.kind == "passage" else one.text for one in texts]


def _known_rows(index: FaqIndex) -> dict[str, NDArray[np.float32]]:
    """Give the vector of every text that was embedded."""
    rows = index.vectors.reconstruct_n(0, len(index.texts))
    return dict(zip(_texts_to_embed(index.texts), rows, strict=True))


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
