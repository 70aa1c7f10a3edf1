"""Parameters of an encoder by name: which are trained, and copies of them out and in.

Every fine-tuning method is a choice of names; what is done with the names is the same for all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

import torch

from nlu.checkpoint import CheckpointError
from nlu.encoder import SpanEncoder
from nlu.finetuning.method import Adapter, FinetuningError

_NUM_NAMED = 3  # of the names that do not fit; one tells enough, all would fill the screen


class TopmostSettings(Protocol):
    """What the settings of these methods have in common."""

    @property
    def num_layers(self) -> int:
        """Say how many layers change, from the top."""


@dataclass(frozen=True, slots=True)
class TopmostLayers(ABC):
    """A method that trains parameters of the topmost layers; a subclass names them.

    A subclass that inserts modules has a `prepare` and a `merge` of its own.
    """

    settings: TopmostSettings

    @property
    def trains_embeddings(self) -> bool:
        """Say that the embeddings do not change."""
        return False

    def first_trained_layer(self, encoder: SpanEncoder) -> int:
        """Say below which layer nothing changes."""
        return first_of_topmost(encoder, self.settings.num_layers)

    @abstractmethod
    def names(self, encoder: SpanEncoder) -> list[str]:
        """List the trained parameters of a prepared encoder; the adapter has the same names."""

    def prepare(self, encoder: SpanEncoder) -> None:
        """Make the parameters trainable."""
        train_only(encoder, self.names(encoder))

    def extract(self, encoder: SpanEncoder) -> dict[str, torch.Tensor]:
        """Copy the parameters out."""
        return copy_out(encoder, self.names(encoder))

    def restore(self, encoder: SpanEncoder, adapter: Adapter) -> None:
        """Put the parameters back."""
        copy_in(encoder, adapter, self.names(encoder))

    def merge(self, encoder: SpanEncoder, adapter: Adapter) -> None:
        """Replace the parameters."""
        self.restore(encoder, adapter)


def first_of_topmost(encoder: SpanEncoder, num_layers: int) -> int:
    """Give the lowest of the topmost `num_layers` layers; more than there are means all.

    Raises:
        FinetuningError: `num_layers` is below 1.
    """
    if num_layers < 1:
        raise FinetuningError(
            f"got num_layers = {num_layers}, expected at least 1; choose the method 'frozen' to train "
            "the heads alone"
        )
    return max(encoder.num_layers - num_layers, 0)


def names_from_layer(encoder: SpanEncoder, first_layer: int) -> list[str]:
    """List the parameters of the layers from `first_layer` on."""
    return [
        f"layers.{number}.{name}"
        for number in range(first_layer, encoder.num_layers)
        for name, _ in encoder.layers[number].named_parameters()
    ]


def train_only(encoder: SpanEncoder, names: Collection[str]) -> None:
    """Make the parameters `names` trainable and freeze all others."""
    chosen = frozenset(names)
    for name, parameter in encoder.named_parameters():
        parameter.requires_grad_(name in chosen)


def copy_out(encoder: SpanEncoder, names: Iterable[str]) -> dict[str, torch.Tensor]:
    """Copy the parameters `names` to the CPU."""
    parameters = dict(encoder.named_parameters())
    return {name: parameters[name].detach().clone().cpu() for name in names}


def copy_in(encoder: SpanEncoder, adapter: Adapter, names: Collection[str]) -> None:
    """Overwrite the parameters `names` by those of `adapter`.

    Raises:
        CheckpointError: the adapter has other names or other widths.
    """
    require_names(adapter, names)
    parameters = dict(encoder.named_parameters())
    for name, tensor in adapter.items():
        require_shape(name, tensor, parameters[name].shape)
    with torch.no_grad():
        for name, tensor in adapter.items():
            parameters[name].copy_(tensor)


def require_names(adapter: Adapter, names: Collection[str]) -> None:
    """Check that an adapter has exactly the parameters `names`.

    Raises:
        CheckpointError: it has others.
    """
    wrong = sorted(set(names) ^ set(adapter))
    if wrong:
        raise CheckpointError(
            f"got an adapter that does not fit the encoder at {wrong[:_NUM_NAMED]}; train it again"
        )


def require_shape(name: str, tensor: torch.Tensor, expected: tuple[int, ...]) -> None:
    """Check the shape of one tensor of an adapter.

    Raises:
        CheckpointError: it is another.
    """
    if tuple(tensor.shape) != tuple(expected):
        raise CheckpointError(
            f"got {name} of shape {tuple(tensor.shape)} in the adapter, expected {tuple(expected)}; "
            "train the adapter again"
        )
