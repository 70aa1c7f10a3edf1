import numpy as np
import pytest

from benchmarks.vector_index import recall_at_10
from benchmarks.vector_texts import NOISE, perturb, perturbed_blocks
from retrieval.vectors import BLOCK_ROWS


@pytest.fixture
def rows() -> np.ndarray:
    rows = np.random.default_rng(1).standard_normal((300, 384), dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_perturbed_rows_are_unit_rows_at_the_stated_angle(rows: np.ndarray) -> None:
    perturbed = perturb(rows, np.random.default_rng(2))

    np.testing.assert_allclose(np.linalg.norm(perturbed, axis=1), 1.0, atol=1e-5)
    assert np.mean(np.sum(perturbed * rows, axis=1)) == pytest.approx((1 + NOISE**2) ** -0.5, abs=0.005)


def test_blocks_take_every_row_in_turn(rows: np.ndarray) -> None:
    blocks = list(perturbed_blocks(rows, BLOCK_ROWS + 10, np.random.default_rng(2)))

    assert [block.shape for block in blocks] == [(BLOCK_ROWS, 384), (10, 384)]
    first = BLOCK_ROWS % len(rows)
    assert np.argmax(rows @ blocks[1].T, axis=0).tolist() == list(range(first, first + 10))


def test_recall_counts_the_first_ten_found() -> None:
    truth = np.arange(20).reshape(2, 10)
    found = [np.arange(9, -1, -1), np.array([10, 11, 12, *range(100, 107), 13])]

    assert recall_at_10(found, truth) == (10 + 3) / 20
