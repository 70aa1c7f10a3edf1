from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from nlu.training import hard_negatives
from nlu.training.hard_negatives import NO_TEXT, mine_hard_negatives


def unit(*degrees: float) -> NDArray[np.float32]:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


# question, its text, two pieces of b, one of c, one of d
EMBEDDINGS = unit(0, 40, 50, 55, 60, 80)
ANSWERS = [frozenset("a"), frozenset("a"), frozenset("b"), frozenset("b"), frozenset("c"), frozenset("d")]
ALL_TEXTS = np.array([[0, 1], [2, 3], [4, 5], [5, 4], [3, 2]])


def mine(limit: int, *, max_cosine: float = 0.99) -> list[int]:
    found = mine_hard_negatives(EMBEDDINGS, ALL_TEXTS, ANSWERS, limit=limit, max_cosine=max_cosine)
    return [int(text) for text in found[0]]


def test_nearest_text_of_each_other_answer_is_taken() -> None:
    assert mine(2) == [2, 4]  # not the second piece of b


def test_places_that_nothing_fills_are_empty() -> None:
    assert mine(5) == [2, 4, 5, NO_TEXT, NO_TEXT]


def test_text_that_is_nearly_the_own_one_is_no_negative() -> None:
    # 2 is 10 degrees from the question's own text, 3 is 15
    assert mine(2, max_cosine=float(np.cos(np.radians(12)))) == [3, 4]


def test_text_that_is_nearly_the_question_is_no_negative() -> None:
    embeddings = EMBEDDINGS.copy()
    embeddings[1] = unit(-60)[0]

    found = mine_hard_negatives(
        embeddings, ALL_TEXTS, ANSWERS, limit=1, max_cosine=float(np.cos(np.radians(52)))
    )

    assert found[0].tolist() == [3]


def test_text_of_several_answers_is_no_negative_of_any_of_them() -> None:
    answers = [*ANSWERS[:2], frozenset("ab"), *ANSWERS[3:]]

    found = mine_hard_negatives(EMBEDDINGS, ALL_TEXTS, answers, limit=2, max_cosine=0.99)

    assert found[0].tolist() == [3, 4]


def test_only_texts_of_pairs_are_searched() -> None:
    found = mine_hard_negatives(EMBEDDINGS, ALL_TEXTS[:2], ANSWERS, limit=2, max_cosine=0.99)

    assert found[0].tolist() == [3, NO_TEXT]


def test_blocks_of_rows_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = mine_hard_negatives(EMBEDDINGS, ALL_TEXTS, ANSWERS, limit=2, max_cosine=0.99)
    monkeypatch.setattr(hard_negatives, "_MAX_CELLS", 1)

    in_blocks = mine_hard_negatives(EMBEDDINGS, ALL_TEXTS, ANSWERS, limit=2, max_cosine=0.99)

    np.testing.assert_array_equal(in_blocks, whole)


@pytest.mark.parametrize(
    ("pairs", "limit"), [(ALL_TEXTS[:0], 2), (ALL_TEXTS, 0)], ids=["no pairs", "none wanted"]
)
def test_nothing_to_do_gives_nothing(pairs: NDArray[np.int64], limit: int) -> None:
    found = mine_hard_negatives(EMBEDDINGS, pairs, ANSWERS, limit=limit, max_cosine=0.9)

    assert found.shape == (len(pairs), limit)
