"""The reader's network: the encoder, the span head over the passage, and a score for no answer.

All spans of the passage and the null span share one softmax: Lee et al. 2016, "Learning Recurrent Span
Representations for Extractive Question Answering", section 3; the null span is read off the first token as in
Devlin et al. 2019, "BERT", section 4.3.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from nlu.batching import Batch
from nlu.encoder import SpanEncoder
from nlu.heads import SpanHead
from nlu.model import span_cells

_NO_SPAN = -1e9  # finite, so that a row without any span has no gradient of NaN


@dataclass(frozen=True, slots=True)
class ReaderSizes:
    """Shapes of the heads."""

    span_size: int = 128  # width of a span border's representation
    dropout: float = 0.1  # of token states and borders, in training


@dataclass(frozen=True, slots=True, eq=False)
class ReaderOutput:
    """What one pass says.

    Attributes:
        span_scores: ``(batch, seq, seq)`` float32 of the span from the token of the second axis to the token
            of the third, both included; very low where that is no span of the passage.
        null_scores: ``(batch,)`` float32 of no answer.
    """

    span_scores: torch.Tensor
    null_scores: torch.Tensor

    def log_shares(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Give the logarithms of the softmax over all spans and the null span, in the same shapes."""
        flat = torch.cat([self.null_scores.unsqueeze(1), self.span_scores.flatten(1)], dim=1)
        logs = flat.log_softmax(dim=1)  # (batch, 1 + seq * seq)
        return logs[:, 1:].view_as(self.span_scores), logs[:, 0]


class ReaderModel(nn.Module):
    """Encoder with a span head of one label and a null head."""

    def __init__(self, encoder: SpanEncoder, sizes: ReaderSizes) -> None:
        super().__init__()
        self.encoder = encoder
        self.span_head = SpanHead(
            encoder.hidden, 1, size=sizes.span_size, num_patterns=0, dropout=sizes.dropout
        )
        nn.init.zeros_(self.span_head.width.weight)  # answers of any width; no belief in none of them
        self.null_head = nn.Linear(encoder.hidden, 1)

    def forward(self, batch: Batch) -> ReaderOutput:
        """Read a batch of pairs; a passage is where `word_mask` is."""
        states = self.encoder(batch)
        gains = self.span_head(states, batch.casing, batch.patterns)[:, 0].float()  # (batch, seq, seq)
        return ReaderOutput(
            span_scores=gains.masked_fill(~span_cells(batch.word_mask), _NO_SPAN),
            null_scores=self.null_head(states[:, 0]).squeeze(1).float(),
        )


def reading_loss(output: ReaderOutput, targets: torch.Tensor) -> torch.Tensor:
    """Give minus the log-probability that any right span is chosen, averaged over the pairs; lower is better.

    Several right spans count together: Clark and Gardner 2018, "Simple and Effective Multi-Paragraph Reading
    Comprehension", section 3.2.

    Args:
        output: of the pairs.
        targets: ``(batch, seq, seq)`` bool, True at right spans; a pair without any has no answer.
    """
    spans, null = output.log_shares()
    of_answers = spans.masked_fill(~targets, float("-inf")).flatten(1).logsumexp(dim=1)  # (batch,)
    has_answer = targets.flatten(1).any(dim=1)
    return -torch.where(has_answer, of_answers, null).mean()
