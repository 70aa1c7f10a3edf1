"""Fine-tuning of the bias terms alone: Ben Zaken et al. 2022, "BitFit", section 3.

A bias is any additive vector of the layers, that of a normalisation included. The adapter holds the changed
biases themselves. peft has no such method: its LoRA trains biases only beside low-rank updates.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from nlu.encoder import SpanEncoder
from nlu.finetuning.method import Adapter
from nlu.finetuning.parameters import copy_in, copy_out, first_of_topmost, names_from_layer, train_only


@dataclass(frozen=True, slots=True)
class BitfitSettings:
    """How many layers' biases are trained."""

    num_layers: int = 3  # from the top; those below are run once and cached


@dataclass(frozen=True, slots=True)
class Bitfit:
    """The bias terms of the topmost layers."""

    settings: BitfitSettings

    @property
    def trains_embeddings(self) -> bool:
        """Say that the embeddings do not change."""
        return False

    def first_trained_layer(self, encoder: SpanEncoder) -> int:
        """Say below which layer nothing changes."""
        return first_of_topmost(encoder, self.settings.num_layers)

    def prepare(self, encoder: SpanEncoder) -> None:
        """Make the biases trainable."""
        train_only(encoder, self._names(encoder))

    def extract(self, encoder: SpanEncoder) -> dict[str, torch.Tensor]:
        """Copy the biases out."""
        return copy_out(encoder, self._names(encoder))

    def restore(self, encoder: SpanEncoder, adapter: Adapter) -> None:
        """Put the biases back."""
        copy_in(encoder, adapter, self._names(encoder))

    def merge(self, encoder: SpanEncoder, adapter: Adapter) -> None:
        """Replace the biases."""
        copy_in(encoder, adapter, self._names(encoder))

    def _names(self, encoder: SpanEncoder) -> list[str]:
        names = names_from_layer(encoder, self.first_trained_layer(encoder))
        return [name for name in names if name.endswith(".bias")]
