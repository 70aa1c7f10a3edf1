"""No fine-tuning at all: only the heads are trained. The floor that every other method is compared with."""

from __future__ import annotations

import torch

from nlu.encoder import SpanEncoder
from nlu.finetuning.method import Adapter
from nlu.finetuning.parameters import require_names, train_only


class Frozen:
    """An empty adapter."""

    @property
    def trains_embeddings(self) -> bool:
        """Say that the embeddings do not change."""
        return False

    def first_trained_layer(self, encoder: SpanEncoder) -> int:
        """Say that no layer changes."""
        return encoder.num_layers

    def prepare(self, encoder: SpanEncoder) -> None:
        """Freeze everything."""
        train_only(encoder, ())

    def extract(self, encoder: SpanEncoder) -> dict[str, torch.Tensor]:  # noqa: ARG002  # the interface's
        """Give nothing."""
        return {}

    def restore(self, encoder: SpanEncoder, adapter: Adapter) -> None:  # noqa: ARG002  # the interface's
        """Take nothing."""
        require_names(adapter, ())

    def merge(self, encoder: SpanEncoder, adapter: Adapter) -> None:  # noqa: ARG002  # the interface's
        """Change nothing."""
        require_names(adapter, ())
