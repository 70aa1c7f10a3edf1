"""How far an utterance lies from everything that was trained on; no score needs examples of that.

Two look at the logits, three at distances between embeddings of the fine-tuned space. `softmax`: Hendrycks
and Gimpel 2017, "A Baseline for Detecting Misclassified and Out-of-Distribution Examples". `energy`: Liu et
al. 2020, "Energy-based Out-of-distribution Detection", equation 4. `mahalanobis`: Lee et al. 2018, "A Simple
Unified Framework for Detecting Out-of-Distribution Samples", section 2.1. `neighbours`: Sun et al. 2022,
"Out-of-Distribution Detection with Deep Nearest Neighbors", section 3; `centroids` is its form with one
reference per intent, the mean of its examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

ScopeScoreName = Literal["softmax", "energy", "mahalanobis", "neighbours", "centroids"]

_SHRINKAGE = 0.1  # share of the identity in the covariance: few examples do not span the space
_LENGTH_EPSILON = 1e-12


class ScopeScoreError(Exception):
    """An out-of-scope score that does not exist or lacks its references."""


class ScopeScore(Protocol):
    """Scores utterances; higher is farther from the training examples."""

    def score(self, embeddings: NDArray[np.float32], logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score ``(batch, hidden)`` unit embeddings with their ``(batch, intents)`` logits: ``(batch,)``."""

    def references(self) -> dict[str, NDArray[np.float32]]:
        """Give what a bundle must store, by name."""


@dataclass(frozen=True, slots=True)
class SoftmaxScore:
    """One minus the highest probability, in [0, 1)."""

    def score(self, embeddings: NDArray[np.float32], logits: NDArray[np.float32]) -> NDArray[np.float32]:  # noqa: ARG002  # one form for all
        """See `ScopeScore`."""
        scores: NDArray[np.float32] = np.float32(1.0) - np.float32(1.0) / _sum_relative(logits)
        return scores

    def references(self) -> dict[str, NDArray[np.float32]]:
        """See `ScopeScore`."""
        return {}


@dataclass(frozen=True, slots=True)
class EnergyScore:
    """Minus the logarithm of the summed exponentials of the logits."""

    def score(self, embeddings: NDArray[np.float32], logits: NDArray[np.float32]) -> NDArray[np.float32]:  # noqa: ARG002  # one form for all
        """See `ScopeScore`."""
        scores: NDArray[np.float32] = -(logits.max(axis=1) + np.log(_sum_relative(logits)))
        return scores

    def references(self) -> dict[str, NDArray[np.float32]]:
        """See `ScopeScore`."""
        return {}


@dataclass(frozen=True, slots=True, eq=False)
class MahalanobisScore:
    """The least squared distance to an intent's mean, ``(intents, hidden)``, in units of the shared spread.

    `whitening` is ``(hidden, hidden)``: a row vector times it has the identity as covariance.
    """

    means: NDArray[np.float32]
    whitening: NDArray[np.float32]

    def score(self, embeddings: NDArray[np.float32], logits: NDArray[np.float32]) -> NDArray[np.float32]:  # noqa: ARG002  # one form for all
        """See `ScopeScore`."""
        white, means = embeddings @ self.whitening, self.means @ self.whitening
        squares = np.square(white).sum(axis=1)[:, None] - 2.0 * white @ means.T + np.square(means).sum(axis=1)
        scores: NDArray[np.float32] = squares.min(axis=1)  # (batch,)
        return scores

    def references(self) -> dict[str, NDArray[np.float32]]:
        """See `ScopeScore`."""
        return {"means": self.means, "whitening": self.whitening}


@dataclass(frozen=True, slots=True, eq=False)
class NeighbourScore:
    """One minus the mean cosine to the nearest training embeddings, ``(examples, hidden)``, in [0, 2]."""

    embeddings: NDArray[np.float32]
    num_neighbours: int

    def score(self, embeddings: NDArray[np.float32], logits: NDArray[np.float32]) -> NDArray[np.float32]:  # noqa: ARG002  # one form for all
        """See `ScopeScore`."""
        similarities = embeddings @ self.embeddings.T  # (batch, examples)
        count = min(self.num_neighbours, similarities.shape[1])
        nearest = np.partition(similarities, -count, axis=1)[:, -count:]
        scores: NDArray[np.float32] = np.float32(1.0) - nearest.mean(axis=1, dtype=np.float32)
        return scores

    def references(self) -> dict[str, NDArray[np.float32]]:
        """See `ScopeScore`."""
        return {"embeddings": self.embeddings}


