"""The loss of a training step: intents, spans, distillation and contrast, weighed by the settings.

Rare intents may weigh more, and the targets of intents may be smoothed: Szegedy et al. 2016, "Rethinking the
Inception Architecture for Computer Vision", section 7. Everything is float32.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from nlu.model import JointOutput, Targets, joint_losses
from nlu.training.config import ClassWeighting, LossSettings
from nlu.training.contrastive import contrastive_loss
from nlu.training.dataset import TrainingBatch


def class_weights(intents: torch.Tensor, weighting: ClassWeighting) -> torch.Tensor:
    """Weigh intents: all 1, or ``balanced`` by 1 / sqrt(number of examples).

    Balanced weights are scaled so that their mean over the examples is 1, which leaves the intent loss as
    large as it was beside the other losses.

    Args:
        intents: ``(examples, num_intents)`` float32, multi-hot times the weight of the example, of the
            training split.
        weighting: which.

    Returns:
        ``(num_intents,)`` float32; an intent without examples weighs as much as one with a single example.
    """
    counts = intents.sum(dim=0)
    if weighting == "none":
        return torch.ones_like(counts)
    weights = counts.clamp(min=1).rsqrt()
    return weights * counts.sum() / (counts * weights).sum()


def smooth_targets(targets: Targets, rate: float) -> Targets:
    """Take `rate` of the intents' targets and spread it over all intents, with several over yes and no."""
    spread = rate / 2.0 if targets.is_multi_label else rate / targets.intents.shape[1]
    return replace(targets, intents=targets.intents * (1.0 - rate) + spread)


def example_weights(intents: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Average the weights of an example's intents: ``(batch, num_intents)`` multi-hot to ``(batch,)``."""
    return intents @ weights / intents.sum(dim=1).clamp(min=1.0)


def total_loss(
    output: JointOutput,
    batch: TrainingBatch,
    *,
    projected: torch.Tensor,
    weights: torch.Tensor,
    settings: LossSettings,
) -> torch.Tensor:
    """Weigh and add all losses of a batch, each of them per example.

    Args:
        output: of the model.
        batch: with what the output should be.
        projected: ``(batch, size)`` embeddings for the contrastive loss.
        weights: ``(num_intents,)`` of the intents.
        settings: smoothing, and the weights of the other losses.
    """
    intents = batch.targets.intents
    losses = joint_losses(
        output,
        smooth_targets(batch.targets, settings.label_smoothing),
        batch.batch,
        intent_weights=example_weights(intents, weights),
    )
    return (
        losses.intent
        + settings.span * losses.span
        + settings.distillation * losses.distillation
        + settings.contrastive * contrastive_loss(projected, intents, batch.targets.weights)
    )
