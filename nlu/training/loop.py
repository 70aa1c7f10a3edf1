"""The training loop: steps over cached states, early stopping on the primary metric, the best kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from nlu.evaluation.metrics import accuracy, score_counts
from nlu.model import JointModel, JointOutput, joint_losses, word_spans
from nlu.training.config import OptimiserSettings, TrainConfig
from nlu.training.contrastive import PROJECTION_SIZE, contrastive_loss
from nlu.training.dataset import CachedExample, TrainingBatch, make_batches
from nlu.training.schedule import learning_rate_factor

_EVALUATION_BATCH_SIZE = 64


@dataclass(frozen=True, slots=True)
class EpochResult:
    """Quality on the validation split after an epoch; higher is better except the losses."""

    epoch: int
    train_loss: float
    intent_accuracy: float
    span_f1: float
    frame_accuracy: float
    seconds: float

    @property
    def intent_and_span(self) -> float:
        """Average intent accuracy and span F1."""
        return (self.intent_accuracy + self.span_f1) / 2.0


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSplits:
    """What is trained on and what decides when to stop."""

    train: Sequence[CachedExample]
    validation: Sequence[CachedExample]


Epochs = Callable[[EpochResult, int], None]
"""Told after every epoch, with the number of epochs at most."""


def train_loop(
    model: JointModel,
    splits: TrainingSplits,
    config: TrainConfig,
    *,
    first_trained_layer: int,
    on_epoch: Epochs,
) -> list[EpochResult]:
    """Train the model's trainable parameters in place and leave the best epoch's values in them.

    Args:
        model: prepared by a fine-tuning method; frozen parameters do not change.
        splits: cached examples; without validation examples the last epoch counts as the best.
        config: what to do; the order of examples follows its seed, dropout torch's own generator.
        first_trained_layer: the layer above the cached states.
        on_epoch: progress.

    Returns:
        The result of every epoch that ran.
    """
    rng = np.random.default_rng(config.seed)
    steps = _make_steps(model, config, first_trained_layer)
    rates = _learning_rates(config.optimiser, num_examples=len(splits.train))
    results: list[EpochResult] = []
    best: dict[str, torch.Tensor] = {}
    best_epoch, best_metric = 0, float("-inf")
    for epoch in range(1, config.optimiser.max_epochs + 1):
        started_at_s = time.monotonic()
        batches = make_batches(splits.train, batch_size=config.optimiser.batch_size, rng=rng)
        losses = [steps.step(batch, next(rates)) for batch in batches]
        result = _validate(
            model,
            splits.validation,
            first_trained_layer,
            (epoch, float(np.mean(losses)), time.monotonic() - started_at_s),
        )
        results.append(result)
        on_epoch(result, config.optimiser.max_epochs)
        metric = getattr(result, config.primary_metric)
        if metric > best_metric or not splits.validation:
            best, best_epoch, best_metric = _copy_trained(model), epoch, metric
        elif epoch - best_epoch >= config.optimiser.patience:
            break
    _restore_trained(model, best)
    model.eval()
    return results


def run_cached(
    model: JointModel, examples: Sequence[CachedExample], first_trained_layer: int
) -> Iterator[tuple[TrainingBatch, JointOutput]]:
    """Run the trained part over cached examples, without gradients, in evaluation mode."""
    model.eval()
    for batch in make_batches(examples, batch_size=_EVALUATION_BATCH_SIZE, rng=None):
        with torch.no_grad():
            yield batch, _run_upper(model, batch, first_trained_layer)


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """What a step of training needs; `projection` serves the contrastive loss and is thrown away."""

    model: JointModel
    projection: nn.Linear
    optimiser: torch.optim.AdamW
    config: TrainConfig
    first_trained_layer: int

    def step(self, batch: TrainingBatch, rate: float) -> float:
        """Change the trained parameters once; gives the loss before."""
        self.model.train()
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["base_lr"]
        loss = self._loss(batch)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no annotation here
        trained = [parameter for group in self.optimiser.param_groups for parameter in group["params"]]
        nn.utils.clip_grad_norm_(trained, self.config.optimiser.max_grad_norm)
        self.optimiser.step()
        return loss.item()

    def _loss(self, batch: TrainingBatch) -> torch.Tensor:
        output = _run_upper(self.model, batch, self.first_trained_layer)
        losses = joint_losses(output, batch.targets, batch.batch)
        contrastive = contrastive_loss(self.projection(output.embedding), batch.targets.intents)
        weights = self.config.losses
        return (
            losses.intent
            + weights.span * losses.span
            + weights.distillation * losses.distillation
            + weights.contrastive * contrastive
        )


def _make_steps(model: JointModel, config: TrainConfig, first_trained_layer: int) -> _Steps:
    projection = nn.Linear(model.encoder.hidden, PROJECTION_SIZE)
    heads = [*model.intent_head.parameters(), *model.span_head.parameters(), *projection.parameters()]
    adapter = [parameter for parameter in model.encoder.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(
        [
            {"params": adapter, "base_lr": config.optimiser.adapter_lr},
            {"params": heads, "base_lr": config.optimiser.head_lr},
        ],
        lr=config.optimiser.adapter_lr,
        weight_decay=config.optimiser.weight_decay,
    )
    return _Steps(model, projection, optimiser, config, first_trained_layer)


def _learning_rates(settings: OptimiserSettings, *, num_examples: int) -> Iterator[float]:
    num_steps = settings.max_epochs * -(-num_examples // settings.batch_size)
    for step in range(num_steps):
        yield learning_rate_factor(step, num_steps=num_steps, warmup_fraction=settings.warmup_fraction)


def _run_upper(model: JointModel, batch: TrainingBatch, first_trained_layer: int) -> JointOutput:
    states = model.encoder.run_upper(batch.states, batch.batch.attention_mask, first_trained_layer)
    return model.read_states(states, batch.batch)


def _validate(
    model: JointModel,
    examples: Sequence[CachedExample],
    first_trained_layer: int,
    progress: tuple[int, float, float],
) -> EpochResult:
    hits: list[bool] = []
    frames: list[bool] = []
    num_right = num_predicted = num_true = 0
    for batch, output in run_cached(model, examples, first_trained_layer):
        intents = output.intent_logits.argmax(dim=1) == batch.targets.intents
        gains = output.span_gains.numpy()
        for row, encoded in enumerate(batch.encoded):
            found = {(span.start, span.end - 1, span.label + 1) for span in word_spans(gains[row], encoded)}
            true = {
                (first, last, int(batch.targets.spans[row, first, last]))
                for first, last in batch.targets.spans[row].nonzero().tolist()
            }
            num_right += len(found & true)
            num_predicted, num_true = num_predicted + len(found), num_true + len(true)
            hits.append(bool(intents[row]))
            frames.append(hits[-1] and found == true)
    epoch, train_loss, seconds = progress
    spans = score_counts(num_right=num_right, num_predicted=num_predicted, num_true=num_true)
    return EpochResult(epoch, train_loss, accuracy(hits), spans.f1, accuracy(frames), seconds)


def _copy_trained(model: JointModel) -> dict[str, torch.Tensor]:
    return {
        name: parameter.detach().clone()
        for name, parameter in model.named_parameters()
        if parameter.requires_grad
    }


def _restore_trained(model: JointModel, best: dict[str, torch.Tensor]) -> None:
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        for name, tensor in best.items():
            parameters[name].copy_(tensor)
