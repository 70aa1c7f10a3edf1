from __future__ import annotations

import math

import pytest
import torch

from nlu.training.contrastive import contrastive_loss as weighted_loss

APART = torch.tensor([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [0.0, 3.0]])


def contrastive_loss(points: torch.Tensor, intents: torch.Tensor) -> torch.Tensor:
    return weighted_loss(points, intents, torch.ones(len(points)))


def one_hot(*intents: int) -> torch.Tensor:
    return torch.eye(4)[list(intents)]


def test_loss_equals_a_value_by_hand() -> None:
    points = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])

    loss = contrastive_loss(points, one_hot(0, 0, 1))

    first = -math.log(math.exp(6) / (math.exp(6) + math.exp(0)))
    second = -math.log(math.exp(6) / (math.exp(6) + math.exp(8)))
    assert loss.item() == pytest.approx((first + second) / 2, rel=1e-4)


def test_separated_intents_have_almost_no_loss() -> None:
    assert contrastive_loss(APART, one_hot(0, 0, 1, 1)).item() < 0.001


def test_mixed_intents_have_more() -> None:
    assert contrastive_loss(APART, one_hot(0, 1, 0, 1)).item() > 5


def test_intents_without_partners_have_no_loss() -> None:
    points = APART.clone().requires_grad_()

    loss = contrastive_loss(points, one_hot(0, 1, 2, 3))
    loss.backward()  # type: ignore[no-untyped-call]

    assert loss.item() == 0.0
    assert points.grad is not None
    assert not points.grad.any()


def test_partners_have_exactly_the_same_intents() -> None:
    both, one, other = torch.tensor([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0]])

    apart = contrastive_loss(APART, torch.stack([both, one, both, other]))
    together = contrastive_loss(APART, torch.stack([both, both, one, other]))

    assert apart.item() > 5
    assert together.item() < 0.001


def test_weights_count_for_utterances_and_for_their_partners() -> None:
    points = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])

    loss = weighted_loss(points, one_hot(0, 0, 0), torch.tensor([1.0, 0.5, 0.0]))

    def share(own: int, others: tuple[int, int]) -> float:
        return -math.log(math.exp(own) / sum(math.exp(other) for other in others))

    first, second = share(6, (6, 0)), share(6, (6, 8))  # the third is no partner and pulls nobody
    assert loss.item() == pytest.approx((1.0 * first + 0.5 * second) / 1.5, rel=1e-4)


def test_without_weights_there_is_no_loss() -> None:
    assert weighted_loss(APART, one_hot(0, 0, 1, 1), torch.zeros(4)).item() == 0.0