@dataclass(frozen=True, slots=True, eq=False)
class CentroidScore:
    """One minus the cosine to the nearest intent's mean direction, ``(intents, hidden)``, in [0, 2]."""

    directions: NDArray[np.float32]

    def score(self, embeddings: NDArray[np.float32], logits: NDArray[np.float32]) -> NDArray[np.float32]:  # noqa: ARG002  # one form for all
        """See `ScopeScore`."""
        scores: NDArray[np.float32] = np.float32(1.0) - (embeddings @ self.directions.T).max(axis=1)
        return scores

    def references(self) -> dict[str, NDArray[np.float32]]:
        """See `ScopeScore`."""
        return {"directions": self.directions}


def fit_scope_score(
    name: ScopeScoreName,
    embeddings: NDArray[np.float32],
    intents: NDArray[np.float32],
    *,
    num_neighbours: int,
) -> ScopeScore:
    """Fit a score to the training examples; references are rounded as a bundle stores them.

    Args:
        name: which.
        embeddings: ``(examples, hidden)`` unit embeddings of the fine-tuned encoder.
        intents: ``(examples, intents)`` multi-hot.
        num_neighbours: of `neighbours`.

    Raises:
        ScopeScoreError: there is no such score.
    """
    references: dict[str, NDArray[np.float32]] = {}
    if name == "neighbours":
        references = {"embeddings": embeddings}
    elif name in ("centroids", "mahalanobis"):
        means = intents.T @ embeddings / np.maximum(intents.sum(axis=0), 1.0)[:, None]  # (intents, hidden)
        if name == "centroids":
            lengths = np.linalg.norm(means, axis=1, keepdims=True)
            references = {"directions": means / np.maximum(lengths, _LENGTH_EPSILON)}
        else:
            references = {"means": means, "whitening": _whitening(embeddings, intents, means)}
    rounded = {key: value.astype(np.float16).astype(np.float32) for key, value in references.items()}
    return restore_scope_score(name, rounded, num_neighbours=num_neighbours)


def restore_scope_score(
    name: str, references: Mapping[str, NDArray[np.float32]], *, num_neighbours: int
) -> ScopeScore:
    """Make a score of its stored references.

    Raises:
        ScopeScoreError: there is no such score, or it lacks references.
    """
    try:
        scores: dict[str, ScopeScore] = {
            "softmax": SoftmaxScore(),
            "energy": EnergyScore(),
        }
        if name == "mahalanobis":
            return MahalanobisScore(references["means"], references["whitening"])
        if name == "neighbours":
            return NeighbourScore(references["embeddings"], num_neighbours)
        if name == "centroids":
            return CentroidScore(references["directions"])
        return scores[name]
    except KeyError as error:
        expected = ", ".join(get_args(ScopeScoreName))
        raise ScopeScoreError(
            f"got the out-of-scope score '{name}' without {error}, expected one of {expected} with its "
            "references; train the bundle again"
        ) from error


def _sum_relative(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sum ``exp(logit - highest logit)`` over the intents: ``(batch,)``, at least 1."""
    sums: NDArray[np.float32] = np.exp(logits - logits.max(axis=1, keepdims=True)).sum(axis=1)
    return sums


def _whitening(
    embeddings: NDArray[np.float32], intents: NDArray[np.float32], means: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Give the inverse square root of the covariance around the intents' means, ``(hidden, hidden)``."""
    own = (intents / np.maximum(intents.sum(axis=1, keepdims=True), 1.0)) @ means  # (examples, hidden)
    centred = (embeddings - own).astype(np.float64)
    covariance = centred.T @ centred / max(len(centred), 1)
    scale = np.trace(covariance) / len(covariance) + _LENGTH_EPSILON
    shrunk = (1.0 - _SHRINKAGE) * covariance + _SHRINKAGE * scale * np.eye(len(covariance))
    values, vectors = np.linalg.eigh(shrunk)
    root: NDArray[np.float32] = (vectors / np.sqrt(values) @ vectors.T).astype(np.float32)
    return root
