"""Unit vectors by row number in FAISS: searched exactly while they are few, approximately when they are many.

The approximate kind is an inverted file (Sivic and Zisserman 2003, "Video Google"): k-means cells, of which a
search reads those nearest to the query. Vectors are kept whole in both kinds, so that scores are exact. How
it was chosen stands in ``docs/decisions/0011-approximate-index.md``; it knows nothing of texts and entries.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import faiss
import numpy as np
from numpy.typing import NDArray

VectorKind = Literal["exact", "approximate"]

MAX_EXACT_ROWS = 50_000  # 77 MB at a width of 384, some 3 ms of one core to search
BLOCK_ROWS = 16_384  # rows copied at once: 25 MB at a width of 384

# Cells: 4 √rows, FAISS's guideline for up to a million rows (4,000 cells of 250 rows).
_CELLS_PER_ROOT = 4
_MIN_ROWS_PER_CELL = 8  # on average; bounds the cells of the small indexes of tests
# Cells that a search reads: of 60,000 rows 15 cells hold .983 of the ten closest, 32 hold .993 (0.4 ms), 64
# hold .997 (0.7 ms); of 100,000 rows 32 hold .977 (validation part). Beyond a million rows, of which 64 cells
# are a 64th, there are more cells and the part stays.
_MIN_PROBED_CELLS = 64
_PROBED_FRACTION = 1 / 64
# k-means takes most of a build, so it sees 64 rows a cell (FAISS warns below 39 and uses at most 256) for 10
# rounds (FAISS's default is 25).
_TRAINING_ROWS_PER_CELL = 64
_TRAINING_ROUNDS = 10
_SEED = 0

TakeRows = Callable[[NDArray[np.int64]], NDArray[np.float32]]
"""Gives the unit rows of some row numbers, ``(rows, hidden)``."""


@dataclass(frozen=True, slots=True, eq=False)
class RowFilter:
    """Row numbers that a search may give, ready for searching; safe to use from several threads."""

    rows: NDArray[np.int64]
    selector: faiss.IDSelectorBitmap

    @classmethod
    def of(cls, rows: Iterable[int], num_rows: int) -> RowFilter:
        """Prepare `rows` of an index that has `num_rows`."""
        numbers = np.unique(np.fromiter(rows, dtype=np.int64))
        mask = np.zeros(num_rows, dtype=np.bool_)
        mask[numbers] = True
        bits: Any = np.packbits(mask, bitorder="little")  # FAISS's types do not know that it takes arrays
        return cls(numbers, faiss.IDSelectorBitmap(bits))  # type: ignore[call-arg]  # as little of its length


def build_vectors(
    take: TakeRows, *, num_rows: int, num_dimensions: int, max_exact_rows: int = MAX_EXACT_ROWS
) -> faiss.Index:
    """Index rows ``0 … num_rows``; two builds of the same rows are the same on one thread.

    Args:
        take: gives unit rows; asked for a block at a time, so that the rows need not be in memory twice.
        num_rows: how many there are.
        num_dimensions: the width of a row.
        max_exact_rows: the most rows that are searched exactly.
    """
    if num_rows <= max_exact_rows:
        vectors: faiss.Index = faiss.IndexFlatIP(num_dimensions)
    else:
        vectors = _trained_cells(take, num_rows, num_dimensions)
    for start in range(0, num_rows, BLOCK_ROWS):
        vectors.add(take(np.arange(start, min(start + BLOCK_ROWS, num_rows))))
    if isinstance(vectors, faiss.IndexIVFFlat):
        vectors.make_direct_map()  # leads from a row number to its cell, for `reconstruct`
    return vectors


def kind_of(vectors: faiss.Index) -> VectorKind | None:
    """Say how `vectors` are searched; None for an index that `build_vectors` does not make."""
    if vectors.metric_type != faiss.METRIC_INNER_PRODUCT:
        return None
    if isinstance(vectors, faiss.IndexFlat):
        return "exact"
    return "approximate" if isinstance(vectors, faiss.IndexIVFFlat) else None


def search_rows(
    vectors: faiss.Index, query: NDArray[np.float32], num_rows: int, among: RowFilter | None = None
) -> NDArray[np.int64]:
    """Give the numbers of the `num_rows` rows closest to `query`, best first; fewer if there are no more.

    With `among`, an approximate search reads more cells, so that it compares `query` with as many rows as
    without. Where that would be all cells, the rows of `among` are searched exactly: narrow filters lose
    nothing.

    Args:
        vectors: an index that `build_vectors` made.
        query: float32 unit vector, ``(hidden,)``.
        num_rows: the most rows to give.
        among: rows to search among; None for all.
    """
    num_allowed = vectors.ntotal if among is None else len(among.rows)
    wanted = min(num_rows, num_allowed)
    if wanted < 1:
        return np.empty(0, dtype=np.int64)
    options: dict[str, Any] = {} if among is None else {"sel": among.selector}
    if isinstance(vectors, faiss.IndexIVFFlat):
        num_cells = math.ceil(_probed_cells(vectors.nlist) * vectors.ntotal / num_allowed)
        if among is not None and num_cells >= vectors.nlist:
            cosines = vectors.reconstruct_batch(among.rows) @ query
            return among.rows[np.argsort(-cosines, kind="stable")[:wanted]]
        options["nprobe"] = num_cells
    parameters = (faiss.SearchParametersIVF if "nprobe" in options else faiss.SearchParameters)(**options)
    rows: NDArray[np.int64] = vectors.search(query[None, :], wanted, params=parameters)[1][0]
    return rows[rows >= 0]  # FAISS fills up with -1


def _probed_cells(num_cells: int) -> int:
    return min(num_cells, max(_MIN_PROBED_CELLS, round(num_cells * _PROBED_FRACTION)))


def _trained_cells(take: TakeRows, num_rows: int, num_dimensions: int) -> faiss.IndexIVFFlat:
    """Find the cells by k-means over some of the rows."""
    num_cells = min(round(_CELLS_PER_ROOT * math.sqrt(num_rows)), -(-num_rows // _MIN_ROWS_PER_CELL))
    num_training = min(num_rows, _TRAINING_ROWS_PER_CELL * num_cells)
    chosen = np.random.default_rng(_SEED).choice(num_rows, num_training, replace=False)
    quantizer = faiss.IndexFlatIP(num_dimensions)
    vectors = faiss.IndexIVFFlat(quantizer, num_dimensions, num_cells, faiss.METRIC_INNER_PRODUCT)
    vectors.cp.niter, vectors.cp.seed = _TRAINING_ROUNDS, _SEED
    vectors.cp.min_points_per_centroid = 1  # a small index is as good as it needs to be; FAISS would warn
    vectors.cp.max_points_per_centroid = _TRAINING_ROWS_PER_CELL
    vectors.train(take(np.sort(chosen)))
    return vectors
