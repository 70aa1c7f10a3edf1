"""The joint model: one encoder pass gives the intent, the spans and the query embedding.

Losses are reported part by part, each with its own denominator; the caller weighs them.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from nlu.batching import Batch, EncodedText
from nlu.encoder import SpanEncoder, mean_embedding
from nlu.heads import IntentHead, SpanHead
from nlu.spans import TokenSpan, border_masks, decode_spans

UNKNOWN_SPAN = -100
"""The target of spans that nobody annotated; nothing is learnt from them."""


@dataclass(frozen=True, slots=True)
class HeadSizes:
    """Shapes of the heads; with the label map they rebuild the modules."""

    num_intents: int
    num_span_labels: int
    num_patterns: int
    span_size: int
    dropout: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class JointOutput:
    """What one pass says.

    Attributes:
        intent_logits: ``(batch, num_intents)`` float32.
        span_gains: ``(batch, num_labels, seq, seq)`` float32, see `SpanHead`.
        embedding: ``(batch, hidden)`` float32 of unit length.
    """

    intent_logits: torch.Tensor
    span_gains: torch.Tensor
    embedding: torch.Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """What the outputs should be.

    Attributes:
        intents: ``(batch, num_intents)`` float32, 1 at the intents of the utterance, else 0.
        spans: ``(batch, seq, seq)`` int64: 0 for no label, else the label's number + 1; `UNKNOWN_SPAN` where
            nobody annotated.
        teacher: ``(batch, hidden)`` float32 unit embeddings of the frozen encoder.
        weights: ``(batch,)`` float32, how much the intents of each utterance count.
        is_multi_label: whether utterances of the data can have several intents, see `LabelMap`.
    """

    intents: torch.Tensor
    spans: torch.Tensor
    teacher: torch.Tensor
    weights: torch.Tensor
    is_multi_label: bool = False

    def to(self, device: torch.device) -> Targets:
        """Move all tensors to `device`."""
        return replace(
            self,
            intents=self.intents.to(device),
            spans=self.spans.to(device),
            teacher=self.teacher.to(device),
            weights=self.weights.to(device),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """Scalars: intent per example, span per example, distillation per example; lower is better."""

    intent: torch.Tensor
    span: torch.Tensor
    distillation: torch.Tensor


class JointModel(nn.Module):
    """Encoder with an intent head and a span head."""

    def __init__(self, encoder: SpanEncoder, sizes: HeadSizes) -> None:
        super().__init__()
        self.encoder = encoder
        self.intent_head = IntentHead(encoder.hidden, sizes.num_intents, dropout=sizes.dropout)
        self.span_head = SpanHead(
            encoder.hidden,
            sizes.num_span_labels,
            size=sizes.span_size,
            num_patterns=sizes.num_patterns,
            dropout=sizes.dropout,
        )

    def forward(self, batch: Batch) -> JointOutput:
        """Run the whole model on a batch."""
        return self.read_states(self.encoder(batch), batch)

    def read_states(
        self, states: torch.Tensor, batch: Batch, *, spans_in: AbstractContextManager[object] | None = None
    ) -> JointOutput:
        """Run the heads on the last states, ``(batch, seq, hidden)``; the span head in `spans_in`."""
        with spans_in or nullcontext():
            gains = self.span_head(states, batch.casing, batch.patterns)
        embedding = mean_embedding(states, batch.text_mask)
        return JointOutput(
            intent_logits=self.intent_head(embedding),
            span_gains=gains.float(),
            embedding=embedding,
        )

    def embed(self, batch: Batch) -> torch.Tensor:
        """Give the query embeddings alone, ``(batch, hidden)``."""
        return mean_embedding(self.encoder(batch), batch.text_mask)


def span_cells(word_mask: torch.Tensor) -> torch.Tensor:
    """Mark the cells that are spans: ``(batch, seq, seq)`` bool, both ends words and start <= last."""
    both = word_mask.unsqueeze(2) & word_mask.unsqueeze(1)
    return both.triu()


def joint_losses(
    output: JointOutput, targets: Targets, batch: Batch, *, intent_weights: torch.Tensor | None = None
) -> Losses:
    """Compare outputs with targets.

    The intent loss is that of `intent_losses` times the utterance's weight, and times that of its intents if
    `intent_weights`, ``(batch,)``, is given; the span loss the cross-entropy of all cells that are spans,
    summed over the utterance; the distillation loss one minus the cosine to the frozen encoder's embedding.
    Each is divided by the number of examples.
    """
    per_example = intent_losses(output.intent_logits, targets) * targets.weights  # (batch,)
    intent = (per_example if intent_weights is None else per_example * intent_weights).mean()
    distillation = (1.0 - (output.embedding * targets.teacher).sum(dim=-1)).mean()
    return Losses(intent, span_loss(output.span_gains, targets.spans, batch.word_mask), distillation)


def intent_losses(logits: torch.Tensor, targets: Targets) -> torch.Tensor:
    """Give the loss of every example, ``(batch,)``, lower is better.

    One intent per utterance: the cross-entropy. Several: the binary cross-entropy summed over the atoms.
    """
    if targets.is_multi_label:
        binary = nn.functional.binary_cross_entropy_with_logits(logits, targets.intents, reduction="none")
        return binary.sum(dim=1)
    return nn.functional.cross_entropy(logits, targets.intents, reduction="none")


def span_loss(gains: torch.Tensor, spans: torch.Tensor, word_mask: torch.Tensor) -> torch.Tensor:
    """Sum the cross-entropy over the cells that are spans and known, divided by the number of examples."""
    unlabelled = gains.new_zeros(gains.shape[0], 1, *gains.shape[2:])  # gain 0, the first class
    logits = torch.cat([unlabelled, gains], dim=1)
    losses = nn.functional.cross_entropy(logits, spans, reduction="none", ignore_index=UNKNOWN_SPAN)
    return (losses * span_cells(word_mask)).sum() / len(spans)  # of (batch, seq, seq)


def word_spans(gains: NDArray[np.float32], encoded: EncodedText) -> list[TokenSpan]:
    """Decode the best spans of one text from its padded ``(num_labels, seq, seq)`` gains."""
    words = [token for token, (start, end) in enumerate(encoded.offsets) if end > start]
    if not words:
        return []
    first, after = words[0], words[-1] + 1
    begins, ends = border_masks(encoded.offsets[first:after])
    inside = gains[:, first:after, first:after]
    if not (begins.all() and ends.all()):  # byte-level tokens may share a character
        inside = np.where(begins[:, None] & ends, inside, np.float32(-np.inf))
    spans = decode_spans(inside)
    return [TokenSpan(span.start + first, span.end + first, span.label, span.gain) for span in spans]
