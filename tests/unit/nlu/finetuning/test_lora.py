from __future__ import annotations

import pytest
import torch

from nlu.batching import Batch, collate
from nlu.checkpoint import CheckpointError, EncoderCheckpoint
from nlu.encoder import SpanEncoder
from nlu.finetuning.lora import Lora, LoraSettings
from tests.fakes_nlu import text_encoder_of, tiny_encoder

LORA = Lora(LoraSettings(rank=2, alpha=4, dropout=0.0, num_layers=1))


@pytest.fixture
def batch(checkpoint: EncoderCheckpoint) -> Batch:
    return collate(text_encoder_of(checkpoint).encode(["hello", "send back the red coat"]))


def disturb(encoder: SpanEncoder) -> None:
    """Give the update some size, as training would."""
    rng = torch.Generator().manual_seed(8)
    with torch.no_grad():
        for parameter in encoder.parameters():
            if parameter.requires_grad:
                parameter.copy_(0.3 * torch.randn(parameter.shape, generator=rng))


def test_merged_equals_unmerged(checkpoint: EncoderCheckpoint, batch: Batch) -> None:
    prepared, served = tiny_encoder(checkpoint), tiny_encoder(checkpoint)
    LORA.prepare(prepared)
    disturb(prepared)

    LORA.merge(served, LORA.extract(prepared))

    with torch.no_grad():
        torch.testing.assert_close(served(batch), prepared(batch), atol=1e-5, rtol=1e-5)
        assert not torch.allclose(served(batch), tiny_encoder(checkpoint)(batch), atol=1e-2)


def test_only_the_topmost_layers_are_trained(checkpoint: EncoderCheckpoint) -> None:
    encoder = tiny_encoder(checkpoint)
    LORA.prepare(encoder)

    trained = {name for name, parameter in encoder.named_parameters() if parameter.requires_grad}

    assert LORA.first_trained_layer(encoder) == 1
    assert len(trained) == 12  # two factors of six linear maps
    assert all(name.startswith("layers.1.") and "lora_" in name for name in trained)


def test_more_layers_than_there_are_adapts_all(checkpoint: EncoderCheckpoint) -> None:
    encoder = tiny_encoder(checkpoint)

    assert Lora(LoraSettings(num_layers=9)).first_trained_layer(encoder) == 0


def test_adapter_for_other_layers_is_refused(checkpoint: EncoderCheckpoint) -> None:
    prepared = tiny_encoder(checkpoint)
    LORA.prepare(prepared)

    with pytest.raises(CheckpointError, match=r"does not fit the encoder at \['layers\.0"):
        Lora(LoraSettings(rank=2, num_layers=2)).merge(tiny_encoder(checkpoint), LORA.extract(prepared))


def test_adapter_of_another_rank_is_refused(checkpoint: EncoderCheckpoint) -> None:
    prepared = tiny_encoder(checkpoint)
    LORA.prepare(prepared)

    with pytest.raises(CheckpointError, match=r"of shape \(2, 16\) in the adapter, expected \(3, 16\)"):
        Lora(LoraSettings(rank=3, num_layers=1)).merge(tiny_encoder(checkpoint), LORA.extract(prepared))


def test_merged_encoder_has_no_modules_of_peft(checkpoint: EncoderCheckpoint) -> None:
    prepared, served = tiny_encoder(checkpoint), tiny_encoder(checkpoint)
    LORA.prepare(prepared)

    LORA.merge(served, LORA.extract(prepared))

    assert [name for name, _ in served.named_parameters()] == [
        name for name, _ in tiny_encoder(checkpoint).named_parameters()
    ]
