"""One step of the joint model's training: the losses of a batch, perhaps with pairs, and the descent."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from nlu.encoder import SpanEncoder
from nlu.model import JointModel
from nlu.training.compute import Compute
from nlu.training.config import TrainConfig
from nlu.training.contrastive import PROJECTION_SIZE
from nlu.training.dataset import TrainingBatch
from nlu.training.descent import descend, optimise_encoder
from nlu.training.forward import embed_texts, run_trained_part, train_mode
from nlu.training.losses import total_loss
from nlu.training.pairs import PairBatch
from nlu.training.retrieval_loss import retrieval_loss


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

    def step(
        self, batch: TrainingBatch, number: int, num_steps: int, pairs: PairBatch | None = None
    ) -> float:
        """Change the trained parameters once; `number` counts from 0. Gives the loss before."""
        train_mode(self.model, self.first_trained_layer)
        loss = self._loss(batch.to(self.compute.device))
        if pairs is not None:
            loss = loss + self.config.retrieval.weight * self._retrieval_loss(pairs)
        descend(self.optimiser, loss, number, num_steps=num_steps, settings=self.config.optimiser)
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
    return Stepper(model, projection, optimiser, weights, config, compute, first_trained_layer)


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


def trained_parameters(model: JointModel) -> dict[str, nn.Parameter]:
    """Give the trainable parameters of the model by name."""
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
