from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
import torch

from nlu.batching import EncodedText, collate, load_tokenizer
from nlu.checkpoint import EncoderCheckpoint
from nlu.finetuning.lora import Lora, LoraSettings
from nlu.reader.model import ReaderModel, ReaderOutput, ReaderSizes, reading_loss
from nlu.reader.pairs import PairEncoder
from tests.fakes_nlu import tiny_encoder

NO = float("-1e9")


@pytest.fixture
def model(checkpoint: EncoderCheckpoint) -> ReaderModel:
    torch.manual_seed(1)
    return ReaderModel(tiny_encoder(checkpoint), ReaderSizes(span_size=8, dropout=0.0)).eval()


def windows(checkpoint: EncoderCheckpoint, passages: Sequence[str]) -> list[EncodedText]:
    encoder = PairEncoder(load_tokenizer(checkpoint), max_tokens=48)
    return [window for (window,) in encoder.encode(["is my hat"] * len(passages), passages)]


def test_shapes_and_only_spans_of_the_passage_have_scores(
    model: ReaderModel, checkpoint: EncoderCheckpoint
) -> None:
    batch = collate(windows(checkpoint, ["the red hat", "blue"]))

    output = model(batch)

    seq = batch.ids.shape[1]
    assert output.span_scores.shape == (2, seq, seq)
    assert output.span_scores.dtype == output.null_scores.dtype == torch.float32
    assert output.null_scores.shape == (2,)
    assert (output.span_scores > NO / 2).sum(dim=(1, 2)).tolist() == [6, 1]  # 3 + 2 + 1 spans, one span


def test_log_shares_sum_to_one(model: ReaderModel, checkpoint: EncoderCheckpoint) -> None:
    spans, null = model(collate(windows(checkpoint, ["the red hat", "blue"]))).log_shares()

    total = spans.exp().sum(dim=(1, 2)) + null.exp()
    torch.testing.assert_close(total, torch.ones(2))


def test_padding_changes_nothing(model: ReaderModel, checkpoint: EncoderCheckpoint) -> None:
    short, long = windows(checkpoint, ["the red hat", "the blue coat is for my green hat please"])

    alone, together = model(collate([short])), model(collate([short, long]))

    size = len(short)
    torch.testing.assert_close(
        together.span_scores[:1, :size, :size], alone.span_scores, atol=1e-5, rtol=1e-5
    )
    torch.testing.assert_close(together.null_scores[:1], alone.null_scores, atol=1e-5, rtol=1e-5)


def outputs(spans: list[list[float]], null: float) -> ReaderOutput:
    return ReaderOutput(torch.tensor([spans]), torch.tensor([null]))


def test_loss_is_the_log_share_of_all_right_spans_together() -> None:
    output = outputs([[math.log(2.0), math.log(3.0)], [NO, math.log(4.0)]], 0.0)
    targets = torch.tensor([[[True, False], [False, True]]])

    assert reading_loss(output, targets).item() == pytest.approx(-math.log(6 / 10), abs=1e-6)


def test_loss_without_answer_is_the_log_share_of_the_null_span() -> None:
    output = outputs([[math.log(2.0), NO], [NO, math.log(4.0)]], math.log(3.0))

    loss = reading_loss(output, torch.zeros(1, 2, 2, dtype=torch.bool))

    assert loss.item() == pytest.approx(-math.log(3 / 9), abs=1e-6)


def test_gradients_are_finite_and_reach_adapter_and_heads_alone(
    model: ReaderModel, checkpoint: EncoderCheckpoint
) -> None:
    Lora(LoraSettings(rank=2, alpha=4, num_layers=1)).prepare(model.encoder)
    batch = collate(windows(checkpoint, ["the red hat", "blue"]))
    targets = torch.zeros(2, *[batch.ids.shape[1]] * 2, dtype=torch.bool)
    targets[0, 6, 6] = True

    reading_loss(model(batch), targets).backward()

    with_gradients = {name for name, one in model.named_parameters() if one.grad is not None}
    assert all(torch.isfinite(one.grad).all() for one in model.parameters() if one.grad is not None)
    assert {name for name in with_gradients if name.startswith("encoder.")} == {
        name for name, one in model.encoder.named_parameters("encoder") if one.requires_grad
    }
    assert "null_head.weight" in with_gradients
    assert "span_head.bilinear" in with_gradients
