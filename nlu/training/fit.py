"""One model from fresh weights: the final one, and that of every fold."""

from __future__ import annotations

from dataclasses import replace

from nlu.model import JointModel
from nlu.training.compute import Compute
from nlu.training.loop import LoopWatcher, TrainingSplits, train_loop
from nlu.training.prepare import Prepared, build_model
from nlu.training.pseudo_labels import pseudo_label
from nlu.training.resume import TrainingState
from nlu.training.validation import EpochResult


def fit_model(
    prepared: Prepared,
    splits: TrainingSplits,
    *,
    watcher: LoopWatcher,
    compute: Compute,
    start: TrainingState | None = None,
) -> tuple[JointModel, list[EpochResult]]:
    """Build a model and train it on `splits` and on pseudo-labels that are spread from these alone.

    Numbers are drawn from torch's generator.

    Returns:
        The model of the best epoch, on the device of `compute`, and the result of every epoch.
    """
    config = prepared.config
    spread = pseudo_label(splits.train, prepared.unlabelled, config.pseudo_labels)
    enlarged = replace(splits, train=(*splits.train, *spread))
    model = build_model(prepared, enlarged.train).to(compute.device)
    return model, train_loop(model, enlarged, config, watcher=watcher, compute=compute, start=start)
