"""Pulls utterances of one intent together and others apart, in a projection that only training sees.

Khosla et al. 2020, "Supervised Contrastive Learning", equation 2. The projection lets the encoder separate
intents while the query embedding itself stays where retrieval needs it.
"""

from __future__ import annotations

import torch
from torch import nn

PROJECTION_SIZE = 128
_TEMPERATURE = 0.1
_LEAST = torch.finfo(torch.float32).tiny  # keeps a quotient of nothing at 0
_EXCLUDED = -1e9  # an utterance is not compared with itself


def contrastive_loss(projected: torch.Tensor, intents: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Average over the utterances that have a partner the negative log-share of their partners.

    Args:
        projected: ``(batch, size)``; only directions count.
        intents: ``(batch, num_intents)`` float32, multi-hot; partners have exactly the same intents.
        weights: ``(batch,)`` float32, how much each utterance counts, among the partners too.

    Returns:
        A scalar, lower is better; 0 when no intent occurs twice.
    """
    directions = nn.functional.normalize(projected, dim=-1)
    itself = torch.eye(len(intents), dtype=torch.bool, device=intents.device)
    similarities = (directions @ directions.T / _TEMPERATURE).masked_fill(itself, _EXCLUDED)
    has_same = (intents.unsqueeze(0) == intents.unsqueeze(1)).all(dim=-1)  # (batch, batch)
    partners = has_same & ~itself
    pulls = partners * weights  # (batch, batch): of the partner in the column
    totals = pulls.sum(dim=1)
    log_shares = similarities.log_softmax(dim=1).masked_fill(~partners, 0.0)
    losses = -(log_shares * pulls).sum(dim=1) / totals.clamp(min=_LEAST)
    counted = weights * (totals > 0.0)
    return (losses * counted).sum() / counted.sum().clamp(min=_LEAST)
