"""Fine-tuning of all parameters of the topmost layers: Devlin et al. 2019, "BERT", section 3.2.

The adapter holds the changed weights themselves and is as large as the layers that were trained.
"""

from __future__ import annotations

from dataclasses import dataclass

from nlu.encoder import SpanEncoder
from nlu.finetuning.parameters import TopmostLayers, first_of_topmost, names_from_layer


@dataclass(frozen=True, slots=True)
class FullSettings:
    """How much of the encoder is trained."""

    num_layers: int = 3  # from the top; 0 trains all layers and the embeddings, and nothing is cached


@dataclass(frozen=True, slots=True)
class Full(TopmostLayers):
    """Every parameter of the topmost layers."""

    settings: FullSettings

    @property
    def trains_embeddings(self) -> bool:
        """Say whether the whole encoder is trained."""
        return self.settings.num_layers == 0

    def first_trained_layer(self, encoder: SpanEncoder) -> int:
        """Say below which layer nothing changes."""
        return 0 if self.trains_embeddings else first_of_topmost(encoder, self.settings.num_layers)

    def names(self, encoder: SpanEncoder) -> list[str]:
        """List the weights of the trained layers."""
        if self.trains_embeddings:
            return [f"embeddings.{name}" for name, _ in encoder.embeddings.named_parameters()] + (
                names_from_layer(encoder, 0)
            )
        return names_from_layer(encoder, self.first_trained_layer(encoder))
