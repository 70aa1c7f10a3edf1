"""Task layers on the encoder's states: one intent per utterance, one label per span.

The span head scores (first token, last token) pairs, a biaffine form with a label dimension: Yu, Bohnet and
Poesio 2020, "Named Entity Recognition as Dependency Parsing", section 3; leaving a span unlabelled scores 0.
"""

from __future__ import annotations

import torch
from torch import nn

from nlu.patterns import FLAGS_PER_PATTERN
from nlu.text import Casing

_WIDTH_BORDERS = (1, 2, 3, 4, 6, 9, 14, 22)
_FEATURE_SIZE = 32
_MATCH_SCALE = 4.0  # a learned match soon outvotes what the borders think of unknown words
_PAIR_STD, _BORDER_STD = 0.02, 0.06  # small against the bias
_UNLABELLED_BIAS = -4.0  # almost all spans have no label; the head starts from that


class IntentHead(nn.Module):
    """Linear scores of the intents from pooled features."""

    def __init__(self, num_features: int, num_intents: int, *, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(num_features, num_intents)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Score ``(batch, num_features)``: ``(batch, num_intents)`` logits."""
        logits: torch.Tensor = self.linear(self.dropout(features))
        return logits


class SpanHead(nn.Module):
    """Gains of every label over no label for every span, of any width."""

    def __init__(self, hidden: int, num_labels: int, *, size: int, num_patterns: int, dropout: float) -> None:
        """Build the head.

        Args:
            hidden: width of the token states.
            num_labels: number of span labels; 0 gives scores without a label axis entry.
            size: width of the border representations.
            num_patterns: width of the pattern flags of a token.
            dropout: of token states and pattern flags.
        """
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.casing = nn.Embedding(len(Casing), _FEATURE_SIZE)
        self.patterns = nn.Linear(num_patterns, _FEATURE_SIZE, bias=False) if num_patterns else None
        self.match_scores = nn.Parameter(torch.empty(num_patterns // FLAGS_PER_PATTERN, num_labels))
        self.start = nn.Linear(hidden + _FEATURE_SIZE, size)
        self.last = nn.Linear(hidden + _FEATURE_SIZE, size)
        self.bilinear = nn.Parameter(torch.empty(num_labels, size, size))
        self.start_scores = nn.Parameter(torch.empty(size, num_labels))
        self.last_scores = nn.Parameter(torch.empty(size, num_labels))
        self.inside_scores = nn.Parameter(torch.empty(hidden + _FEATURE_SIZE, num_labels))
        self.width = nn.Embedding(len(_WIDTH_BORDERS) + 1, num_labels)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Start from small pair scores and a strong belief in no label; a casing never seen says nothing."""
        nn.init.zeros_(self.casing.weight)
        nn.init.normal_(self.bilinear, std=_PAIR_STD)
        nn.init.normal_(self.start_scores, std=_BORDER_STD)
        nn.init.normal_(self.last_scores, std=_BORDER_STD)
        nn.init.zeros_(self.inside_scores)
        nn.init.zeros_(self.match_scores)
        nn.init.constant_(self.width.weight, _UNLABELLED_BIAS)

    def forward(self, states: torch.Tensor, casing: torch.Tensor, patterns: torch.Tensor) -> torch.Tensor:
        """Score all spans.

        Args:
            states: ``(batch, seq, hidden)`` token states.
            casing: ``(batch, seq)`` int64.
            patterns: ``(batch, seq, num_patterns)`` float32 flags.

        Returns:
            ``(batch, num_labels, seq, seq)`` gains for the span from the token of the third axis to the token
            of the fourth, both included; where last < start they mean nothing.
        """
        features = self.casing(casing)
        if self.patterns is not None:
            features = features + self.patterns(self.dropout(patterns))
        tokens = torch.cat([self.dropout(states), features], dim=-1)  # (batch, seq, hidden + features)
        start = self.dropout(nn.functional.gelu(self.start(tokens)))  # (batch, seq, size)
        last = self.dropout(nn.functional.gelu(self.last(tokens)))
        gains = self._pairs(start, last) + self._mean_inside(tokens) + self._width_scores(states.shape[1])
        return gains.transpose(1, 2) + self._whole_matches(patterns)

    def _pairs(self, start: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
        """Score both borders and their match in one product: ``(batch, seq, num_labels, seq)``."""
        num_labels, size, _ = self.bilinear.shape
        batch, seq, _ = start.shape
        weights = self.bilinear.transpose(0, 1).reshape(size, num_labels * size)
        wanted = (start @ weights).view(batch, seq, num_labels, size) + self.last_scores.T
        pairs = wanted.view(batch, seq * num_labels, size) @ last.transpose(1, 2)
        return pairs.view(batch, seq, num_labels, seq) + (start @ self.start_scores).unsqueeze(3)

    def _whole_matches(self, patterns: torch.Tensor) -> torch.Tensor:
        """Score spans that are exactly what a pattern matched, whatever stands in them."""
        begins, ends = patterns[..., 0::FLAGS_PER_PATTERN], patterns[..., 1::FLAGS_PER_PATTERN]
        heeded = begins * self.dropout(torch.ones_like(begins[:, :1]))  # whole patterns drop out
        weighted = torch.einsum("bik,kl->blik", heeded, _MATCH_SCALE * self.match_scores)
        scores: torch.Tensor = weighted @ ends.transpose(1, 2).unsqueeze(1)
        return scores  # (batch, num_labels, seq, seq)

    def _mean_inside(self, tokens: torch.Tensor) -> torch.Tensor:
        """Average a token score per label over each span, by differences of cumulative sums."""
        evidence = (tokens @ self.inside_scores).float()  # (batch, seq, num_labels); sums need the digits
        after = evidence.cumsum(dim=1)
        total = after.transpose(1, 2).unsqueeze(1) - (after - evidence).unsqueeze(3)
        widths = _widths(tokens.shape[1], tokens.device).clamp(min=1)
        return total / widths.unsqueeze(1)  # (batch, seq, num_labels, seq)

    def _width_scores(self, seq: int) -> torch.Tensor:
        borders = torch.tensor(_WIDTH_BORDERS, device=self.width.weight.device)
        buckets = torch.bucketize(_widths(seq, borders.device).clamp(min=1), borders)  # (seq, seq)
        scores: torch.Tensor = self.width(buckets).transpose(1, 2)
        return scores  # (seq, num_labels, seq)


def _widths(seq: int, device: torch.device) -> torch.Tensor:
    positions = torch.arange(seq, device=device)
    return positions.unsqueeze(0) - positions.unsqueeze(1) + 1  # (seq, seq)
