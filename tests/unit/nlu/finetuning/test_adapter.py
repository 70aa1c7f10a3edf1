from __future__ import annotations

import pytest
import torch

from nlu.checkpoint import EncoderCheckpoint
from nlu.finetuning.adapter import AdapterSettings, Bottleneck, BottleneckAdapter
from nlu.finetuning.method import FinetuningError
from tests.fakes_nlu import tiny_encoder


def test_bottleneck_adds_what_it_computes() -> None:
    bottleneck = Bottleneck(hidden=2, size=1, device=torch.device("cpu"))
    values = {"down": [[1.0, 1.0]], "down_bias": [-100.0], "up": [[5.0], [5.0]], "up_bias": [0.5, -0.5]}
    bottleneck.load_state_dict({name: torch.tensor(value) for name, value in values.items()})

    closed = bottleneck(torch.tensor([[[1.0, 2.0]]]))  # gelu(-97) is 0: only the bias is added
    wide_open = bottleneck(torch.tensor([[[100.0, 100.0]]]))  # gelu(100) is 100

    torch.testing.assert_close(closed, torch.tensor([[[1.5, 1.5]]]))
    torch.testing.assert_close(wide_open, torch.tensor([[[600.5, 599.5]]]))


def test_every_adapted_layer_has_a_bottleneck_of_its_own(checkpoint: EncoderCheckpoint) -> None:
    encoder = tiny_encoder(checkpoint)
    method = BottleneckAdapter(AdapterSettings(size=3, num_layers=2))

    method.prepare(encoder)

    shapes = {name: tuple(tensor.shape) for name, tensor in method.extract(encoder).items()}
    assert shapes == {
        f"layers.{number}.bottleneck.{name}": shape
        for number in (0, 1)
        for name, shape in {"down": (3, 16), "down_bias": (3,), "up": (16, 3), "up_bias": (16,)}.items()
    }


def test_bottleneck_without_width_is_refused(checkpoint: EncoderCheckpoint) -> None:
    with pytest.raises(FinetuningError, match="bottleneck of size 0, expected at least 1"):
        BottleneckAdapter(AdapterSettings(size=0)).prepare(tiny_encoder(checkpoint))
