from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from nlu.checkpoint import EncoderCheckpoint
from nlu.finetuning.methods import MethodName
from nlu.training.compute import EXACT_CPU, Compute
from nlu.training.config import OptimiserName, OptimiserSettings, TrainConfig
from nlu.training.dataset import make_batches
from nlu.training.descent import make_optimiser
from nlu.training.epochs import copy_parameters
from nlu.training.steps import Stepper, make_stepper
from tests.fakes_nlu import small_data, tiny_config
from tests.fakes_training_loop import make_model, make_splits

FEW = small_data().examples[::4]


@pytest.fixture(autouse=True)
def _own_generator() -> object:
    with torch.random.fork_rng(devices=[]):
        yield


def stepper_of(
    checkpoint: EncoderCheckpoint, config: TrainConfig, *, compute: Compute = EXACT_CPU
) -> tuple[Stepper, list[float]]:
    """Take 80 steps on one batch of all; gives their losses."""
    splits = make_splits(checkpoint, config, FEW)
    model = make_model(checkpoint, config, splits.label_map)
    stepper = make_stepper(
        model,
        config,
        torch.ones(len(splits.label_map.intents)),
        compute=compute,
        first_trained_layer=splits.first_trained_layer,
    )
    batch = next(make_batches(splits.train, batch_size=len(FEW), rng=None))
    return stepper, [stepper.step(batch, number, 80) for number in range(80)]


def plain_config(method: MethodName = "lora") -> TrainConfig:
    """Only the losses that can vanish."""
    config = tiny_config()
    losses = replace(config.losses, distillation=0.0, contrastive=0.0)
    return replace(config, losses=losses, finetuning=replace(config.finetuning, method=method))


@pytest.mark.parametrize("method", ["lora", "full"])
def test_one_batch_over_fits(checkpoint: EncoderCheckpoint, method: MethodName) -> None:
    _, losses = stepper_of(checkpoint, plain_config(method))

    assert losses[-1] < losses[0] / 10


@pytest.mark.parametrize("method", ["bitfit", "adapter", "prompt", "frozen"])
def test_methods_of_few_parameters_learn(checkpoint: EncoderCheckpoint, method: MethodName) -> None:
    _, losses = stepper_of(checkpoint, plain_config(method))

    assert losses[-1] < losses[0] / 2


def test_sgd_learns_too(checkpoint: EncoderCheckpoint) -> None:
    config = plain_config()
    optimiser = replace(config.optimiser, name="sgd", adapter_lr=0.05, head_lr=0.05)

    stepper, losses = stepper_of(checkpoint, replace(config, optimiser=optimiser))

    assert isinstance(stepper.optimiser, torch.optim.SGD)
    assert losses[-1] < losses[0] / 5


def test_bfloat16_learns_nearly_the_same(checkpoint: EncoderCheckpoint) -> None:
    lower = Compute(torch.device("cpu"), torch.bfloat16)

    _, exact = stepper_of(checkpoint, plain_config())
    stepper, rough = stepper_of(checkpoint, plain_config(), compute=lower)

    assert rough[0] != exact[0]
    assert rough[0] == pytest.approx(exact[0], rel=0.02)
    assert rough[-1] < rough[0] / 10
    assert {one.dtype for one in stepper.trained_parameters().values()} == {torch.float32}


def test_frozen_parameters_do_not_change(checkpoint: EncoderCheckpoint) -> None:
    config = tiny_config()
    label_map = make_splits(checkpoint, config, FEW).label_map
    before = dict(make_model(checkpoint, config, label_map).named_parameters())

    stepper, _ = stepper_of(checkpoint, config)

    changed = {name for name, one in stepper.model.named_parameters() if not torch.equal(one, before[name])}
    assert changed == {name for name, one in before.items() if one.requires_grad and one.numel()}
    assert any("layers.1" in name for name in changed)
    assert not any("layers.0" in name or "embeddings" in name for name in changed)


@pytest.mark.parametrize("name", ["adamw", "sgd"])
def test_decay_pulls_on_matrices_alone(name: OptimiserName) -> None:
    linear = nn.Linear(3, 2)
    before = copy_parameters(dict(linear.named_parameters()))
    settings = replace(OptimiserSettings(), name=name, weight_decay=0.5, adapter_lr=0.1, head_lr=0.1)
    optimiser = make_optimiser(linear.parameters(), [], settings)
    for parameter in linear.parameters():
        parameter.grad = torch.zeros_like(parameter)

    optimiser.step()

    torch.testing.assert_close(linear.weight, before["weight"] * (1 - 0.1 * 0.5))
    assert torch.equal(linear.bias, before["bias"])


def test_adapter_and_heads_have_their_own_rates() -> None:
    adapter, heads = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))

    optimiser = make_optimiser([adapter], [heads], OptimiserSettings(adapter_lr=0.1, head_lr=0.3))

    assert [group["base_lr"] for group in optimiser.param_groups] == [0.1, 0.3]


def test_features_move_as_fast_as_the_heads(checkpoint: EncoderCheckpoint) -> None:
    config = plain_config()
    finetuning = replace(config.finetuning, casing=True, spelling=True)
    optimiser = replace(config.optimiser, adapter_lr=0.001, head_lr=0.02)

    stepper, _ = stepper_of(checkpoint, replace(config, finetuning=finetuning, optimiser=optimiser))

    rates = {
        id(parameter): group["base_lr"]
        for group in stepper.optimiser.param_groups
        for parameter in group["params"]
    }
    by_rate = {0.001: set[str](), 0.02: set[str]()}
    for name, parameter in stepper.trained_parameters().items():
        by_rate[rates[id(parameter)]].add(name.removeprefix("encoder.").partition(".")[0])
    assert by_rate == {
        0.001: {"layers"},
        0.02: {"casing", "spelling", "intent_head", "span_head", "projection"},
    }


def test_encoder_with_dropout_learns_with_another_loss_each_time(checkpoint: EncoderCheckpoint) -> None:
    _, plain = stepper_of(checkpoint, plain_config())
    _, dropped = stepper_of(checkpoint, replace(plain_config(), encoder_dropout=0.2))

    assert dropped[0] != plain[0]
    assert dropped[-1] < dropped[0] / 2


def test_tokens_are_dropped_in_training_and_it_learns_nevertheless(checkpoint: EncoderCheckpoint) -> None:
    _, plain = stepper_of(checkpoint, plain_config())
    _, dropped = stepper_of(checkpoint, replace(plain_config(), token_dropout=0.1))

    assert dropped[0] != plain[0]
    assert dropped[-1] < dropped[0] / 2
