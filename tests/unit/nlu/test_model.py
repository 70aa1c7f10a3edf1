from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from nlu.batching import Batch, collate
from nlu.checkpoint import EncoderCheckpoint
from nlu.finetuning.lora import Lora, LoraSettings
from nlu.model import (
    HeadSizes,
    JointModel,
    JointOutput,
    Targets,
    intent_losses,
    joint_losses,
    span_cells,
    span_loss,
    word_spans,
)
from tests.fakes_nlu import text_encoder_of, tiny_encoder

TEXTS = ["hello", "i want to return the red coat please"]
SIZES = HeadSizes(num_intents=3, num_span_labels=2, num_patterns=0, span_size=8)


def make_model(checkpoint: EncoderCheckpoint) -> JointModel:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        return JointModel(tiny_encoder(checkpoint), SIZES)


def make_batch(checkpoint: EncoderCheckpoint, texts: list[str] = TEXTS) -> Batch:
    return collate(text_encoder_of(checkpoint).encode(texts))


def targets_of(batch: Batch) -> Targets:
    spans = torch.zeros((len(batch.ids), batch.ids.shape[1], batch.ids.shape[1]), dtype=torch.int64)
    spans[1, 6, 7] = 2
    teacher = torch.nn.functional.normalize(torch.ones(len(batch.ids), 16), dim=-1)
    intents = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    return Targets(intents, spans, teacher, torch.ones(len(intents)))


def test_model_gives_shapes_and_dtypes(checkpoint: EncoderCheckpoint) -> None:
    batch = make_batch(checkpoint)

    output = make_model(checkpoint)(batch)

    seq = batch.ids.shape[1]
    assert output.intent_logits.shape == (2, 3)
    assert output.span_gains.shape == (2, 2, seq, seq)
    assert output.embedding.shape == (2, 16)
    assert {output.intent_logits.dtype, output.span_gains.dtype, output.embedding.dtype} == {torch.float32}
    torch.testing.assert_close(output.embedding.norm(dim=1), torch.ones(2))


