from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from nlu.training import ranking
from nlu.training.pairs import PairTexts, number_texts
from nlu.training.ranking import Ranked, mean_reciprocal_rank
from nlu.types import RetrievalPair

TRAINED = number_texts(
    [
        RetrievalPair("q a", "text a", "a"),
        RetrievalPair("q b", "text b", "b"),
        RetrievalPair("q b", "more", "b"),
    ]
)
ASKED = number_texts([RetrievalPair("new a", "text a", "a"), RetrievalPair("new c", "text c", "c")])


def unit(*degrees: float) -> NDArray[np.float32]:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def embed(where: dict[str, float], *parts: PairTexts) -> NDArray[np.float32]:
    return unit(*(where[text] for part in parts for text in part.texts))


PLACES = {"q a": 170.0, "q b": 170.0, "text a": 30.0, "text b": 10.0, "more": 5.0, "new a": 0.0}


def test_answers_rank_by_their_nearest_text() -> None:
    where = PLACES | {"new c": 90.0, "text c": 80.0}

    quality = mean_reciprocal_rank(embed(where, TRAINED, ASKED), Ranked.of(TRAINED, ASKED))

    assert quality == pytest.approx((1 / 2 + 1) / 2)  # both texts of b are nearer to "new a", as one answer


def test_own_answer_is_last_among_equals() -> None:
    where = dict.fromkeys([*TRAINED.texts, *ASKED.texts], 0.0)

    quality = mean_reciprocal_rank(embed(where, TRAINED, ASKED), Ranked.of(TRAINED, ASKED))

    assert quality == pytest.approx(1 / 3)


def test_any_of_several_own_answers_counts() -> None:
    asked = number_texts([RetrievalPair("new a", "text a", "a"), RetrievalPair("new a", "text b", "b")])

    quality = mean_reciprocal_rank(embed(PLACES, TRAINED, asked), Ranked.of(TRAINED, asked))

    assert quality == 1.0


def test_blocks_of_questions_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    where = PLACES | {"new c": 90.0, "text c": 80.0}
    embeddings, ranked = embed(where, TRAINED, ASKED), Ranked.of(TRAINED, ASKED)
    whole = mean_reciprocal_rank(embeddings, ranked)
    monkeypatch.setattr(ranking, "_MAX_CELLS", 1)

    assert mean_reciprocal_rank(embeddings, ranked) == whole


def test_without_questions_there_is_nothing_to_measure() -> None:
    assert not Ranked.of(TRAINED, number_texts([])).has_questions
