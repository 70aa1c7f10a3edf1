"""Fine-tuning of all parameters of the topmost layers: Devlin et al. 2019, "BERT", section 3.2.

The adapter holds the changed weights themselves and is as large as the layers that were trained.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from nlu.encoder import SpanEncoder
from nlu.finetuning.method import Adapter
from nlu.finetuning.parameters import copy_in, copy_out, first_of_topmost, names_from_layer, train_only


@dataclass(frozen=True, slots=True)
class FullSettings:
    """How much of the encoder is trained."""

    num_layers: int = 3  # from the top; 0 trains all layers and the embeddings, and nothing is cached


@dataclass(frozen=True, slots=True)
class Full:
    """Every parameter of the topmost layers."""

    settings: FullSettings

    @property
    def trains_embeddings(self) -> bool:
        """Say whether the whole encoder is trained."""
        return self.settings.num_layers == 0

    def first_trained_layer(self, encoder: SpanEncoder) -> int:
        """Say below which layer nothing changes."""
        return 0 if self.trains_embeddings else first_of_topmost(encoder, self.settings.num_layers)

    def prepare(self, encoder: SpanEncoder) -> None:
        """Make the layers trainable."""
        train_only(encoder, self._names(encoder))

    def extract(self, encoder: SpanEncoder) -> dict[str, torch.Tensor]:
        """Copy the weights of the trained layers out."""
        return copy_out(encoder, self._names(encoder))

    def restore(self, encoder: SpanEncoder, adapter: Adapter) -> None:
        """Put the weights of the trained layers back."""
        copy_in(encoder, adapter, self._names(encoder))

    def merge(self, encoder: SpanEncoder, adapter: Adapter) -> None:
        """Replace the weights of the trained layers."""
        copy_in(encoder, adapter, self._names(encoder))

    def _names(self, encoder: SpanEncoder) -> list[str]:
        if self.trains_embeddings:
            return [f"embeddings.{name}" for name, _ in encoder.embeddings.named_parameters()] + (
                names_from_layer(encoder, 0)
            )
        return names_from_layer(encoder, self.first_trained_layer(encoder))
