from __future__ import annotations

import math

import pytest
import torch

from nlu.training.retrieval_loss import retrieval_loss

QUESTIONS = torch.tensor([[1.0, 0.0], [0.6, 0.8]])
TEXTS = torch.tensor([[0.8, 0.6], [0.0, 1.0], [1.0, 0.0]])
OWN = torch.tensor([0, 1])


def loss_of(is_negative: list[list[bool]], *, temperature: float = 0.5) -> torch.Tensor:
    return retrieval_loss(
        QUESTIONS,
        TEXTS,
        positives=OWN,
        is_negative=torch.tensor(is_negative),
        temperature=temperature,
    )


def test_loss_equals_a_value_by_hand() -> None:
    loss = loss_of([[False, True, True], [True, False, True]])

    first = -math.log(math.exp(1.6) / (math.exp(1.6) + math.exp(0.0) + math.exp(2.0)))
    second = -math.log(math.exp(1.6) / (math.exp(1.6) + math.exp(1.92) + math.exp(1.2)))
    assert loss.item() == pytest.approx((first + second) / 2, rel=1e-5)


def test_texts_of_the_same_answer_do_not_count() -> None:
    loss = loss_of([[False, True, False], [True, False, False]])

    first = -math.log(math.exp(1.6) / (math.exp(1.6) + math.exp(0.0)))
    second = -math.log(math.exp(1.6) / (math.exp(1.6) + math.exp(1.92)))
    assert loss.item() == pytest.approx((first + second) / 2, rel=1e-5)


def test_questions_without_negatives_have_neither_loss_nor_gradient() -> None:
    questions = QUESTIONS.clone().requires_grad_()

    loss = retrieval_loss(
        questions,
        TEXTS,
        positives=OWN,
        is_negative=torch.zeros(2, 3, dtype=torch.bool),
        temperature=0.05,
    )
    loss.backward()  # type: ignore[no-untyped-call]

    assert loss.item() == 0.0
    assert questions.grad is not None
    assert not questions.grad.any()


def test_lower_temperature_punishes_a_nearer_wrong_text_more() -> None:
    is_negative = [[False, False, True], [False, False, False]]

    assert loss_of(is_negative, temperature=0.05).item() > loss_of(is_negative, temperature=0.5).item()
