from __future__ import annotations

import torch
from torch import nn

from nlu.training.head_start import start_intent_head, start_match_scores


def started(
    embeddings: torch.Tensor,
    intents: torch.Tensor,
    *,
    penalty: float = 0.05,
    weights: torch.Tensor | None = None,
) -> nn.Linear:
    linear = nn.Linear(embeddings.shape[1], int(intents.max()) + 1)
    weights = torch.ones(len(intents)) if weights is None else weights
    rows = nn.functional.one_hot(intents).float()
    start_intent_head(linear, embeddings, rows, weights=weights, penalty=penalty)
    return linear


def test_example_of_weight_two_counts_as_two() -> None:
    embeddings, intents = clouds()
    twice = torch.cat([embeddings, embeddings[:30]]), torch.cat([intents, intents[:30]])
    weights = torch.ones(len(intents))
    weights[:30] = 2.0

    weighted, repeated = started(embeddings, intents, weights=weights), started(*twice)

    torch.testing.assert_close(weighted.weight, repeated.weight, atol=1e-2, rtol=1e-2)
    assert not torch.allclose(weighted.weight, started(embeddings, intents).weight, atol=1e-2)


def clouds() -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(1)
    intents = torch.arange(3).repeat(20)
    points = torch.eye(3, 8)[intents] + 0.1 * torch.randn(60, 8, generator=rng)
    return nn.functional.normalize(points, dim=1), intents


def test_start_separates_what_can_be_separated() -> None:
    embeddings, intents = clouds()

    linear = started(embeddings, intents)

    assert torch.equal(linear(embeddings).argmax(dim=1), intents)


def test_start_does_not_depend_on_the_seed() -> None:
    embeddings, intents = clouds()

    assert torch.equal(started(embeddings, intents).weight, started(embeddings, intents).weight)


def test_start_is_where_the_gradient_vanishes() -> None:
    embeddings, intents = clouds()
    linear = started(embeddings, intents, penalty=1.0)

    loss = nn.functional.cross_entropy(linear(embeddings), intents) + linear.weight.square().sum() / 60
    loss.backward()  # type: ignore[no-untyped-call]

    assert linear.weight.grad is not None
    assert linear.weight.grad.abs().max() < 1e-3


def test_one_example_per_intent_is_enough() -> None:
    linear = started(torch.eye(2), torch.tensor([0, 1]))

    assert linear(torch.eye(2)).argmax(dim=1).tolist() == [0, 1]


def test_start_with_several_intents_is_where_the_gradient_vanishes() -> None:
    embeddings, intents = clouds()
    both = nn.functional.one_hot(intents).float()
    both[::2, 0] = 1.0
    linear = nn.Linear(8, 3)

    start_intent_head(
        linear, embeddings, both, weights=torch.ones(len(both)), penalty=1.0, is_multi_label=True
    )
    misfit = nn.functional.binary_cross_entropy_with_logits(linear(embeddings), both, reduction="sum")
    ((misfit + linear.weight.square().sum()) / 60).backward()  # type: ignore[no-untyped-call]

    assert linear.weight.grad is not None
    assert linear.weight.grad.abs().max() < 1e-3


def test_patterns_are_believed_to_be_the_entity_of_their_name() -> None:
    scores = nn.Parameter(torch.zeros(2, 3))

    start_match_scores(scores, ["email", "", "size"], ["email", "postcode"])

    assert (scores != 0).tolist() == [[True, False, False], [False, False, False]]
    assert scores[0, 0] > 0
