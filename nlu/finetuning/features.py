"""Features of how words are written beside any method: trained vectors that are added to the states.

An uncased encoder reads "May" and "may" alike. Added below the first trained layer, casing (a vector per way
of writing) and spelling (made of the letters) are seen by all attention above it, not only by the span head.
Both start as exactly no change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

from nlu.encoder import SpanEncoder
from nlu.finetuning.method import Adapter, FinetuningError, FinetuningMethod
from nlu.finetuning.parameters import copy_in, copy_out

Feature = Literal["casing", "spelling"]


@dataclass(frozen=True, slots=True)
class WithFeature:
    """Another method, and a feature trained with it; its weights are named ``<feature>.<weight>``."""

    method: FinetuningMethod
    feature: Feature

    @property
    def trains_embeddings(self) -> bool:
        """Say what the other method says."""
        return self.method.trains_embeddings

    def first_trained_layer(self, encoder: SpanEncoder) -> int:
        """Say what the other method says."""
        return self.method.first_trained_layer(encoder)

    def prepare(self, encoder: SpanEncoder) -> None:
        """Prepare the other method, then add the feature; it draws from torch's generator."""
        self.method.prepare(encoder)
        self._add(encoder)
        if encoder.spelling is not None and self.feature == "spelling":
            encoder.spelling.reset_parameters()

    def extract(self, encoder: SpanEncoder) -> dict[str, torch.Tensor]:
        """Copy out the other method's adapter and the feature."""
        own = copy_out(encoder, self._names(encoder))
        return self.method.extract(encoder) | own

    def restore(self, encoder: SpanEncoder, adapter: Adapter) -> None:
        """Put both back into a prepared encoder."""
        self.method.restore(encoder, self._without(adapter))
        self._write(encoder, adapter)

    def merge(self, encoder: SpanEncoder, adapter: Adapter) -> None:
        """Merge the other method and add the trained feature."""
        self.method.merge(encoder, self._without(adapter))
        self._add(encoder)
        self._write(encoder, adapter)

    def _add(self, encoder: SpanEncoder) -> None:
        layer = self.first_trained_layer(encoder)
        if self.feature == "casing":
            encoder.add_casing(layer)
        else:
            encoder.add_spelling(layer)

    def _without(self, adapter: Adapter) -> dict[str, torch.Tensor]:
        return {name: tensor for name, tensor in adapter.items() if not self._is_own(name)}

    def _write(self, encoder: SpanEncoder, adapter: Adapter) -> None:
        own = {name: tensor for name, tensor in adapter.items() if self._is_own(name)}
        copy_in(encoder, own, self._names(encoder))

    def _is_own(self, name: str) -> bool:
        return name.startswith(f"{self.feature}.")

    def _names(self, encoder: SpanEncoder) -> list[str]:
        module = encoder.casing if self.feature == "casing" else encoder.spelling
        if module is None:
            raise FinetuningError(
                f"got an encoder without {self.feature} vectors, expected a prepared one; prepare it"
            )
        return [f"{self.feature}.{name}" for name, _ in module.named_parameters()]
