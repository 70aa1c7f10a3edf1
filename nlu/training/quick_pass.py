"""Less work for a training pass of BERT layers on a CPU in bfloat16.

torch's fused attention has no quick backward pass there and wants float32; plain products of small matrices
take two thirds of its time at the lengths that a reader trains on. Outside of training nothing changes.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from nlu.bert import BertLayer, BertSelfAttention
from nlu.encoder import SpanEncoder


class ProductAttention(BertSelfAttention):
    """The same attention as products of matrices, in bfloat16 where autocast asks for it; no dropout."""

    def __init__(self, attention: BertSelfAttention) -> None:
        """Take the maps of `attention`, not copies of them."""
        nn.Module.__init__(self)
        self.num_heads, self.dropout_rate = attention.num_heads, attention.dropout_rate
        self.query, self.key, self.value = attention.query, attention.key, attention.value
        self.train(attention.training)

    def forward(self, states: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        """Mix ``(batch, seq, hidden)``; `bias` is ``(batch, 1, 1, seq)`` and added to the scores."""
        if not _is_quick(self, states) or self.dropout_rate:
            return super().forward(states, bias)
        batch, seq, hidden = states.shape
        states = states.to(torch.bfloat16)  # once for the three maps
        query, key, value = (
            self._heads(map_(states)).flatten(0, 1) for map_ in (self.query, self.key, self.value)
        )  # (batch * heads, seq, hidden / heads)
        with torch.autocast("cpu", enabled=False):
            scores = torch.bmm(query * query.shape[-1] ** -0.5, key.transpose(1, 2))
            if bias is not None:
                scores = (scores.view(batch, -1, seq, seq) + bias.to(scores.dtype)).view_as(scores)
            attended = torch.bmm(scores.softmax(dim=-1), value)
        return attended.view(batch, self.num_heads, seq, -1).transpose(1, 2).reshape(batch, seq, hidden)


def quicken(encoder: SpanEncoder) -> None:
    """Prepare the BERT layers of `encoder`, adapted or not, for training on a CPU; leave others."""
    for module in list(encoder.modules()):
        if isinstance(module, BertLayer):
            module.attention.self = ProductAttention(module.attention.self)
            module.intermediate.register_forward_pre_hook(_cast_once)
        if hasattr(module, "cast_input_dtype_enabled"):  # of peft; autocast does it, and once
            setattr(module, "cast_input_dtype_enabled", False)  # noqa: B010


def _cast_once(module: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return (inputs[0].to(torch.bfloat16), *inputs[1:]) if _is_quick(module, inputs[0]) else inputs


def _is_quick(module: nn.Module, states: torch.Tensor) -> bool:
    return module.training and states.device.type == "cpu" and torch.is_autocast_enabled("cpu")
