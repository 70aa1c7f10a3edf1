from __future__ import annotations

import torch

from nlu.labels import LabelMap
from nlu.training.validation import right_intents

SINGLE = LabelMap(("ask", "greet"), ())
SEVERAL = LabelMap(("ask", "greet", "greet+thank"), ())


def test_one_intent_is_right_when_it_scores_highest() -> None:
    logits = torch.tensor([[1.0, 2.0], [1.0, 2.0]])

    assert right_intents(logits, torch.tensor([[0.0, 1.0], [1.0, 0.0]]), SINGLE) == [True, False]


def test_several_intents_are_right_when_exactly_they_are_found() -> None:
    true = torch.tensor([[0.0, 1.0, 1.0]]).repeat(3, 1)
    logits = torch.tensor([[-1.0, 2.0, 0.5], [-1.0, 2.0, -0.5], [1.0, 2.0, 0.5]])

    assert right_intents(logits, true, SEVERAL) == [True, False, False]


def test_combination_that_was_never_trained_can_be_right() -> None:
    assert right_intents(torch.tensor([[1.0, 2.0, -1.0]]), torch.tensor([[1.0, 1.0, 0.0]]), SEVERAL) == [True]


def test_combination_that_is_no_candidate_is_missed() -> None:
    wrong = right_intents(torch.tensor([[-1.0, 2.0, -1.0]]), torch.tensor([[1.0, 1.0, 0.0]]), SEVERAL)

    assert wrong == [False]
