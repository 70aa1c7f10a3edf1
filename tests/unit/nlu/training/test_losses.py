from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from nlu.model import UNKNOWN_SPAN, JointOutput, Targets
from nlu.training.config import LossSettings
from nlu.training.contrastive import contrastive_loss
from nlu.training.dataset import TrainingBatch
from nlu.training.losses import class_weights, example_weights, smooth_targets, total_loss
from tests.fakes_training_loop import tiny_batch


def targets(intents: list[list[float]], *, is_multi_label: bool = False) -> Targets:
    rows = torch.tensor(intents)
    return Targets(
        rows,
        torch.zeros(len(rows), 1, 1, dtype=torch.int64),
        torch.zeros(1),
        torch.ones(len(rows)),
        is_multi_label,
    )


def test_balanced_weights_equal_values_by_hand() -> None:
    intents = torch.eye(3)[[0, 0, 0, 0, 1]]

    weights = class_weights(intents, "balanced")

    mean = (4 * 0.5 + 1 * 1.0) / 5  # of 1 / sqrt(4) and 1 / sqrt(1) over the examples
    torch.testing.assert_close(weights, torch.tensor([0.5, 1.0, 1.0]) / mean)
    assert (intents @ weights).mean().item() == pytest.approx(1.0)


def test_without_weighting_all_intents_weigh_one() -> None:
    assert class_weights(torch.eye(2)[[0, 0, 1]], "none").tolist() == [1.0, 1.0]


def test_example_weighs_the_mean_of_its_intents() -> None:
    intents = torch.tensor([[1.0, 0.0], [1.0, 1.0]])

    assert example_weights(intents, torch.tensor([1.0, 3.0])).tolist() == [1.0, 2.0]


def test_smoothing_spreads_over_all_intents() -> None:
    smooth = smooth_targets(targets([[1.0, 0.0, 0.0, 0.0]]), 0.2)

    torch.testing.assert_close(smooth.intents, torch.tensor([[0.85, 0.05, 0.05, 0.05]]))


def test_smoothing_of_several_intents_spreads_over_yes_and_no() -> None:
    smooth = smooth_targets(targets([[1.0, 0.0]], is_multi_label=True), 0.2)

    torch.testing.assert_close(smooth.intents, torch.tensor([[0.9, 0.1]]))


def loss_of(batch: TrainingBatch, output: JointOutput, **changes: float) -> float:
    settings = LossSettings(**{"span": 0.0, "distillation": 0.0, "contrastive": 0.0} | changes)
    projected = output.embedding
    weights = torch.tensor([1.0, 3.0])
    return total_loss(output, batch, projected=projected, weights=weights, settings=settings).item()


def by_hand() -> tuple[TrainingBatch, JointOutput]:
    """Two texts of the intents 0 and 1, with one span label."""
    batch = tiny_batch(
        intents=torch.eye(2), teacher=torch.tensor([[1.0, 0.0], [0.6, 0.8]]), spans=[(0, 1, 1, 1)]
    )
    seq = batch.batch.ids.shape[1]
    output = JointOutput(
        intent_logits=torch.tensor([[math.log(3.0), 0.0], [0.0, 0.0]]),
        span_gains=torch.full((2, 1, seq, seq), math.log(3.0)),
        embedding=torch.tensor([[1.0, 0.0], [1.0, 0.0]]),
    )
    return batch, output


def test_intent_loss_equals_a_value_by_hand() -> None:
    expected = (1.0 * math.log(4 / 3) + 3.0 * math.log(2)) / 2  # the second intent weighs 3

    assert loss_of(*by_hand()) == pytest.approx(expected, rel=1e-5)


def test_utterance_counts_as_much_as_it_weighs() -> None:
    batch, output = by_hand()
    batch = replace(batch, targets=replace(batch.targets, weights=torch.tensor([0.5, 0.0])))

    assert loss_of(batch, output) == pytest.approx(0.5 * math.log(4 / 3) / 2, rel=1e-5)


def test_nothing_is_learnt_from_unknown_spans() -> None:
    batch, output = by_hand()
    spans = batch.targets.spans.clone()
    spans[1] = UNKNOWN_SPAN
    unknown = replace(batch, targets=replace(batch.targets, spans=spans))

    both, first = (loss_of(one, output, span=1.0) - loss_of(one, output) for one in (batch, unknown))
    second = 3 * math.log(4)  # three spans of two words, each rightly unlabelled against a gain of 3

    assert both - first == pytest.approx(second / 2, rel=1e-5)


def test_smoothed_intent_loss_equals_a_value_by_hand() -> None:
    first = -(0.9 * math.log(3 / 4) + 0.1 * math.log(1 / 4))

    expected = (1.0 * first + 3.0 * math.log(2)) / 2
    assert loss_of(*by_hand(), label_smoothing=0.2) == pytest.approx(expected, rel=1e-5)


def test_span_loss_equals_a_value_by_hand() -> None:
    batch, output = by_hand()  # both texts have two words, so three spans; one of the six is labelled

    expected = (1 * math.log(4 / 3) + 5 * math.log(4)) / 2
    assert loss_of(batch, output, span=2.0) - loss_of(batch, output) == pytest.approx(2 * expected, rel=1e-5)


def test_distillation_loss_equals_a_value_by_hand() -> None:
    batch, output = by_hand()

    assert loss_of(batch, output, distillation=1.0) - loss_of(batch, output) == pytest.approx(0.2, abs=1e-5)


def test_contrastive_loss_is_added() -> None:
    batch, output = by_hand()

    expected = contrastive_loss(output.embedding, batch.targets.intents, torch.ones(2)).item()
    assert loss_of(batch, output, contrastive=1.0) - loss_of(batch, output) == pytest.approx(expected)
