"""The FAISS index of an FAQ store: an immutable value.

Rows are unit vectors of every question, every alternative, and every piece of a passage under its question;
the inner product is the cosine. The index knows its texts and entries, the encoder that made it and the
content it was built from. How rows are found stands in `retrieval.vectors`; their scores are always exact.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import accumulate, chain
from typing import Literal

import faiss
import numpy as np
from numpy.typing import NDArray

from retrieval.passages import Passage, cut_passages
from retrieval.types import Embed, FaqEntry, content_hash
from retrieval.vectors import MAX_EXACT_ROWS, RowFilter, TakeRows, build_vectors, search_rows

# Of the best piece, against the best question. On the starter bot's FAQ, each alternative asked while it
# is left out, recall@1 is 0.72 with 2/3 and 0.70 with 1; `python -m benchmarks.faq_retrieval` measures it.
PASSAGE_WEIGHT = 2 / 3
_NUM_CANDIDATE_ROWS = 256  # rows looked at for the best entries; all of a store of some thirty entries
_UNIT_TOLERANCE = 1e-3
_NUM_FILTERS = 16  # kept: the day turns rarely, and customers share a few languages and tags

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
    vectors: faiss.Index
    rows_of: dict[str, tuple[int, ...]] = field(init=False, repr=False)
    _is_passage: NDArray[np.bool_] = field(init=False, repr=False)
    _filter_of: Callable[[frozenset[str]], RowFilter] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Group the rows by entry."""
        rows: dict[str, list[int]] = {}
        for row, text in enumerate(self.texts):
            rows.setdefault(text.entry_id, []).append(row)
        is_passage = np.array([text.kind == "passage" for text in self.texts], dtype=np.bool_)
        object.__setattr__(self, "rows_of", {entry_id: tuple(own) for entry_id, own in rows.items()})
        object.__setattr__(self, "_is_passage", is_passage)
        filter_of = partial(
            _filter_rows, self.rows_of, len(self.texts)
        )  # not `self`: a cycle would outlive it
        object.__setattr__(self, "_filter_of", lru_cache(maxsize=_NUM_FILTERS)(filter_of))

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
        among = None if entry_ids is None else self._filter_of(frozenset(entry_ids))
        faiss.omp_set_num_threads(1)
        rows = search_rows(self.vectors, query, max(_NUM_CANDIDATE_ROWS, 8 * limit), among)
        candidates = list(dict.fromkeys(self.texts[row].entry_id for row in rows))
        scores = self.scores(embedding, candidates)
        return sorted(scores.items(), key=lambda scored: -scored[1])[:limit]

    def scores(self, embedding: NDArray[np.float32], entry_ids: Sequence[str]) -> dict[str, float]:
        """Score entries exactly: `PASSAGE_WEIGHT` of the best piece, the rest of the best question."""
        of_passages, of_questions = self._best_cosines(embedding, entry_ids)
        scores = PASSAGE_WEIGHT * of_passages + (1 - PASSAGE_WEIGHT) * of_questions
        return dict(zip(entry_ids, scores.tolist(), strict=True))

    def question_scores(self, embedding: NDArray[np.float32], entry_ids: Sequence[str]) -> dict[str, float]:
        """Give the cosine of each entry's nearest question, the alternatives among them."""
        _, of_questions = self._best_cosines(embedding, entry_ids)
        return dict(zip(entry_ids, of_questions.tolist(), strict=True))

    def best_piece(self, embedding: NDArray[np.float32], entry_id: str) -> Passage:
        """Give the piece of an entry's passage that is nearest to the question."""
        rows = np.array([row for row in self.rows_of[entry_id] if self._is_passage[row]], dtype=np.int64)
        cosines = self.vectors.reconstruct_batch(rows) @ self._query(embedding)  # (pieces,)
        best = self.texts[int(rows[int(cosines.argmax())])]
        return Passage(best.start, best.end)

    def _best_cosines(
        self, embedding: NDArray[np.float32], entry_ids: Sequence[str]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Give the best cosine of every entry over its passage's pieces and over its questions."""
        query = self._query(embedding)
        if not entry_ids:
            return np.zeros(0, np.float32), np.zeros(0, np.float32)
        own = [self.rows_of[entry_id] for entry_id in entry_ids]
        rows = np.fromiter(chain.from_iterable(own), dtype=np.int64)
        starts = list(accumulate(map(len, own[:-1]), initial=0))  # of each entry in `rows`
        cosines = self.vectors.reconstruct_batch(rows) @ query  # (rows,)
        is_passage = self._is_passage[rows]
        of_passages = np.maximum.reduceat(np.where(is_passage, cosines, -np.inf), starts)  # (entries,)
        of_questions = np.maximum.reduceat(np.where(is_passage, -np.inf, cosines), starts)
        return of_passages, of_questions

    def _query(self, embedding: NDArray[np.float32]) -> NDArray[np.float32]:
        if embedding.shape != (self.num_dimensions,):
            raise IndexMismatchError(
                "the embedding of a question",
                got=f"shape {embedding.shape}",
                expected=f"({self.num_dimensions},)",
                remedy="embed it with the encoder of the index",
            )
        return np.ascontiguousarray(embedding, dtype=np.float32)


def _filter_rows(
    rows_of: Mapping[str, tuple[int, ...]], num_rows: int, entry_ids: frozenset[str]
) -> RowFilter:
    return RowFilter.of(chain.from_iterable(rows_of[entry_id] for entry_id in entry_ids), num_rows)


def build_index(
    entries: Sequence[FaqEntry],
    embed: Embed,
    *,
    encoder_id: str,
    previous: FaqIndex | None = None,
    max_exact_rows: int = MAX_EXACT_ROWS,
) -> FaqIndex:
    """Embed all texts of `entries` and index them; those that `previous` holds are not embedded again.

    Args:
        entries: FAQ entries with unique ids.
        embed: gives unit rows for all texts of a store; it is called once at most (see `BatchedEmbedder`).
        encoder_id: names the encoder behind `embed`.
        previous: an index of earlier entries; one of another encoder is of no use and ignored.
        max_exact_rows: with more texts than these the search for candidates is approximate.

    Raises:
        IndexMismatchError: `embed` gave rows that are too many, too few, or not of unit length.
    """
    texts = tuple(text for entry in entries for text in _texts_of(entry))
    if previous is not None and (previous.encoder_id != encoder_id or not previous.texts):
        previous = None
    faiss.omp_set_num_threads(1)  # the server that builds it goes on answering
    take, num_dimensions = _rows_to_index(texts, embed, previous)
    vectors = build_vectors(
        take, num_rows=len(texts), num_dimensions=num_dimensions, max_exact_rows=max_exact_rows
    )
    return FaqIndex(texts, encoder_id, content_hash(entries), vectors)


def _rows_to_index(
    texts: Sequence[IndexedText], embed: Embed, previous: FaqIndex | None
) -> tuple[TakeRows, int]:
    """Give the rows of `texts`, from `previous` where it has them, and their width."""
    wanted = _texts_to_embed(texts)
    known = [] if previous is None else _texts_to_embed(previous.texts)
    places = {text: place for place, text in enumerate(known)}
    new = list(dict.fromkeys(text for text in wanted if text not in places))
    if previous is not None and not new:
        rows = np.empty((0, previous.num_dimensions), dtype=np.float32)
    else:
        rows = np.ascontiguousarray(embed(new), dtype=np.float32)  # (new, hidden)
        _check_rows(rows, len(new))
    places |= {text: len(known) + place for place, text in enumerate(new)}
    place_of = np.array([places[text] for text in wanted], dtype=np.int64)

    def take(numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        found = place_of[numbers]
        taken = np.empty((len(numbers), rows.shape[1]), dtype=np.float32)
        is_new = found >= len(known)
        taken[is_new] = rows[found[is_new] - len(known)]
        if previous is not None:
            taken[~is_new] = previous.vectors.reconstruct_batch(found[~is_new])
        return taken

    return take, rows.shape[1]


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


def _check_rows(rows: NDArray[np.float32], num_texts: int) -> None:
    remedy = "check the encoder"
    if rows.ndim != 2 or len(rows) != num_texts:
        expected = f"({num_texts}, hidden)"
        raise IndexMismatchError("embeddings", got=f"shape {rows.shape}", expected=expected, remedy=remedy)
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))  # without a second array of that size
    if not np.all(np.abs(lengths - 1.0) < _UNIT_TOLERANCE):  # also refuses NaN
        worst = lengths[np.argmax(np.where(np.isnan(lengths), np.inf, np.abs(lengths - 1.0)))]
        raise IndexMismatchError("embeddings", got=f"length {worst}", expected="length 1", remedy=remedy)
