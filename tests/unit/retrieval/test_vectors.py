from collections.abc import Iterable

import faiss
import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval.vectors import RowFilter, build_vectors, kind_of, search_rows

_NUM_ROWS, _WIDTH = 3_000, 32


def unit_rows(num_rows: int, seed: int) -> NDArray[np.float32]:
    """Make rows around two hundred centres, as texts gather around subjects."""
    centres = np.random.default_rng(7).standard_normal((200, _WIDTH), dtype=np.float32)
    rng = np.random.default_rng(seed)
    rows = centres[rng.integers(0, 200, num_rows)]
    rows += 0.5 * rng.standard_normal(rows.shape, dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


_ROWS = unit_rows(_NUM_ROWS, seed=1)
_QUERIES = unit_rows(100, seed=2)


@pytest.fixture(scope="module")
def exact() -> faiss.Index:
    return build(_ROWS, max_exact_rows=_NUM_ROWS)


@pytest.fixture(scope="module")
def approximate() -> faiss.Index:
    return build(_ROWS, max_exact_rows=_NUM_ROWS - 1)


def build(rows: NDArray[np.float32], *, max_exact_rows: int) -> faiss.Index:
    return build_vectors(
        rows.__getitem__, num_rows=len(rows), num_dimensions=rows.shape[1], max_exact_rows=max_exact_rows
    )


def best_rows(
    query: NDArray[np.float32], num_rows: int, among: Iterable[int] = range(_NUM_ROWS)
) -> list[int]:
    allowed = np.array(sorted(among))
    return allowed[np.argsort(-(_ROWS[allowed] @ query), kind="stable")[:num_rows]].tolist()


def recall(vectors: faiss.Index, among: Iterable[int] | None = None) -> float:
    """Give the part of the ten closest rows that a search for 32 has among its first ten."""
    allowed = range(_NUM_ROWS) if among is None else list(among)
    wanted = None if among is None else RowFilter.of(allowed, _NUM_ROWS)
    found = [search_rows(vectors, query, 32, wanted)[:10] for query in _QUERIES]
    shared = [
        len(set(rows.tolist()) & set(best_rows(query, 10, allowed)))
        for rows, query in zip(found, _QUERIES, strict=True)
    ]
    return sum(shared) / (10 * len(_QUERIES))


def test_kind_follows_the_number_of_rows(exact: faiss.Index, approximate: faiss.Index) -> None:
    assert (kind_of(exact), kind_of(approximate)) == ("exact", "approximate")


@pytest.mark.parametrize(
    "foreign", [faiss.IndexFlatL2(4), faiss.IndexHNSWFlat(4, 8, faiss.METRIC_INNER_PRODUCT)]
)
def test_other_indexes_have_no_kind(foreign: faiss.Index) -> None:
    assert kind_of(foreign) is None


def test_exact_search_equals_numpy(exact: faiss.Index) -> None:
    found = [search_rows(exact, query, 20).tolist() for query in _QUERIES]

    assert found == [best_rows(query, 20) for query in _QUERIES]


def test_exact_search_among_rows_equals_numpy(exact: faiss.Index) -> None:
    among = range(5, _NUM_ROWS, 17)

    found = [search_rows(exact, query, 20, RowFilter.of(among, _NUM_ROWS)).tolist() for query in _QUERIES]

    assert found == [best_rows(query, 20, among) for query in _QUERIES]


def test_approximate_search_finds_nearly_all_of_the_closest(approximate: faiss.Index) -> None:
    assert recall(approximate) >= 0.97


@pytest.mark.parametrize("step", [2, 10, 20])
def test_recall_does_not_fall_under_a_filter(approximate: faiss.Index, step: int) -> None:
    assert recall(approximate, among=range(3, _NUM_ROWS, step)) >= 0.97


@pytest.mark.parametrize("num_allowed", [1, 9, 40])
def test_a_narrow_filter_is_searched_exactly(approximate: faiss.Index, num_allowed: int) -> None:
    among = np.random.default_rng(3).choice(_NUM_ROWS, num_allowed, replace=False).tolist()

    found = [
        search_rows(approximate, query, 20, RowFilter.of(among, _NUM_ROWS)).tolist() for query in _QUERIES
    ]

    assert found == [best_rows(query, 20, among) for query in _QUERIES]


@pytest.mark.parametrize("kind", ["exact", "approximate"])
def test_filter_lets_no_other_row_through(kind: str, request: pytest.FixtureRequest) -> None:
    among = set(range(0, _NUM_ROWS, 3))

    found = search_rows(
        request.getfixturevalue(kind), _QUERIES[0], _NUM_ROWS, RowFilter.of(among, _NUM_ROWS)
    ).tolist()

    assert found
    assert set(found) <= among


@pytest.mark.parametrize("kind", ["exact", "approximate"])
def test_nothing_allowed_finds_nothing(kind: str, request: pytest.FixtureRequest) -> None:
    vectors = request.getfixturevalue(kind)

    assert search_rows(vectors, _QUERIES[0], 5, RowFilter.of([], _NUM_ROWS)).tolist() == []


def test_no_rows_find_nothing() -> None:
    assert search_rows(build(_ROWS[:0], max_exact_rows=10), _QUERIES[0], 5).tolist() == []


def test_approximate_index_gives_its_rows_back(approximate: faiss.Index) -> None:
    numbers = np.array([2_999, 0, 17, 17])

    np.testing.assert_array_equal(approximate.reconstruct_batch(numbers), _ROWS[numbers])


def test_the_same_rows_make_the_same_approximate_index(approximate: faiss.Index) -> None:
    faiss.omp_set_num_threads(1)

    again = build(_ROWS, max_exact_rows=0)

    assert bytes(faiss.serialize_index(again)) == bytes(faiss.serialize_index(approximate))
