"""Intents for what customers wrote and nobody annotated, spread from annotated neighbours.

Every text hands its label on to the texts that the frozen encoder puts next to it, over and over: Zhou et al.
2004, "Learning with Local and Global Consistency", section 2. What is spread trains like an annotation, but
counts the less the more intents it is divided among: Iscen et al. 2019, "Label Propagation for Deep
Semi-supervised Learning", section 3.3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import torch

from nlu.training.config import PseudoLabelSettings
from nlu.training.dataset import CachedExample

_SHARPNESS = 8.0  # a neighbour's weight is exp(_SHARPNESS * (cosine - 1))
_NUM_ROUNDS = 40  # of handing on; what is left to move then is spread ** _NUM_ROUNDS
_CHUNK = 1024  # rows of the similarity matrix that are held at once


def pseudo_label(
    train: Sequence[CachedExample], unlabelled: Sequence[CachedExample], settings: PseudoLabelSettings
) -> list[CachedExample]:
    """Give `unlabelled` the intents of `train`, with a weight in [0, 1]; spans stay unknown.

    Combinations of intents are spread as a whole. A text that no annotated one is connected to is left out.
    """
    if not unlabelled:
        return []
    classes, class_of = torch.stack([one.example.intents for one in train]).unique(dim=0, return_inverse=True)
    shares = spread_labels(
        torch.stack([one.teacher for one in (*train, *unlabelled)]),
        torch.nn.functional.one_hot(class_of).float(),
        num_neighbours=settings.num_neighbours,
        spread=settings.spread,
    )[len(train) :]  # (unlabelled, classes)
    weights = settings.weight * _certainty(shares)
    return [
        replace(one, example=replace(one.example, intents=classes[share.argmax()], weight=float(weight)))
        for one, share, weight in zip(unlabelled, shares, weights, strict=True)
        if weight > 0.0
    ]


def spread_labels(
    embeddings: torch.Tensor, labels: torch.Tensor, *, num_neighbours: int, spread: float
) -> torch.Tensor:
    """Spread the labels of the first texts over all.

    Args:
        embeddings: ``(texts, hidden)`` float32 of unit length; the first of them are labelled.
        labels: ``(labelled, classes)`` float32, 1 at the class of each.
        num_neighbours: how many texts each is connected to, at least.
        spread: what share of its label a text takes from its neighbours, in (0, 1).

    Returns:
        ``(texts, classes)`` float32, rows that sum to 1; rows of 0 where no label arrives. Classes count
        alike however many texts they have: each is measured by what comes back to its labelled texts.
    """
    graph = _neighbour_graph(embeddings, min(num_neighbours, len(embeddings) - 1))
    given = torch.zeros(len(embeddings), labels.shape[1])
    given[: len(labels)] = labels
    shares = given
    for _ in range(_NUM_ROUNDS):
        shares = spread * (graph @ shares) + (1.0 - spread) * given
    shares = shares / shares[: len(labels)].sum(dim=0).clamp(min=torch.finfo(torch.float32).tiny)
    totals = shares.sum(dim=1, keepdim=True)
    return torch.where(totals > 0.0, shares / totals.clamp(min=torch.finfo(torch.float32).tiny), 0.0)


def _neighbour_graph(embeddings: torch.Tensor, num_neighbours: int) -> torch.Tensor:
    """Connect texts with their neighbours, both ways: sparse ``(texts, texts)``, symmetrically normalised."""
    size = len(embeddings)
    values, columns = [], []
    for start in range(0, size, _CHUNK):
        cosines = embeddings[start : start + _CHUNK] @ embeddings.T
        rows = torch.arange(len(cosines))
        cosines[rows, rows + start] = -2.0  # nobody is a neighbour of itself
        nearest = cosines.topk(num_neighbours, dim=1)
        values.append(nearest.values)
        columns.append(nearest.indices)
    to = torch.cat(columns).flatten()
    own = torch.arange(size).repeat_interleave(num_neighbours)
    weights = torch.exp(_SHARPNESS * (torch.cat(values).flatten() - 1.0))
    both = _sparse(torch.stack([torch.cat([own, to]), torch.cat([to, own])]), weights.repeat(2), size)
    row, column = both.indices()
    degrees = torch.zeros(size).index_add(0, row, both.values())
    return _sparse(both.indices(), both.values() * (degrees[row] * degrees[column]).rsqrt(), size)


def _sparse(places: torch.Tensor, values: torch.Tensor, size: int) -> torch.Tensor:
    return torch.sparse_coo_tensor(places, values, (size, size), check_invariants=True).coalesce()


def _certainty(shares: torch.Tensor) -> torch.Tensor:
    """Give ``(texts,)``: 1 where one class has all, 0 where all have the same or nothing arrived."""
    num_classes = shares.shape[1]
    if num_classes == 1:
        return shares[:, 0]
    entropy = torch.special.entr(shares).sum(dim=1)
    certainty = 1.0 - entropy / math.log(num_classes)
    return torch.where(shares.sum(dim=1) > 0.0, certainty.clamp(min=0.0), 0.0)
