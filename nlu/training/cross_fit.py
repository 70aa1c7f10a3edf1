"""Judges every training example by a model that was trained on the others: out-of-fold outputs.

A validation split of a small bot holds too few examples to choose thresholds from, and what it holds is not
learnt from. Folds give one honest judgement per example and leave all of them to the final model. Platt 1999,
"Probabilistic Outputs for Support Vector Machines", section 2.1, fits the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from nlu.labels import LabelMap
from nlu.text import normalise_text
from nlu.training.calibrate import UnseenOutputs, fit_scope, run_unseen
from nlu.training.compute import Compute
from nlu.training.dataset import CachedExample
from nlu.training.fit import FitWatcher, fit_model
from nlu.training.prepare import Prepared


def run_out_of_fold(prepared: Prepared, *, watcher: FitWatcher, compute: Compute) -> UnseenOutputs:
    """Train one model per fold on the other folds and run it on its own.

    Numbers are drawn from torch's generator.
    """
    config, splits = prepared.config, prepared.splits
    folds = assign_folds(
        [normalise_text(example.example.encoded.text) for example in splits.train],
        [int(example.example.intents.argmax()) for example in splits.train],
        num_folds=config.calibration.num_folds,
        rng=np.random.default_rng(config.seed),
    )
    outputs = []
    for fold in range(config.calibration.num_folds):
        inside, outside = _divide(splits.train, folds == fold)
        if not inside or not outside:
            continue
        others = replace(splits, train=outside, validation=())
        model, _ = fit_model(prepared, others, watcher=watcher, compute=compute)
        scope = fit_scope(model, others, config.calibration, compute)
        outputs.append(
            run_unseen(
                model,
                inside,
                scope,
                splits=splits,
                compute=compute,
                trained_labels=_labels_of(outside, splits.label_map),
            )
        )
    return UnseenOutputs.join(outputs) if outputs else UnseenOutputs.nothing()


def assign_folds(
    texts: Sequence[str], classes: Sequence[int], *, num_folds: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Spread every class evenly over the folds; equal texts share a fold.

    Args:
        texts: one per example, normalised.
        classes: one per example.
        num_folds: at least 2.
        rng: decides who goes where.

    Returns:
        ``(examples,)`` numbers of folds.
    """
    class_of = dict(zip(texts, classes, strict=True))
    fold_of: dict[str, int] = {}
    for label in sorted(set(class_of.values())):
        members = sorted(text for text, own in class_of.items() if own == label)
        first = len(fold_of)
        for place, member in enumerate(rng.permutation(len(members)).tolist()):
            fold_of[members[member]] = (first + place) % num_folds
    return np.asarray([fold_of[text] for text in texts], dtype=np.int64)


def _labels_of(examples: Sequence[CachedExample], label_map: LabelMap) -> list[str]:
    """Name the labels that occur: a combination that the others never showed is new to their model."""
    present = {tuple(example.example.intents.nonzero().flatten().tolist()) for example in examples}
    return [
        label for label in label_map.intent_labels if tuple(sorted(label_map.intent_ids(label))) in present
    ]


def _divide(
    examples: Sequence[CachedExample], is_inside: NDArray[np.bool_]
) -> tuple[list[CachedExample], list[CachedExample]]:
    """Take a fold's examples out; those with an intent that only the fold has cannot be judged."""
    outside = [example for example, chosen in zip(examples, is_inside, strict=True) if not chosen]
    inside = [example for example, chosen in zip(examples, is_inside, strict=True) if chosen]
    if not outside:
        return inside, outside
    known = torch.stack([example.example.intents for example in outside]).sum(dim=0) > 0
    return [example for example in inside if bool(known[example.example.intents > 0].all())], outside
