"""A good start for the heads: intents by logistic regression on the frozen embeddings, patterns by name.

The problem is convex, so the start does not depend on a seed; fine-tuning goes on from the best that the
frozen encoder can do.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

_MATCH_BELIEF = 2.0  # outweighs the head's belief in no label twice, see `nlu.heads`
_MAX_ITERATIONS = 60  # enough for a start; the last digits do not matter


def start_intent_head(
    linear: nn.Linear,
    embeddings: torch.Tensor,
    intents: torch.Tensor,
    *,
    weights: torch.Tensor,
    penalty: float,
    is_multi_label: bool = False,
) -> None:
    """Fit weight and bias to the examples by L-BFGS.

    The loss is the weighted mean over the examples of the cross-entropy, or with several labels of the binary
    cross-entropies' sum, plus `penalty` times the squared length of the weight matrix per whole example.

    Args:
        linear: maps embeddings to intent logits.
        embeddings: ``(examples, hidden)`` float32.
        intents: ``(examples, num_intents)`` float32, multi-hot.
        weights: ``(examples,)`` float32, how much each counts; 1 is a whole example.
        penalty: strength of the L2 penalty, above 0.
        is_multi_label: several intents at once, each judged alone.
    """
    weight = torch.zeros_like(linear.weight, requires_grad=True)
    bias = torch.zeros_like(linear.bias, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=_MAX_ITERATIONS, line_search_fn="strong_wolfe")

    def loss_of_all() -> torch.Tensor:
        optimiser.zero_grad()
        logits = embeddings @ weight.T + bias
        misfit = (_misfits(logits, intents, is_multi_label=is_multi_label) * weights).sum()
        loss = (misfit + penalty * weight.square().sum()) / weights.sum()
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no annotation here
        return loss

    optimiser.step(loss_of_all)  # type: ignore[no-untyped-call]  # nor here
    with torch.no_grad():
        linear.weight.copy_(weight)
        linear.bias.copy_(bias)


def start_match_scores(match_scores: nn.Parameter, entities: Sequence[str], patterns: Sequence[str]) -> None:
    """Believe that what a pattern matches is the entity of the pattern's name, until training says otherwise.

    Args:
        match_scores: ``(patterns, labels)``, see `nlu.heads.SpanHead`.
        entities: the entity of every span label that has neither role nor group, "" for the others.
        patterns: the names of the patterns, in their order.
    """
    with torch.no_grad():
        for row, pattern in enumerate(patterns):
            for column, entity in enumerate(entities):
                if entity == pattern:
                    match_scores[row, column] = _MATCH_BELIEF


def _misfits(logits: torch.Tensor, intents: torch.Tensor, *, is_multi_label: bool) -> torch.Tensor:
    if not is_multi_label:
        return nn.functional.cross_entropy(logits, intents, reduction="none")
    return nn.functional.binary_cross_entropy_with_logits(logits, intents, reduction="none").sum(dim=1)
