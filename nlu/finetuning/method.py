"""What every fine-tuning method offers: prepare an encoder for training, take the adapter out, put it back.

An adapter is a flat mapping from parameter name to tensor; it is all that a bundle stores of the encoder.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import torch

from nlu.encoder import SpanEncoder

Adapter = Mapping[str, torch.Tensor]


class FinetuningMethod(Protocol):
    """One way to adapt an encoder; the base weights in the bundle's checkpoint never change."""

    def first_trained_layer(self, encoder: SpanEncoder) -> int:
        """Say below which layer nothing changes, so that its states can be computed once."""

    def prepare(self, encoder: SpanEncoder) -> None:
        """Make the parameters of the method trainable and leave all others frozen."""

    def extract(self, encoder: SpanEncoder) -> dict[str, torch.Tensor]:
        """Copy the adapter out of a prepared encoder."""

    def restore(self, encoder: SpanEncoder, adapter: Adapter) -> None:
        """Put an adapter back into a prepared encoder."""

    def merge(self, encoder: SpanEncoder, adapter: Adapter) -> None:
        """Change the weights of a fresh encoder as the adapter says, for serving."""
