"""A good start for the intent head: the linear classifier that is optimal for the frozen embeddings.

Linear discriminant analysis with a shared, shrunken covariance, in closed form: Hastie, Tibshirani and
Friedman, "The Elements of Statistical Learning", section 4.3 (equation 4.10) and 18.2.
"""

from __future__ import annotations

import torch
from torch import nn


def start_intent_head(
    linear: nn.Linear, embeddings: torch.Tensor, intents: torch.Tensor, *, shrinkage: float
) -> None:
    """Set weight and bias from the examples.

    Args:
        linear: maps embeddings to intent logits.
        embeddings: ``(examples, hidden)`` float32.
        intents: ``(examples,)`` int64; every intent occurs.
        shrinkage: share of the covariance that is replaced by a multiple of the identity, in (0, 1].
    """
    points = embeddings.double()
    num_intents, hidden = linear.weight.shape
    members = nn.functional.one_hot(intents, num_intents).double()  # (examples, num_intents)
    counts = members.sum(dim=0)
    means = (members.T @ points) / counts.unsqueeze(1)  # (num_intents, hidden)
    centred = points - means[intents]
    covariance = centred.T @ centred / max(1, len(points) - num_intents)
    scale = covariance.trace() / hidden + 1e-6
    identity = torch.eye(hidden, dtype=torch.float64)
    shrunken = (1.0 - shrinkage) * covariance + shrinkage * scale * identity
    weight = torch.linalg.solve(shrunken, means.T).T  # (num_intents, hidden)
    bias = torch.log(counts / counts.sum()) - 0.5 * (means * weight).sum(dim=1)
    with torch.no_grad():
        linear.weight.copy_(weight)
        linear.bias.copy_(bias)
