"""One step of training: the loss of a batch, its gradients, clipped, and the optimiser.

AdamW: Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization". Decay pulls on matrices alone: a
bias or the scale of a norm has no reason to be near 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import nn

from nlu.encoder import SpanEncoder
from nlu.model import JointModel
from nlu.training.compute import Compute
from nlu.training.config import OptimiserSettings, TrainConfig
from nlu.training.contrastive import PROJECTION_SIZE
from nlu.training.dataset import TrainingBatch
from nlu.training.forward import embed_texts, run_trained_part, train_mode
from nlu.training.losses import total_loss
from nlu.training.pairs import PairBatch
from nlu.training.retrieval_loss import retrieval_loss
from nlu.training.schedule import learning_rate_factor


@dataclass(frozen=True, slots=True, eq=False)
class Stepper:
    """What a step needs; `projection` serves the contrastive loss and is thrown away."""

    model: JointModel
    projection: nn.Linear
    optimiser: torch.optim.Optimizer
    class_weights: torch.Tensor  # (num_intents,) float32
    config: TrainConfig
    compute: Compute
    first_trained_layer: int
    num_steps: int  # of all epochs, for the schedule

    def step(self, batch: TrainingBatch, number: int, pairs: PairBatch | None = None) -> float:
        """Change the trained parameters once; `number` counts from 0. Gives the loss before."""
        train_mode(self.model, self.first_trained_layer)
        loss = self._loss(batch.to(self.compute.device))
        if pairs is not None:
            loss = loss + self.config.retrieval.weight * self._retrieval_loss(pairs)
        descend(self.optimiser, loss, number, num_steps=self.num_steps, settings=self.config.optimiser)
        return loss.item()

    def trained_parameters(self) -> dict[str, nn.Parameter]:
        """Give everything that steps change, by name."""
        return trained_parameters(self.model) | {
            f"projection.{name}": parameter for name, parameter in self.projection.named_parameters()
        }

    def _loss(self, batch: TrainingBatch) -> torch.Tensor:
        output = run_trained_part(
            self.model,
            batch,
            self.first_trained_layer,
            self.compute,
            token_dropout=self.config.token_dropout,
        )
        return total_loss(
            output,
            batch,
            projected=self.projection(output.embedding),
            weights=self.class_weights,
            settings=self.config.losses,
        )

    def _retrieval_loss(self, pairs: PairBatch) -> torch.Tensor:
        return loss_of_pairs(
            self.model.encoder,
            pairs,
            self.config,
            first_trained_layer=self.first_trained_layer,
            compute=self.compute,
        )


def make_stepper(
    model: JointModel,
    config: TrainConfig,
    class_weights: torch.Tensor,
    *,
    compute: Compute,
    first_trained_layer: int,
    num_steps: int,
) -> Stepper:
    """Prepare steps on a model that is on its device; the projection is drawn from torch's generator."""
    projection = nn.Linear(model.encoder.hidden, PROJECTION_SIZE).to(compute.device)
    heads = [
        *model.intent_head.parameters(),
        *model.span_head.parameters(),
        *projection.parameters(),
    ]
    optimiser = optimise_encoder(model.encoder, heads, config.optimiser)
    weights = class_weights.to(compute.device)
    return Stepper(model, projection, optimiser, weights, config, compute, first_trained_layer, num_steps)


def descend(
    optimiser: torch.optim.Optimizer,
    loss: torch.Tensor,
    number: int,
    *,
    num_steps: int,
    settings: OptimiserSettings,
) -> None:
    """Follow the gradients of `loss`, clipped, at the rates of step `number` of `num_steps`."""
    factor = learning_rate_factor(number, num_steps=num_steps, warmup_fraction=settings.warmup_fraction)
    for group in optimiser.param_groups:
        group["lr"] = factor * group["base_lr"]
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]  # torch has no annotation here
    trained = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    nn.utils.clip_grad_norm_(trained, settings.max_grad_norm)
    optimiser.step()


def loss_of_pairs(
    encoder: SpanEncoder,
    pairs: PairBatch,
    config: TrainConfig,
    *,
    first_trained_layer: int,
    compute: Compute,
) -> torch.Tensor:
    """Embed questions and texts with the encoder as it is now and compare them, see `retrieval_loss`."""
    pairs = pairs.to(compute.device)
    questions, texts = (
        embed_texts(encoder, part, first_trained_layer, compute, token_dropout=config.token_dropout)
        for part in (pairs.questions, pairs.texts)
    )
    return retrieval_loss(
        questions,
        texts,
        positives=pairs.positives,
        is_negative=pairs.is_negative,
        temperature=config.retrieval.temperature,
    )


def optimise_encoder(
    encoder: SpanEncoder, heads: Iterable[nn.Parameter], settings: OptimiserSettings
) -> torch.optim.Optimizer:
    """Make the optimiser of what is trained in `encoder`, and of `heads`."""
    features = _feature_parameters(encoder)
    known = {id(parameter) for parameter in features}
    adapter = [one for one in encoder.parameters() if one.requires_grad and id(one) not in known]
    return make_optimiser(adapter, [*features, *heads], settings)


def _feature_parameters(encoder: SpanEncoder) -> list[nn.Parameter]:
    """List what begins from nothing beside the adapter and must move as fast as the heads."""
    modules = [module for module in (encoder.casing, encoder.spelling) if module is not None]
    return [parameter for module in modules for parameter in module.parameters()]


def make_optimiser(
    adapter: Iterable[nn.Parameter], heads: Iterable[nn.Parameter], settings: OptimiserSettings
) -> torch.optim.Optimizer:
    """Give the encoder's and the heads' parameters their rates, and decay to the matrices among them."""
    groups = [
        *_groups(adapter, settings.adapter_lr, settings.weight_decay),
        *_groups(heads, settings.head_lr, settings.weight_decay),
    ]
    if settings.name == "sgd":
        return torch.optim.SGD(groups, lr=settings.head_lr, momentum=settings.momentum)
    return torch.optim.AdamW(groups, lr=settings.head_lr)


def trained_parameters(model: JointModel) -> dict[str, nn.Parameter]:
    """Give the trainable parameters of the model by name."""
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def copy_parameters(parameters: Mapping[str, nn.Parameter]) -> dict[str, torch.Tensor]:
    """Copy values, where they are."""
    return {name: parameter.detach().clone() for name, parameter in parameters.items()}


def set_parameters(parameters: Mapping[str, nn.Parameter], values: Mapping[str, torch.Tensor]) -> None:
    """Overwrite parameters in place."""
    with torch.no_grad():
        for name, value in values.items():
            parameters[name].copy_(value)


def _groups(
    parameters: Iterable[nn.Parameter], base_lr: float, weight_decay: float
) -> list[dict[str, object]]:
    by_decay: dict[float, list[nn.Parameter]] = {}
    for parameter in parameters:
        by_decay.setdefault(weight_decay if parameter.ndim > 1 else 0.0, []).append(parameter)
    return [
        {"params": members, "base_lr": base_lr, "weight_decay": decay} for decay, members in by_decay.items()
    ]
