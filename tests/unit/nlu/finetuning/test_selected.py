"""Full, bitfit and frozen: which of the encoder's own parameters are trained."""

from __future__ import annotations

import pytest

from nlu.checkpoint import EncoderCheckpoint
from nlu.encoder import SpanEncoder
from nlu.finetuning.bitfit import Bitfit, BitfitSettings
from nlu.finetuning.frozen import Frozen
from nlu.finetuning.full import Full, FullSettings
from nlu.finetuning.method import FinetuningError
from tests.fakes_nlu import tiny_encoder


def trained_names(encoder: SpanEncoder) -> set[str]:
    return {name for name, parameter in encoder.named_parameters() if parameter.requires_grad}


def test_full_trains_the_whole_layers(checkpoint: EncoderCheckpoint) -> None:
    encoder, method = tiny_encoder(checkpoint), Full(FullSettings(num_layers=1))

    method.prepare(encoder)

    assert trained_names(encoder) == {
        name for name, _ in encoder.named_parameters() if name.startswith("layers.1.")
    }
    assert not method.trains_embeddings


def test_full_without_a_number_of_layers_trains_the_embeddings_too(checkpoint: EncoderCheckpoint) -> None:
    encoder, method = tiny_encoder(checkpoint), Full(FullSettings(num_layers=0))

    method.prepare(encoder)

    assert trained_names(encoder) == {name for name, _ in encoder.named_parameters()}
    assert set(method.extract(encoder)) == trained_names(encoder)
    assert method.first_trained_layer(encoder) == 0
    assert method.trains_embeddings


def test_full_with_all_layers_leaves_the_embeddings_alone(checkpoint: EncoderCheckpoint) -> None:
    encoder, method = tiny_encoder(checkpoint), Full(FullSettings(num_layers=9))

    method.prepare(encoder)

    assert method.first_trained_layer(encoder) == 0
    assert not any(name.startswith("embeddings.") for name in trained_names(encoder))
    assert not method.trains_embeddings


def test_bitfit_trains_the_biases_of_maps_and_norms(checkpoint: EncoderCheckpoint) -> None:
    encoder = tiny_encoder(checkpoint)

    Bitfit(BitfitSettings(num_layers=1)).prepare(encoder)

    assert trained_names(encoder) == {
        f"layers.1.{name}.bias"
        for name in (
            "attention.self.query",
            "attention.self.key",
            "attention.self.value",
            "attention.output.dense",
            "attention.output.LayerNorm",
            "intermediate.dense",
            "output.dense",
            "output.LayerNorm",
        )
    }


def test_frozen_trains_nothing(checkpoint: EncoderCheckpoint) -> None:
    encoder = tiny_encoder(checkpoint).requires_grad_(requires_grad=True)

    Frozen().prepare(encoder)

    assert not trained_names(encoder)
    assert Frozen().extract(encoder) == {}
    assert Frozen().first_trained_layer(encoder) == 2


def test_no_layer_at_all_is_refused(checkpoint: EncoderCheckpoint) -> None:
    with pytest.raises(FinetuningError, match="num_layers = 0, expected at least 1; choose .* 'frozen'"):
        Bitfit(BitfitSettings(num_layers=0)).prepare(tiny_encoder(checkpoint))
