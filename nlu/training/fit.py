"""One model from fresh weights: the final one, and that of every fold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from nlu.model import JointModel
from nlu.training.compute import Compute
from nlu.training.dataset import CachedExample, with_variants
from nlu.training.forward import embed_cached
from nlu.training.loop import LoopWatcher, TrainingSplits, train_loop
from nlu.training.prepare import Prepared, build_model
from nlu.training.progress import Steps
from nlu.training.pseudo_labels import pseudo_label
from nlu.training.resume import TrainingState
from nlu.training.validation import EpochResult


class FitWatcher(LoopWatcher, Protocol):
    """Told what training does, and before it what the labeller's training does."""

    def on_labeller_step(self, steps: Steps, epoch: int) -> None:
        """Hear of every step of the model that judges what nobody annotated."""


def fit_model(
    prepared: Prepared,
    splits: TrainingSplits,
    *,
    watcher: FitWatcher,
    compute: Compute,
    start: TrainingState[EpochResult] | None = None,
) -> tuple[JointModel, list[EpochResult]]:
    """Build a model and train it on `splits` and on pseudo-labels that come from these alone.

    Numbers are drawn from torch's generator.

    Returns:
        The model of the best epoch, on the device of `compute`, and the result of every epoch.
    """
    config = prepared.config
    pseudo_labelled = _label_the_rest(prepared, splits, watcher, compute) if prepared.unlabelled else []
    enlarged = replace(splits, train=(*with_variants(splits.train), *pseudo_labelled))
    model = build_model(prepared, enlarged.train).to(compute.device)
    return model, train_loop(model, enlarged, config, watcher=watcher, compute=compute, start=start)


def _label_the_rest(
    prepared: Prepared, splits: TrainingSplits, watcher: FitWatcher, compute: Compute
) -> list[CachedExample]:
    """Train a labeller on what is annotated, and take its word for what is not."""
    config, settings = prepared.config, prepared.config.pseudo_labels
    labeller = build_model(prepared, splits.train).to(compute.device)
    train_loop(
        labeller,
        replace(splits, validation=(), pairs=None),
        replace(config, optimiser=replace(config.optimiser, max_epochs=settings.labeller_epochs)),
        watcher=_LabellerWatcher(watcher),
        compute=compute,
    )
    examples = (*splits.train, *prepared.unlabelled)
    embeddings, logits = embed_cached(labeller, examples, splits.first_trained_layer, compute)
    return pseudo_label(splits.train, prepared.unlabelled, settings, embeddings=embeddings, logits=logits)


@dataclass(frozen=True, slots=True, eq=False)
class _LabellerWatcher:
    """Shows the steps of the labeller; its states and results are nobody's."""

    watcher: FitWatcher

    def on_step(self, steps: Steps, epoch: int) -> None:
        self.watcher.on_labeller_step(steps, epoch)

    def on_state(self, state: TrainingState[EpochResult]) -> None:
        """Keep nothing."""

    def on_epoch(self, steps: Steps, result: EpochResult) -> None:
        """Say nothing."""
