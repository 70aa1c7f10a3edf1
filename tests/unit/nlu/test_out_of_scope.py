from __future__ import annotations

import numpy as np

from nlu.out_of_scope import NeighbourDistance

REFERENCES = np.asarray([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]], dtype=np.float32)


def test_score_is_the_mean_distance_to_the_nearest() -> None:
    scores = NeighbourDistance(REFERENCES, 2).score(np.asarray([[1.0, 0.0]], dtype=np.float32))

    np.testing.assert_allclose(scores, [1.0 - (1.0 + 0.6) / 2], atol=1e-6)


def test_score_grows_away_from_all_references() -> None:
    scores = NeighbourDistance(REFERENCES, 1).score(np.asarray([[0.6, 0.8], [-1.0, 0.0]], dtype=np.float32))

    np.testing.assert_allclose(scores, [0.0, 1.0], atol=1e-6)


def test_more_neighbours_than_references_uses_all() -> None:
    scores = NeighbourDistance(REFERENCES, 99).score(REFERENCES)

    assert scores.shape == (3,)
    assert scores.dtype == np.float32
