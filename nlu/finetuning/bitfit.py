"""Fine-tuning of the bias terms alone: Ben Zaken et al. 2022, "BitFit", section 3.

A bias is any additive vector of the layers, that of a normalisation included. The adapter holds the changed
biases themselves. peft has no such method: its LoRA trains biases only beside low-rank updates.
"""

from __future__ import annotations

from dataclasses import dataclass

from nlu.encoder import SpanEncoder
from nlu.finetuning.parameters import TopmostLayers, names_from_layer


@dataclass(frozen=True, slots=True)
class BitfitSettings:
    """How many layers' biases are trained."""

    num_layers: int = 3  # from the top; those below are run once and cached


@dataclass(frozen=True, slots=True)
class Bitfit(TopmostLayers):
    """The bias terms of the topmost layers."""

    settings: BitfitSettings

    def names(self, encoder: SpanEncoder) -> list[str]:
        """List the biases."""
        names = names_from_layer(encoder, self.first_trained_layer(encoder))
        return [name for name in names if name.endswith(".bias")]
