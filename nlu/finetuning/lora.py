"""Low-rank adaptation of the upper layers: Hu et al. 2021, "LoRA", section 4.1; trained through peft.

Serving needs no peft: `merge` adds ``scaling * B @ A`` to the frozen weights.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn

from nlu.checkpoint import CheckpointError
from nlu.encoder import SpanEncoder
from nlu.finetuning.method import Adapter

_DOWN = "lora_A.default.weight"
_UP = "lora_B.default.weight"


@dataclass(frozen=True, slots=True)
class LoraSettings:
    """Shape and strength of the low-rank update."""

    rank: int = 16  # columns of the update; 16 was enough for intents and spans together
    alpha: int = 32  # the update is scaled by alpha / rank
    dropout: float = 0.05  # of the update's input, in training
    num_layers: int = 3  # how many layers from the top are adapted; those below are run once and cached


@dataclass(frozen=True, slots=True)
class Lora:
    """LoRA on every linear map of the topmost layers."""

    settings: LoraSettings

    def first_trained_layer(self, encoder: SpanEncoder) -> int:
        """Say below which layer nothing changes."""
        return max(encoder.num_layers - self.settings.num_layers, 0)

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
        for name, parameter in encoder.named_parameters():
            parameter.requires_grad_(name.endswith((_DOWN, _UP)))

    def extract(self, encoder: SpanEncoder) -> dict[str, torch.Tensor]:
        """Copy the low-rank factors out."""
        return {
            name: parameter.detach().clone().cpu()
            for name, parameter in encoder.named_parameters()
            if name.endswith((_DOWN, _UP))
        }

    def restore(self, encoder: SpanEncoder, adapter: Adapter) -> None:
        """Put low-rank factors back into a prepared encoder."""
        parameters = dict(encoder.named_parameters())
        with torch.no_grad():
            for name, tensor in adapter.items():
                parameters[name].copy_(tensor)

    def merge(self, encoder: SpanEncoder, adapter: Adapter) -> None:
        """Add the update of every adapted map to its weight, in place.

        Raises:
            CheckpointError: the adapter is for other layers or other widths.
        """
        scaling = self.settings.alpha / self.settings.rank
        expected = {f"{name}.{part}" for name, _ in self._linear_maps(encoder) for part in (_DOWN, _UP)}
        if expected != set(adapter):
            wrong = sorted(expected ^ set(adapter))[:3]
            raise CheckpointError(f"got an adapter that does not fit the encoder at {wrong}; train it again")
        with torch.no_grad():
            for name, linear in self._linear_maps(encoder):
                update = adapter[f"{name}.{_UP}"] @ adapter[f"{name}.{_DOWN}"]
                if update.shape != linear.weight.shape:
                    raise CheckpointError(
                        f"got an update of {tuple(update.shape)} for {name}, expected "
                        f"{tuple(linear.weight.shape)}; train the adapter again"
                    )
                linear.weight.add_(scaling * update.to(linear.weight.device))

    def _linear_maps(self, encoder: SpanEncoder) -> Iterator[tuple[str, nn.Linear]]:
        first = self.first_trained_layer(encoder)
        for number in range(first, encoder.num_layers):
            for name, module in encoder.layers[number].named_modules():
                if isinstance(module, nn.Linear) and "lora_" not in name and "base_layer" not in name:
                    yield f"layers.{number}.{name}", module
