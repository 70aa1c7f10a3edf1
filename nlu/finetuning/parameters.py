"""Parameters of an encoder by name: which are trained, and copies of them out and in.

Every fine-tuning method is a choice of names; what is done with the names is the same for all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import torch

from nlu.checkpoint import CheckpointError
from nlu.encoder import SpanEncoder
from nlu.finetuning.method import Adapter, FinetuningError

_NUM_NAMED = 3  # of the names that do not fit; one tells enough, all would fill the screen


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
