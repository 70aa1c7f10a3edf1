"""Low-rank adaptation of the upper layers: Hu et al. 2021, "LoRA", section 4.1; trained through peft.

Serving needs no peft: `merge` adds ``scaling * B @ A`` to the frozen weights.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn

from nlu.encoder import SpanEncoder
from nlu.finetuning.method import Adapter
from nlu.finetuning.parameters import TopmostLayers, require_names, require_shape, train_only

_DOWN = "lora_A.default.weight"
_UP = "lora_B.default.weight"


@dataclass(frozen=True, slots=True)
class LoraSettings:
    """Shape and strength of the low-rank update."""

    rank: int = 16  # columns of the update; 16 was enough for intents and spans together
    alpha: int = 32  # the update is scaled by alpha / rank
    dropout: float = 0.0  # of the update's input, in training; drawing it takes a third of a step on a CPU
    num_layers: int = 3  # how many layers from the top are adapted; those below are run once and cached


@dataclass(frozen=True, slots=True)
class Lora(TopmostLayers):
    """LoRA on every linear map of the topmost layers."""

    settings: LoraSettings

    def names(self, encoder: SpanEncoder) -> list[str]:
        """List the low-rank factors."""
        return [name for name, _ in encoder.named_parameters() if name.endswith((_DOWN, _UP))]

    def prepare(self, encoder: SpanEncoder) -> None:
        """Insert the low-rank updates; they start as exactly no change."""
        from peft import LoraConfig, inject_adapter_in_model

        config = LoraConfig(
            r=self.settings.rank,
            lora_alpha=self.settings.alpha,
            lora_dropout=self.settings.dropout,
            target_modules=[name for name, _ in self._linear_maps(encoder)],
        )
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning, module=r"peft\..*")
            inject_adapter_in_model(config, encoder)
        train_only(encoder, self.names(encoder))

    def merge(self, encoder: SpanEncoder, adapter: Adapter) -> None:
        """Add the update of every adapted map to its weight, in place.

        Raises:
            CheckpointError: the adapter is for other layers or other widths.
        """
        scaling, rank = self.settings.alpha / self.settings.rank, self.settings.rank
        maps = list(self._linear_maps(encoder))
        require_names(adapter, [f"{name}.{part}" for name, _ in maps for part in (_DOWN, _UP)])
        with torch.no_grad():
            for name, linear in maps:
                down, up = adapter[f"{name}.{_DOWN}"], adapter[f"{name}.{_UP}"]
                require_shape(f"{name}.{_DOWN}", down, (rank, linear.in_features))
                require_shape(f"{name}.{_UP}", up, (linear.out_features, rank))
                linear.weight.add_(scaling * (up @ down).to(linear.weight.device))

    def _linear_maps(self, encoder: SpanEncoder) -> Iterator[tuple[str, nn.Linear]]:
        for number in range(self.first_trained_layer(encoder), encoder.num_layers):
            for name, module in encoder.layers[number].named_modules():
                if isinstance(module, nn.Linear):
                    yield f"layers.{number}.{name}", module
