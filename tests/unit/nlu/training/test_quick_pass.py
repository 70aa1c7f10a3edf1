from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from nlu.batching import Batch, TextEncoder, collate, load_tokenizer
from nlu.checkpoint import EncoderCheckpoint
from nlu.encoder import SpanEncoder, load_encoder
from nlu.finetuning.lora import LoraSettings
from nlu.finetuning.methods import FinetuningSettings, make_method
from nlu.patterns import PatternSet
from nlu.training.quick_pass import ProductAttention, quicken

_TOLERANCE = 0.05  # of states around 1, in bfloat16


@pytest.fixture
def batch(checkpoint: EncoderCheckpoint) -> Batch:
    texts = TextEncoder(load_tokenizer(checkpoint), PatternSet.compile({}, {}), max_tokens=40)
    return collate(texts.encode(["hello", "where is my order the blue coat please"]))


def adapted(checkpoint: EncoderCheckpoint) -> SpanEncoder:
    encoder = load_encoder(checkpoint)
    encoder.set_dropout(0.0)
    torch.manual_seed(1)
    make_method(FinetuningSettings(lora=LoraSettings(rank=4, alpha=4, num_layers=2))).prepare(encoder)
    return encoder.train()


def pass_with(encoder: SpanEncoder, batch: Batch, *, is_lower: bool = True) -> torch.Tensor:
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=is_lower):
        return encoder(batch).float()[batch.attention_mask]


def test_training_gives_the_same_states_and_gradients(checkpoint: EncoderCheckpoint, batch: Batch) -> None:
    plain, quick = adapted(checkpoint), adapted(checkpoint)
    quicken(quick)

    states = [pass_with(encoder, batch) for encoder in (plain, quick)]
    wanted = torch.randn(states[0].shape, generator=torch.Generator().manual_seed(2))
    for one in states:
        (one * wanted).sum().backward()

    torch.testing.assert_close(states[1], states[0], atol=_TOLERANCE, rtol=_TOLERANCE)
    gradients = [
        torch.cat([one.grad.flatten() for one in encoder.parameters() if one.grad is not None])
        for encoder in (plain, quick)
    ]
    similarity = torch.nn.functional.cosine_similarity(gradients[0], gradients[1], dim=0)
    assert float(similarity) > 0.99


def test_training_does_without_the_fused_attention(
    checkpoint: EncoderCheckpoint, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = adapted(checkpoint)
    quicken(quick)
    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", None)

    assert pass_with(quick, batch).isfinite().all()
    with pytest.raises(TypeError):
        pass_with(quick.eval(), batch)


@pytest.mark.parametrize("prepare", [SpanEncoder.eval, SpanEncoder.train])
def test_nothing_changes_without_autocast(
    checkpoint: EncoderCheckpoint, batch: Batch, prepare: Callable[[SpanEncoder], SpanEncoder]
) -> None:
    plain, quick = prepare(adapted(checkpoint)), prepare(adapted(checkpoint))
    quicken(quick)

    assert torch.equal(pass_with(quick, batch, is_lower=False), pass_with(plain, batch, is_lower=False))


def test_all_bert_layers_are_quickened_under_their_names(checkpoint: EncoderCheckpoint) -> None:
    encoder = adapted(checkpoint)
    names = {name for name, _ in encoder.named_parameters()}

    quicken(encoder)

    assert all(isinstance(layer.attention.self, ProductAttention) for layer in encoder.layers)
    assert {name for name, _ in encoder.named_parameters()} == names
