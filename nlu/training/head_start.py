"""A good start for the intent head: logistic regression on the frozen embeddings.

The problem is convex, so the start does not depend on a seed; fine-tuning goes on from the best that the
frozen encoder can do.
"""

from __future__ import annotations

import torch
from torch import nn

_MAX_ITERATIONS = 60  # enough for a start; the last digits do not matter


def start_intent_head(
    linear: nn.Linear, embeddings: torch.Tensor, intents: torch.Tensor, *, penalty: float
) -> None:
    """Fit weight and bias to the examples by L-BFGS.

    The loss is the mean cross-entropy plus `penalty` times the squared length of the weights per example.

    Args:
        linear: maps embeddings to intent logits.
        embeddings: ``(examples, hidden)`` float32.
        intents: ``(examples,)`` int64.
        penalty: strength of the L2 penalty, above 0.
    """
    weight = torch.zeros_like(linear.weight, requires_grad=True)
    bias = torch.zeros_like(linear.bias, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=_MAX_ITERATIONS, line_search_fn="strong_wolfe")

    def loss_of_all() -> torch.Tensor:
        optimiser.zero_grad()
        logits = embeddings @ weight.T + bias
        penalised = penalty * weight.square().sum() / len(embeddings)
        loss = nn.functional.cross_entropy(logits, intents) + penalised
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no annotation here
        return loss

    optimiser.step(loss_of_all)  # type: ignore[no-untyped-call]  # nor here
    with torch.no_grad():
        linear.weight.copy_(weight)
        linear.bias.copy_(bias)
