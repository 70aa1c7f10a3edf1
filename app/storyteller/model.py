"""The network: a transformer over the states of a conversation that says which action follows each.

After Vlasov, Mosig and Nichol 2019, "Dialogue Transformers": one position per state, attention only to the
past, with learned weights for distances in place of absolute positions (Shaw, Uszkoreit and Vaswani 2018), so
that a conversation may be longer than any story. A softmax over actions in place of their embedding loss: a
bot has tens of actions, and confidences are needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

_NUM_DISTANCES = 32  # states that lie farther back share one weight


@dataclass(frozen=True, slots=True)
class NetworkShape:
    """What decides the shapes of all weights; `max_history` only decides what attention may see."""

    num_features: int
    num_actions: int
    hidden: int
    num_heads: int
    num_layers: int
    max_history: int | None


class StoryNetwork(nn.Module):
    """Features of states -> scores of actions."""

    def __init__(self, shape: NetworkShape, *, dropout: float = 0.0) -> None:
        """Make it with weights at random."""
        super().__init__()
        self.turn = nn.Sequential(
            nn.Linear(shape.num_features, shape.hidden), nn.GELU(), nn.Linear(shape.hidden, shape.hidden)
        )
        self.layers = nn.ModuleList(_Layer(shape, dropout) for _ in range(shape.num_layers))
        self.norm = nn.LayerNorm(shape.hidden)
        self.actions = nn.Linear(shape.hidden, shape.num_actions)
        self.dropout = nn.Dropout(dropout)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Score the actions after every state.

        Args:
            features: `(batch, seq, num_features)` float32. Padding at the end changes nothing before it.

        Returns:
            `(batch, seq, num_actions)` logits.
        """
        hidden = self.turn(self.dropout(features))
        for layer in self.layers:
            hidden = layer(hidden)
        logits: torch.Tensor = self.actions(self.norm(hidden))
        return logits


class _Layer(nn.Module):
    """Attention and a feed-forward network, each normalised before and added to what came in."""

    def __init__(self, shape: NetworkShape, dropout: float) -> None:
        super().__init__()
        self.attention = _Attention(shape)
        self.forward_norm = nn.LayerNorm(shape.hidden)
        self.attention_norm = nn.LayerNorm(shape.hidden)
        self.feed_forward = nn.Sequential(
            nn.Linear(shape.hidden, 2 * shape.hidden), nn.GELU(), nn.Linear(2 * shape.hidden, shape.hidden)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        hidden = hidden + self.dropout(self.attention(self.attention_norm(hidden)))
        done: torch.Tensor = hidden + self.dropout(self.feed_forward(self.forward_norm(hidden)))
        return done


class _Attention(nn.Module):
    """Heads that look at the past, at most `max_history` states, and learn what a distance means."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.num_heads, self.max_history = shape.num_heads, shape.max_history
        self.projections = nn.Linear(shape.hidden, 3 * shape.hidden)
        self.output = nn.Linear(shape.hidden, shape.hidden)
        self.distances = nn.Parameter(torch.zeros(shape.num_heads, _NUM_DISTANCES))

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        batch, seq, width = hidden.shape
        parts = self.projections(hidden).view(batch, seq, 3, self.num_heads, width // self.num_heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # each (batch, num_heads, seq, width of a head)
        seen = functional.scaled_dot_product_attention(query, key, value, attn_mask=self._bias(seq))
        joined: torch.Tensor = self.output(seen.transpose(1, 2).reshape(batch, seq, width))
        return joined

    def _bias(self, seq: int) -> torch.Tensor:
        """Give `(num_heads, seq, seq)`: the weight of each distance, minus infinity where nothing is seen."""
        place = torch.arange(seq, device=self.distances.device)
        back = place[:, None] - place[None, :]  # (seq, seq), how far the column lies before the row
        hidden = (back < 0) | (back >= (self.max_history or seq))
        bias: torch.Tensor = self.distances[:, back.clamp(0, _NUM_DISTANCES - 1)]
        return bias.masked_fill(hidden, float("-inf"))
