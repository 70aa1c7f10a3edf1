"""Bottleneck adapters: Houlsby et al. 2019, "Parameter-Efficient Transfer Learning for NLP", section 2.1.

One small network follows each of the topmost layers, not two inside it; that one is enough is a finding of
Pfeiffer et al. 2021, "AdapterFusion", section 5. It is not linear, so it stays in the model for serving.
peft has no bottleneck adapter for BERT.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from nlu.encoder import SpanEncoder
from nlu.finetuning.method import Adapter, FinetuningError
from nlu.finetuning.parameters import TopmostLayers, train_only


@dataclass(frozen=True, slots=True)
class AdapterSettings:
    """Width and number of the bottlenecks."""

    size: int = 64  # width of the bottleneck; Houlsby et al. found 8 to 64 about equal
    num_layers: int = 3  # how many layers from the top get one; those below are run once and cached


class Bottleneck(nn.Module):
    """Adds ``up(gelu(down(x)))`` to its input; without `reset_parameters` its numbers mean nothing."""

    def __init__(self, hidden: int, size: int, device: torch.device) -> None:
        super().__init__()
        self.down = nn.Parameter(torch.empty(size, hidden, device=device))
        self.down_bias = nn.Parameter(torch.empty(size, device=device))
        self.up = nn.Parameter(torch.empty(hidden, size, device=device))
        self.up_bias = nn.Parameter(torch.empty(hidden, device=device))

    def reset_parameters(self) -> None:
        """Start as exactly no change."""
        nn.init.normal_(self.down, std=self.down.shape[1] ** -0.5)
        for parameter in (self.down_bias, self.up, self.up_bias):
            nn.init.zeros_(parameter)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Adapt ``(batch, seq, hidden)``."""
        narrow = nn.functional.gelu(nn.functional.linear(states, self.down, self.down_bias))
        return states + nn.functional.linear(narrow, self.up, self.up_bias)


class AdaptedLayer(nn.Module):
    """A layer of the encoder followed by its bottleneck."""

    def __init__(self, layer: nn.Module, bottleneck: Bottleneck) -> None:
        super().__init__()
        self.layer = layer
        self.bottleneck = bottleneck

    def forward(self, states: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        """Transform ``(batch, seq, hidden)``; `bias` is that of `nlu.encoder`."""
        adapted: torch.Tensor = self.bottleneck(self.layer(states, bias))
        return adapted


@dataclass(frozen=True, slots=True)
class BottleneckAdapter(TopmostLayers):
    """A bottleneck after each of the topmost layers."""

    settings: AdapterSettings

    def names(self, encoder: SpanEncoder) -> list[str]:
        """List what the bottlenecks hold."""
        return [name for name, _ in encoder.named_parameters() if ".bottleneck." in name]

    def prepare(self, encoder: SpanEncoder) -> None:
        """Insert the bottlenecks; they start as exactly no change."""
        self._install(encoder)
        for module in encoder.layers.modules():
            if isinstance(module, Bottleneck):
                module.reset_parameters()
        train_only(encoder, self.names(encoder))

    def merge(self, encoder: SpanEncoder, adapter: Adapter) -> None:
        """Insert the trained bottlenecks."""
        self._install(encoder)
        self.restore(encoder, adapter)

    def _install(self, encoder: SpanEncoder) -> None:
        if self.settings.size < 1:
            raise FinetuningError(
                f"got a bottleneck of size {self.settings.size}, expected at least 1; set adapter.size"
            )
        for number in range(self.first_trained_layer(encoder), encoder.num_layers):
            bottleneck = Bottleneck(encoder.hidden, self.settings.size, encoder.device)
            encoder.layers[number] = AdaptedLayer(encoder.layers[number], bottleneck)
