"""How far an utterance lies from everything the model was trained on.

The score is one minus the mean cosine to the nearest training embeddings; it needs no out-of-scope examples.
Sun et al. 2022, "Out-of-Distribution Detection with Deep Nearest Neighbors", section 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class NeighbourDistance:
    """Scores by distance to `references`, ``(examples, hidden)`` float32 of unit length."""

    references: NDArray[np.float32]
    num_neighbours: int

    def score(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score ``(batch, hidden)`` unit embeddings: ``(batch,)`` in [0, 2], higher is farther."""
        similarities = embeddings @ self.references.T  # (batch, examples)
        count = min(self.num_neighbours, similarities.shape[1])
        nearest = np.partition(similarities, -count, axis=1)[:, -count:]
        scores: NDArray[np.float32] = np.float32(1.0) - nearest.mean(axis=1, dtype=np.float32)
        return scores
