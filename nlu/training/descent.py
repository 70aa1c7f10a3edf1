"""The optimiser of an encoder with heads, and one step of it.

AdamW: Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization". Decay pulls on matrices alone: a
bias or the scale of a norm has no reason to be near 0.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from nlu.encoder import SpanEncoder
from nlu.training.config import OptimiserSettings
from nlu.training.schedule import learning_rate_factor


def optimise_encoder(
    encoder: SpanEncoder, heads: Iterable[nn.Parameter], settings: OptimiserSettings
) -> torch.optim.Optimizer:
    """Make the optimiser of what is trained in `encoder`, and of `heads`."""
    features = _feature_parameters(encoder)
    known = {id(parameter) for parameter in features}
    adapter = [one for one in encoder.parameters() if one.requires_grad and id(one) not in known]
    return make_optimiser(adapter, [*features, *heads], settings)


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


def _feature_parameters(encoder: SpanEncoder) -> list[nn.Parameter]:
    """List what begins from nothing beside the adapter and must move as fast as the heads."""
    modules = [module for module in (encoder.casing, encoder.spelling) if module is not None]
    return [parameter for module in modules for parameter in module.parameters()]


def _groups(
    parameters: Iterable[nn.Parameter], base_lr: float, weight_decay: float
) -> list[dict[str, object]]:
    by_decay: dict[float, list[nn.Parameter]] = {}
    for parameter in parameters:
        by_decay.setdefault(weight_decay if parameter.ndim > 1 else 0.0, []).append(parameter)
    return [
        {"params": members, "base_lr": base_lr, "weight_decay": decay} for decay, members in by_decay.items()
    ]
