from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from nlu.bert import BertSelfAttention
from nlu.checkpoint import EncoderCheckpoint
from nlu.training.compute import EXACT_CPU
from nlu.training.config import ConfigError
from nlu.training.prepare import build_model, divide, prepare
from nlu.training.progress import RunClock
from nlu.types import FALLBACK_INTENT, Example
from tests.fakes_nlu import example, small_data, tiny_config

COLOURS = {"red", "blue", "navy", "green"}


@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_dropout_of_the_encoder_is_what_the_configuration_says(
    checkpoint: EncoderCheckpoint, rate: float
) -> None:
    config, data = replace(tiny_config(), encoder_dropout=rate), small_data()
    clock = RunClock(lambda _: None)
    parts = divide(data, None, config)
    prepared = prepare(data, parts, config, checkpoint, clock=clock, compute=EXACT_CPU)

    with torch.random.fork_rng(devices=[]):
        model = build_model(prepared, prepared.splits.train)

    attention = [one for one in model.encoder.modules() if isinstance(one, BertSelfAttention)]
    assert [one.dropout_rate for one in attention] == [rate, rate]
    assert model.intent_head.dropout.p == config.heads.dropout


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_impossible_dropout_is_refused(rate: float) -> None:
    with pytest.raises(ConfigError, match=rf"encoder_dropout: got {rate}, expected a number in \[0, 1\)"):
        replace(tiny_config(), encoder_dropout=rate)


def test_folds_take_the_place_of_a_drawn_split() -> None:
    config, data = tiny_config(), small_data()
    folds = replace(config, calibration=replace(config.calibration, num_folds=2))

    drawn, whole = divide(data, None, config), divide(data, None, folds)

    assert len(drawn.validation) > 0
    assert (len(whole.train), len(whole.validation)) == (len(data.examples), 0)


@pytest.mark.parametrize("num_folds", [0, 2])
def test_no_example_out_of_scope_is_trained_or_validated_with(
    checkpoint: EncoderCheckpoint, num_folds: int
) -> None:
    config, unknown = tiny_config(), tuple(Example(f"blue {n}", FALLBACK_INTENT) for n in range(9))
    config = replace(config, calibration=replace(config.calibration, num_folds=num_folds))
    data = replace(small_data(), examples=(*small_data().examples, *unknown))
    parts = divide(data, None, config)

    prepared = prepare(
        data, parts, config, checkpoint, clock=RunClock(lambda _: None), compute=EXACT_CPU
    ).splits

    assert tuple(parts.out_of_scope) == unknown
    encoded = [*prepared.train, *prepared.validation]
    assert sorted(one.example.encoded.text for one in encoded) == sorted(
        one.text for one in small_data().examples
    )


def test_given_validation_names_what_is_out_of_scope() -> None:
    data = replace(small_data(), examples=(*small_data().examples, Example("blue", FALLBACK_INTENT)))
    given = [Example("red", FALLBACK_INTENT), example("hello hello", "greet")]

    parts = divide(data, given, tiny_config())

    assert (list(parts.validation), list(parts.out_of_scope)) == ([given[1]], [given[0]])


def test_given_validation_stays_beside_folds() -> None:
    config = tiny_config()
    folds = replace(config, calibration=replace(config.calibration, num_folds=2))
    given = [example("hello hello", "greet")]

    assert list(divide(small_data(), given, folds).validation) == given


def test_examples_with_roles_have_variants_that_are_trained_on_and_judge_nothing(
    checkpoint: EncoderCheckpoint,
) -> None:
    data = small_data()
    config = replace(tiny_config(), num_variants=2)
    parts = divide(data, None, config)
    clock = RunClock(lambda _: None)

    prepared = prepare(data, parts, config, checkpoint, clock=clock, compute=EXACT_CPU)

    train = prepared.splits.train
    assert len(train) == len(parts.train)
    for example_, cached in zip(parts.train, train, strict=True):
        words = [set(one.example.encoded.text.split()) - COLOURS for one in (cached, *cached.variants)]
        assert all(one == words[0] for one in words)
        assert len(cached.variants) <= 2 * any(one.entity == "colour" for one in example_.entities)
    assert any(cached.variants for cached in train)
    assert all(not cached.variants for cached in prepared.splits.validation)
