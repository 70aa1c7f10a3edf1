"""Out-of-scope scores: each grows away from what was trained, and is what its formula says."""

import numpy as np
import pytest

from nlu.out_of_scope import (
    CentroidScore,
    EnergyScore,
    MahalanobisScore,
    NeighbourScore,
    ScopeScoreError,
    ScopeScoreName,
    SoftmaxScore,
    fit_scope_score,
    restore_scope_score,
)

REFERENCES = np.asarray([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32)
NO_LOGITS = np.zeros((1, 2), dtype=np.float32)
NAMES = ("softmax", "energy", "mahalanobis", "neighbours", "centroids")


def test_neighbours_average_the_nearest_cosines() -> None:
    scores = NeighbourScore(REFERENCES, 2).score(np.asarray([[1.0, 0.0]], dtype=np.float32), NO_LOGITS)

    assert scores.tolist() == [0.5]


def test_more_neighbours_than_references_uses_all() -> None:
    scores = NeighbourScore(REFERENCES, 99).score(REFERENCES, NO_LOGITS)

    assert scores.tolist() == [0.5, 0.5]


def test_centroids_take_the_nearest_direction() -> None:
    scores = CentroidScore(REFERENCES).score(
        np.asarray([[0.6, 0.8], [-1.0, 0.0]], dtype=np.float32), NO_LOGITS
    )

    assert scores == pytest.approx([0.2, 1.0])


def test_softmax_is_what_the_best_intent_leaves() -> None:
    logits = np.log(np.asarray([[0.7, 0.2, 0.1]], dtype=np.float32))

    assert SoftmaxScore().score(NO_LOGITS, logits) == pytest.approx([0.3])


def test_energy_is_the_negative_log_of_the_summed_exponentials() -> None:
    logits = np.asarray([[800.0, 800.0], [np.log(2.0), np.log(3.0)]], dtype=np.float32)

    assert EnergyScore().score(NO_LOGITS, logits) == pytest.approx([-800.0 - np.log(2.0), -np.log(5.0)])


def test_mahalanobis_weighs_directions_by_their_spread() -> None:
    whitening = np.diag([1.0, 10.0]).astype(np.float32)
    score = MahalanobisScore(np.zeros((1, 2), dtype=np.float32), whitening)

    scores = score.score(np.asarray([[0.5, 0.0], [0.0, 0.5]], dtype=np.float32), NO_LOGITS)

    assert scores == pytest.approx([0.25, 25.0])


@pytest.mark.parametrize("name", NAMES)
def test_score_is_higher_far_from_the_training_examples(name: ScopeScoreName) -> None:
    rng = np.random.default_rng(0)
    centres = np.eye(4, 16, dtype=np.float32)
    intents = np.repeat(np.eye(4, dtype=np.float32), 25, axis=0)
    embeddings = _unit(np.repeat(centres, 25, axis=0) + rng.normal(0, 0.05, (100, 16)))
    inside, outside = _unit(centres + 0.05), _unit(-np.ones((4, 16)))
    score = fit_scope_score(name, embeddings, intents, num_neighbours=3)

    near, far = score.score(inside, 20 * inside[:, :4]), score.score(outside, 20 * outside[:, :4])

    assert near.max() < far.min()


@pytest.mark.parametrize("name", NAMES)
def test_stored_references_give_the_same_scores(name: ScopeScoreName) -> None:
    rng = np.random.default_rng(1)
    embeddings = _unit(rng.normal(size=(30, 8)))
    intents = np.eye(3, dtype=np.float32)[rng.integers(0, 3, 30)]
    logits = rng.normal(size=(30, 3)).astype(np.float32)
    fitted = fit_scope_score(name, embeddings, intents, num_neighbours=2)
    stored = {key: value.astype(np.float16).astype(np.float32) for key, value in fitted.references().items()}

    restored = restore_scope_score(name, stored, num_neighbours=2)

    assert np.array_equal(restored.score(embeddings, logits), fitted.score(embeddings, logits))


def test_an_unknown_score_or_missing_references_are_named() -> None:
    with pytest.raises(ScopeScoreError, match="got the out-of-scope score 'luck'"):
        restore_scope_score("luck", {}, num_neighbours=1)
    with pytest.raises(ScopeScoreError, match="without 'directions'"):
        restore_scope_score("centroids", {}, num_neighbours=1)


def _unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
