"""Intents for what customers wrote and nobody annotated: from a model and from annotated neighbours.

The model is trained on what is annotated. In its space every text hands its label on to the texts that are
next to it, over and over: Zhou et al. 2004, "Learning with Local and Global Consistency", section 2. What is
spread so and what the model itself believes count half each. The result trains like an annotation, but counts
only as much as the best intent has of it: Iscen et al. 2019, "Label Propagation for Deep Semi-supervised
Learning", section 3, spread in the space of the trained model and weigh by certainty too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from nlu.training.config import PseudoLabelSettings
from nlu.training.dataset import CachedExample

_SHARPNESS = 8.0  # a neighbour's weight is exp(_SHARPNESS * (cosine - 1))
_NUM_ROUNDS = 40  # of handing on; what is left to move then is spread ** _NUM_ROUNDS
_MAX_CELLS = 1 << 24  # of the similarity matrix that are held at once


def pseudo_label(
    train: Sequence[CachedExample],
    unlabelled: Sequence[CachedExample],
    settings: PseudoLabelSettings,
    *,
    embeddings: torch.Tensor,
    logits: torch.Tensor,
) -> list[CachedExample]:
    """Give `unlabelled` the intents of `train`, with a weight in (0, 1]; spans stay unknown.

    Combinations of intents are given as a whole. A text that no annotated one is connected to is left out.

    Args:
        train: what is annotated.
        unlabelled: at least one text.
        settings: of the graph and of the weights.
        embeddings: ``(train + unlabelled, hidden)`` float32 of unit length, of a model trained on `train`.
        logits: ``(train + unlabelled, intents)`` float32 of the same model.
    """
    rows = torch.stack([one.example.intents for one in train])
    classes, class_of = torch.unique(rows, dim=0, return_inverse=True)
    spread = spread_labels(embeddings, torch.nn.functional.one_hot(class_of).float(), settings)[len(train) :]
    believed = torch.softmax(logits[len(train) :] @ classes.T, dim=1)  # of several intents too: their odds
    is_reached = spread.sum(dim=1, keepdim=True) > 0.0
    shares = torch.where(is_reached, (spread + believed) / 2, 0.0)  # (unlabelled, classes)
    best = shares.max(dim=1)
    return [
        replace(one, example=replace(one.example, intents=classes[number], weight=settings.weight * share))
        for one, number, share in zip(unlabelled, best.indices, best.values.tolist(), strict=True)
        if share > 0.0
    ]


def spread_labels(
    embeddings: torch.Tensor, labels: torch.Tensor, settings: PseudoLabelSettings
) -> torch.Tensor:
    """Spread the labels of the first texts over all.

    Args:
        embeddings: ``(texts, hidden)`` float32 of unit length; the first of them are labelled.
        labels: ``(labelled, classes)`` float32, 1 at the class of each.
        settings: of the graph and of the spreading.

    Returns:
        ``(texts, classes)`` float32, rows that sum to 1; rows of 0 where no label arrives.
    """
    graph = _neighbour_graph(embeddings, settings)
    given = torch.zeros(len(embeddings), labels.shape[1])
    given[: len(labels)] = labels
    shares = given
    for _ in range(_NUM_ROUNDS):
        shares = settings.spread * (graph @ shares) + (1.0 - settings.spread) * given
    totals = shares.sum(dim=1, keepdim=True)
    return torch.where(totals > 0.0, shares / totals.clamp(min=torch.finfo(torch.float32).tiny), 0.0)


def _neighbour_graph(embeddings: torch.Tensor, settings: PseudoLabelSettings) -> torch.Tensor:
    """Connect texts with their neighbours, both ways: sparse ``(texts, texts)``, symmetrically normalised."""
    size = len(embeddings)
    num_neighbours = min(settings.num_neighbours, size - 1)
    values, columns = [], []
    rows_at_once = max(1, _MAX_CELLS // size)
    for start in range(0, size, rows_at_once):
        cosines = embeddings[start : start + rows_at_once] @ embeddings.T
        rows = torch.arange(len(cosines))
        cosines[rows, rows + start] = -2.0  # nobody is a neighbour of itself
        nearest = cosines.topk(num_neighbours, dim=1)
        values.append(nearest.values)
        columns.append(nearest.indices)
    cosine, to = torch.cat(values).flatten(), torch.cat(columns).flatten()
    own = torch.arange(size).repeat_interleave(num_neighbours)
    is_near = cosine >= settings.min_similarity
    cosine, to, own = cosine[is_near], to[is_near], own[is_near]
    weights = torch.exp(_SHARPNESS * (cosine - 1.0))
    both = _sparse(torch.stack([torch.cat([own, to]), torch.cat([to, own])]), weights.repeat(2), size)
    row, column = both.indices()
    degrees = torch.zeros(size).index_add(0, row, both.values())
    return _sparse(both.indices(), both.values() * (degrees[row] * degrees[column]).rsqrt(), size)


def _sparse(places: torch.Tensor, values: torch.Tensor, size: int) -> torch.Tensor:
    return torch.sparse_coo_tensor(places, values, (size, size), check_invariants=True).coalesce()
