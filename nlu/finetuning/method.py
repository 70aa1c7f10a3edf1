"""What every fine-tuning method offers: prepare an encoder for training, take the adapter out, put it back.

An adapter is a flat mapping from parameter name to tensor; it is all that a bundle stores of the encoder.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import torch

from nlu.encoder import SpanEncoder

Adapter = Mapping[str, torch.Tensor]


class FinetuningError(Exception):
    """Settings of a fine-tuning method that mean nothing for the encoder."""


class FinetuningMethod(Protocol):
    """One way to adapt an encoder; the base weights in the bundle's checkpoint never change."""

    @property
    def trains_embeddings(self) -> bool:
        """Say whether even the embeddings change, so that nothing can be computed once."""

    def first_trained_layer(self, encoder: SpanEncoder) -> int:
        """Say below which layer nothing changes, so that its states can be computed once.

        It is the number of layers when none changes, and 0 also when the embeddings change.
        """

    def prepare(self, encoder: SpanEncoder) -> None:
        """Make the parameters of the method trainable and leave all others frozen.

        Numbers to start from are drawn from torch's generator.
        """

    def extract(self, encoder: SpanEncoder) -> dict[str, torch.Tensor]:
        """Copy the adapter out of a prepared encoder, to the CPU."""

    def restore(self, encoder: SpanEncoder, adapter: Adapter) -> None:
        """Put an adapter back into a prepared encoder.

        Raises:
            CheckpointError: the adapter is for other layers or other widths.
        """

    def merge(self, encoder: SpanEncoder, adapter: Adapter) -> None:
        """Change a fresh encoder as the adapter says, for serving; nothing is drawn.

        Raises:
            CheckpointError: the adapter is for other layers or other widths.
        """
