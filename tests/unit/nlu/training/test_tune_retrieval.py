from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from nlu.checkpoint import EncoderCheckpoint
from nlu.encoder import embed_encoded, load_encoder
from nlu.finetuning.methods import MethodName
from nlu.labels import LabelError
from nlu.training.config import TrainConfig
from nlu.training.progress import Progress
from nlu.training.tune_retrieval import TunedEncoder, finetune_retrieval
from nlu.types import RetrievalPair
from tests.fakes_nlu import text_encoder_of
from tests.fakes_pairs import small_pairs, tuning_config

PAIRS = small_pairs()
VALIDATION = (
    RetrievalPair("is my order where", "where is it", "track"),
    RetrievalPair("good hello", "hello hello", "greet"),
    RetrievalPair("swap my coat", "swap a shirt", "swap"),
    RetrievalPair("send it back", "return a coat", "return"),
)
TEXTS = sorted({pair.text for pair in PAIRS})


def tune(
    checkpoint: EncoderCheckpoint,
    config: TrainConfig,
    pairs: Sequence[RetrievalPair] = PAIRS,
    validation: Sequence[RetrievalPair] = VALIDATION,
    reports: list[Progress] | None = None,
) -> TunedEncoder:
    heard = reports if reports is not None else []
    return finetune_retrieval(pairs, config, encoder=checkpoint, validation=validation, progress=heard.append)


def base_rows(checkpoint: EncoderCheckpoint, texts: Sequence[str]) -> NDArray[np.float32]:
    return embed_encoded(load_encoder(checkpoint), text_encoder_of(checkpoint).encode(texts))


@pytest.mark.parametrize("method", ["lora", "full", "adapter"])
def test_few_pairs_are_learnt_by_heart(checkpoint: EncoderCheckpoint, method: MethodName) -> None:
    config = tuning_config(max_epochs=40)
    config = replace(config, finetuning=replace(config.finetuning, method=method))

    tuned = tune(checkpoint, config, validation=())

    assert tuned.epochs[-1].train_loss < tuned.epochs[1].train_loss / 5


def test_unseen_questions_find_their_answers_better(checkpoint: EncoderCheckpoint) -> None:
    tuned = tune(checkpoint, tuning_config())

    best = tuned.epochs[tuned.best_epoch]
    assert tuned.best_epoch > 0
    assert best.mean_reciprocal_rank > tuned.epochs[0].mean_reciprocal_rank
    assert best.mean_reciprocal_rank == max(one.mean_reciprocal_rank for one in tuned.epochs)


def test_encoder_stays_as_it_was_if_no_epoch_is_better(checkpoint: EncoderCheckpoint) -> None:
    config = tuning_config(max_epochs=2)
    config = replace(config, optimiser=replace(config.optimiser, adapter_lr=0.0, head_lr=0.0))

    tuned = tune(checkpoint, config)

    assert tuned.best_epoch == 0
    np.testing.assert_allclose(tuned.embed(TEXTS), base_rows(checkpoint, TEXTS), atol=1e-6)


def test_patience_ends_the_run(checkpoint: EncoderCheckpoint) -> None:
    config = tuning_config(max_epochs=9)
    optimiser = replace(config.optimiser, adapter_lr=0.0, head_lr=0.0, patience=2)

    tuned = tune(checkpoint, replace(config, optimiser=optimiser))

    assert [one.epoch for one in tuned.epochs] == [0, 1, 2]


def test_without_validation_the_last_epoch_counts(checkpoint: EncoderCheckpoint) -> None:
    tuned = tune(checkpoint, tuning_config(max_epochs=3), validation=())

    assert tuned.best_epoch == 3


def test_rows_have_unit_length_and_the_order_of_the_texts(checkpoint: EncoderCheckpoint) -> None:
    tuned = tune(checkpoint, tuning_config(max_epochs=2), validation=())

    rows = tuned.embed(TEXTS)

    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(rows[::-1], tuned.embed(TEXTS[::-1]), atol=1e-5)
    assert np.abs(rows - base_rows(checkpoint, TEXTS)).max() > 0.01


def test_two_runs_with_one_seed_agree(checkpoint: EncoderCheckpoint) -> None:
    config = replace(tuning_config(max_epochs=2), encoder_dropout=0.1)
    generator = torch.get_rng_state()

    first, second = tune(checkpoint, config), tune(checkpoint, config, PAIRS[::-1])

    assert [one.train_loss for one in first.epochs] == [one.train_loss for one in second.epochs]
    torch.testing.assert_close(dict(first.adapter), dict(second.adapter), rtol=0, atol=0)
    assert torch.equal(torch.get_rng_state(), generator)


def test_states_that_are_not_kept_are_computed_equally(checkpoint: EncoderCheckpoint) -> None:
    config = tuning_config(max_epochs=2)

    kept, computed = tune(checkpoint, config), tune(checkpoint, replace(config, cache_limit_mib=0))

    np.testing.assert_allclose(computed.embed(TEXTS), kept.embed(TEXTS), atol=1e-3)


def test_progress_is_told(checkpoint: EncoderCheckpoint) -> None:
    reports: list[Progress] = []

    tune(checkpoint, tuning_config(max_epochs=2), reports=reports)

    assert reports[0].message == "24 pairs to train, 4 to validate"
    assert reports[-1].message.startswith("epoch 2: loss ")
    assert reports[-1].eta_s is not None
    assert [one.fraction for one in reports] == sorted(one.fraction for one in reports)


@pytest.mark.parametrize(
    "pairs",
    [PAIRS[:1], [pair for pair in PAIRS if pair.answer_id == "greet"]],
    ids=["one pair", "one answer"],
)
def test_pairs_of_one_answer_change_nothing(
    checkpoint: EncoderCheckpoint, pairs: Sequence[RetrievalPair]
) -> None:
    tuned = tune(checkpoint, tuning_config(max_epochs=2), pairs, validation=())

    assert [one.train_loss for one in tuned.epochs] == [0.0, 0.0, 0.0]
    np.testing.assert_allclose(tuned.embed(TEXTS), base_rows(checkpoint, TEXTS), atol=1e-6)


@pytest.mark.parametrize("pairs", [(), (RetrievalPair("", "a", "1"),)], ids=["none", "none with words"])
def test_no_pairs_are_an_error(checkpoint: EncoderCheckpoint, pairs: Sequence[RetrievalPair]) -> None:
    with pytest.raises(LabelError, match="no pairs to train on, expected questions"):
        tune(checkpoint, tuning_config(), pairs)