def test_padding_does_not_change_outputs(checkpoint: EncoderCheckpoint) -> None:
    model = make_model(checkpoint).eval()

    with torch.no_grad():
        padded, alone = model(make_batch(checkpoint)), model(make_batch(checkpoint, TEXTS[:1]))

    torch.testing.assert_close(padded.intent_logits[:1], alone.intent_logits, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(
        padded.span_gains[:1, :, :3, :3].triu(), alone.span_gains.triu(), atol=1e-5, rtol=1e-5
    )


def test_span_cells_are_pairs_of_words_in_order() -> None:
    cells = span_cells(torch.tensor([[False, True, True, False]]))

    assert cells.nonzero()[:, 1:].tolist() == [[1, 1], [1, 2], [2, 2]]


def test_span_loss_equals_a_value_by_hand() -> None:
    gains = torch.zeros(1, 1, 2, 2)
    gains[0, 0, 0, 1] = 2.0
    spans = torch.tensor([[[0, 1], [0, 0]]])

    loss = span_loss(gains, spans, torch.ones(1, 2, dtype=torch.bool))

    labelled = -math.log(math.exp(2) / (1 + math.exp(2)))
    assert loss.item() == pytest.approx(labelled + 2 * math.log(2), abs=1e-6)


def test_masked_cells_get_no_loss(checkpoint: EncoderCheckpoint) -> None:
    batch = make_batch(checkpoint)
    gains = torch.zeros(2, 2, batch.ids.shape[1], batch.ids.shape[1], requires_grad=True)

    span_loss(gains, targets_of(batch).spans, batch.word_mask).backward()  # type: ignore[no-untyped-call]

    assert gains.grad is not None
    touched = gains.grad.abs().sum(dim=1) > 0
    assert torch.equal(touched, span_cells(batch.word_mask))


def test_losses_equal_values_by_hand(checkpoint: EncoderCheckpoint) -> None:
    batch = make_batch(checkpoint)
    targets = targets_of(batch)
    seq = batch.ids.shape[1]
    output = JointOutput(torch.zeros(2, 3), torch.zeros(2, 2, seq, seq), -targets.teacher)

    losses = joint_losses(output, targets, batch)

    assert losses.intent.item() == pytest.approx(math.log(3))
    assert losses.distillation.item() == pytest.approx(2.0)
    assert losses.span.item() == pytest.approx(math.log(3) * span_cells(batch.word_mask).sum().item() / 2)


def test_intent_loss_of_one_intent_equals_the_cross_entropy_by_hand(checkpoint: EncoderCheckpoint) -> None:
    targets = targets_of(make_batch(checkpoint))

    losses = intent_losses(torch.tensor([[2.0, 0.0, 0.0], [2.0, 0.0, 0.0]]), targets)

    normaliser = math.log(math.exp(2) + 2)
    assert losses.tolist() == pytest.approx([normaliser - 2, normaliser])


def test_intent_loss_of_several_intents_sums_the_atoms_by_hand(checkpoint: EncoderCheckpoint) -> None:
    several = torch.tensor([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    targets = replace(targets_of(make_batch(checkpoint)), intents=several, is_multi_label=True)

    losses = intent_losses(torch.tensor([[2.0, -1.0, 0.0], [0.0, 0.0, 3.0]]), targets)

    assert losses.tolist() == pytest.approx(
        [
            math.log1p(math.exp(-2)) + math.log1p(math.exp(1)) + math.log(2),
            2 * math.log(2) + math.log1p(math.exp(-3)),
        ]
    )


def test_targets_move_with_all_they_hold(checkpoint: EncoderCheckpoint) -> None:
    targets = replace(targets_of(make_batch(checkpoint)), is_multi_label=True)

    moved = targets.to(torch.device("meta"))

    parts = (moved.intents, moved.spans, moved.teacher, moved.weights)
    assert {part.device.type for part in parts} == {"meta"}
    assert moved.is_multi_label


def test_the_context_is_attended_to_but_not_averaged(checkpoint: EncoderCheckpoint) -> None:
    model, encoder = make_model(checkpoint).eval(), text_encoder_of(checkpoint)
    batch = collate(encoder.encode(["the red coat"], ["where is my order"]))
    alone = collate(encoder.encode(["the red coat"]))

    with torch.no_grad():
        states = model.encoder(batch)
        output, without = model.read_states(states, batch), model(alone)

    own = torch.nn.functional.normalize(states[0, :5].sum(dim=0), dim=0)
    torch.testing.assert_close(output.embedding[0], own)
    assert not torch.allclose(output.embedding, without.embedding, atol=1e-3)


def test_span_loss_without_labels_is_zero() -> None:
    loss = span_loss(
        torch.zeros(1, 0, 2, 2), torch.zeros(1, 2, 2, dtype=torch.int64), torch.ones(1, 2).bool()
    )

    assert loss.item() == 0.0


def test_gradients_reach_adapter_and_heads_only(checkpoint: EncoderCheckpoint) -> None:
    model, batch = make_model(checkpoint), make_batch(checkpoint)
    Lora(LoraSettings(rank=2, alpha=4, dropout=0.0, num_layers=1)).prepare(model.encoder)

    losses = joint_losses(model(batch), targets_of(batch), batch)
    (losses.intent + losses.span + losses.distillation).backward()

    reached = {name for name, parameter in model.named_parameters() if parameter.grad is not None}
    assert reached == {
        name
        for name, _ in model.named_parameters()
        if not name.startswith("encoder.") or ("layers.1." in name and "lora_" in name)
    }


def test_one_batch_over_fits(checkpoint: EncoderCheckpoint) -> None:
    model, batch = make_model(checkpoint), make_batch(checkpoint)
    targets = targets_of(batch)
    model.requires_grad_(requires_grad=True)
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.0)

    for _ in range(120):
        losses = joint_losses(model(batch), targets, batch)
        optimiser.zero_grad()
        (losses.intent + losses.span).backward()  # type: ignore[no-untyped-call]
        optimiser.step()

    assert losses.intent.item() < 0.05
    assert losses.span.item() < 0.05


def test_word_spans_are_in_tokens_of_the_whole_text(checkpoint: EncoderCheckpoint) -> None:
    encoded = text_encoder_of(checkpoint).encode(["the red coat"])[0]
    gains = np.full((1, 8, 8), -1.0, dtype=np.float32)  # three words, two special tokens, padding
    gains[0, 2, 3] = 1.0
    gains[0, 0, 0] = gains[0, 4, 6] = 9.0  # not words

    spans = word_spans(gains, encoded)

    assert [(span.start, span.end) for span in spans] == [(2, 4)]


def test_word_spans_of_no_words_are_none(checkpoint: EncoderCheckpoint) -> None:
    encoded = text_encoder_of(checkpoint).encode([" "])[0]

    assert word_spans(np.ones((1, 2, 2), dtype=np.float32), encoded) == []


def test_spans_may_be_scored_in_bfloat16_and_nothing_else_changes(checkpoint: EncoderCheckpoint) -> None:
    model, batch = make_model(checkpoint).eval(), make_batch(checkpoint)

    with torch.no_grad():
        states = model.encoder(batch)
        exact = model.read_states(states, batch)
        rough = model.read_states(states, batch, spans_in=torch.autocast("cpu", dtype=torch.bfloat16))

    assert torch.equal(rough.intent_logits, exact.intent_logits)
    assert torch.equal(rough.embedding, exact.embedding)
    assert rough.span_gains.dtype == torch.float32
    assert not torch.equal(rough.span_gains, exact.span_gains)
    torch.testing.assert_close(rough.span_gains.triu(), exact.span_gains.triu(), atol=0.1, rtol=0.02)
