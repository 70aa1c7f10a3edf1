"""Pulls a question towards the text that answers it, away from the texts of other answers.

The texts of a batch serve as wrong ones for each other: Henderson et al. 2017, "Efficient Natural Language
Response Suggestion for Smart Reply", section 4.4, "multiple negatives". With a temperature it is InfoNCE:
van den Oord et al. 2018, "Representation Learning with Contrastive Predictive Coding", equation 4.
"""

from __future__ import annotations

import torch


def retrieval_loss(
    questions: torch.Tensor,
    texts: torch.Tensor,
    *,
    positives: torch.Tensor,
    is_negative: torch.Tensor,
    temperature: float,
) -> torch.Tensor:
    """Average over the questions the negative log-share of their own text.

    With ``s(q, t) = cosine(q, t) / temperature`` the loss of a question is
    ``-log(exp s(q, own) / (exp s(q, own) + sum over its negatives of exp s(q, negative)))``: the texts that
    are neither its own nor negative do not count.

    Args:
        questions: ``(batch, hidden)`` float32 of unit length.
        texts: ``(texts, hidden)`` float32 of unit length.
        positives: ``(batch,)`` int64, the row of each question's own text.
        is_negative: ``(batch, texts)`` bool, True where the text belongs to none of the question's answers.
        temperature: above 0; the lower, the more the nearest negatives count.

    Returns:
        A scalar, lower is better; 0 when no question has a negative.
    """
    similarities = questions @ texts.T / temperature  # (batch, texts)
    own = similarities.gather(1, positives.unsqueeze(1))  # (batch, 1)
    against = similarities.masked_fill(~is_negative, float("-inf"))
    totals = torch.cat([own, against], dim=1).logsumexp(dim=1)
    return (totals - own.squeeze(1)).mean()
