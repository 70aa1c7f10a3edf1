"""Joint training with retrieval pairs: what they change, and that runs stay exact."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from nlu.bundle import load_bundle
from nlu.checkpoint import EncoderCheckpoint
from nlu.data.rasa_nlu import NluData
from nlu.interpreter import BundleInterpreter
from nlu.training.compute import EXACT_CPU
from nlu.training.config import RetrievalSettings, TrainConfig
from nlu.training.epochs import copy_parameters
from nlu.training.loop import train_loop
from nlu.training.pairs import make_pair_batches, number_texts
from nlu.training.pipeline import TrainedBundle, train_bundle
from nlu.training.progress import Progress
from nlu.training.ranking import Ranked, mean_reciprocal_rank
from nlu.training.resume import ResumeError, TrainingState
from nlu.training.steps import loss_of_pairs, make_stepper, trained_parameters
from nlu.training.validation import EpochResult
from nlu.types import RetrievalPair
from tests.fakes_nlu import small_data, tiny_config
from tests.fakes_pairs import make_pairs, small_pairs, tuning_config
from tests.fakes_training_loop import RecordingWatcher, make_model, make_splits

TRAIN, VALIDATION = small_data().examples[::2], small_data().examples[1::4]
PAIRS = small_pairs()


class StoppedError(Exception):
    pass


def run(
    checkpoint: EncoderCheckpoint,
    config: TrainConfig,
    watcher: RecordingWatcher,
    pairs: tuple[RetrievalPair, ...] = PAIRS,
    start: TrainingState | None = None,
) -> tuple[list[EpochResult], dict[str, torch.Tensor]]:
    with torch.random.fork_rng(devices=[]):
        splits = make_splits(checkpoint, config, TRAIN, VALIDATION)
        if pairs:
            splits = replace(splits, pairs=make_pairs(checkpoint, pairs, config.retrieval))
        model = make_model(checkpoint, config, splits.label_map)
        results = train_loop(model, splits, config, watcher=watcher, start=start)
    return results, copy_parameters(trained_parameters(model))


def with_dropout() -> TrainConfig:
    """Six epochs in which every generator counts."""
    config = tuning_config(max_epochs=6)
    return replace(config, heads=replace(config.heads, dropout=0.2))


def test_pairs_change_what_is_learnt(checkpoint: EncoderCheckpoint) -> None:
    plain, _ = run(checkpoint, tuning_config(max_epochs=1), RecordingWatcher(), ())
    joint, _ = run(checkpoint, tuning_config(max_epochs=1), RecordingWatcher())

    assert joint[0].train_loss > plain[0].train_loss


def test_resumed_run_ends_with_the_same_weights(checkpoint: EncoderCheckpoint) -> None:
    whole_results, whole = run(checkpoint, with_dropout(), RecordingWatcher())

    def stop(result: EpochResult) -> None:
        if result.epoch == 3:
            raise StoppedError

    watcher = RecordingWatcher(stop)
    with pytest.raises(StoppedError):
        run(checkpoint, with_dropout(), watcher)
    results, resumed = run(checkpoint, with_dropout(), RecordingWatcher(), start=watcher.states[-1])

    assert [one.train_loss for one in results] == [one.train_loss for one in whole_results]
    torch.testing.assert_close(resumed, whole, rtol=0, atol=0)


def test_pairs_reach_the_adapter_and_nothing_else(checkpoint: EncoderCheckpoint) -> None:
    config = tuning_config()
    config = replace(config, retrieval=replace(config.retrieval, weight=10.0))
    with torch.random.fork_rng(devices=[]):
        splits = make_splits(checkpoint, config, TRAIN)
        model = make_model(checkpoint, config, splits.label_map)
        stepper = make_stepper(
            model,
            config,
            torch.ones(len(splits.label_map.intents)),
            compute=EXACT_CPU,
            first_trained_layer=splits.first_trained_layer,
        )
    pairs = make_pairs(checkpoint, PAIRS, config.retrieval)
    batch = next(make_pair_batches(pairs, batch_size=8, rng=np.random.default_rng(0)))

    loss = loss_of_pairs(
        model.encoder, batch, config, first_trained_layer=splits.first_trained_layer, compute=EXACT_CPU
    )
    loss.backward()  # type: ignore[no-untyped-call]

    reached = {
        name
        for name, one in stepper.trained_parameters().items()
        if one.grad is not None and bool(one.grad.any())
    }
    assert reached
    assert all(name.startswith(("encoder.layers.1.", "encoder.casing.")) for name in reached)
    assert all(one.grad is None for one in model.parameters() if not one.requires_grad)


def train(
    checkpoint: EncoderCheckpoint,
    out_path: Path,
    data: NluData,
    config: TrainConfig,
    *,
    stop_after: int = 0,
    resume: bool = False,
) -> TrainedBundle:
    def listen(progress: Progress) -> None:
        if stop_after and progress.message.startswith(f"epoch {stop_after} of"):
            raise StoppedError

    return train_bundle(data, config, encoder=checkpoint, out_path=out_path, progress=listen, resume=resume)


def test_pairs_of_weight_0_change_no_bit(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    config, data = replace(tiny_config(max_epochs=2), retrieval=RetrievalSettings(weight=0.0)), small_data()

    plain = train(checkpoint, tmp_path / "plain", data, config)
    unweighted = train(checkpoint, tmp_path / "none", replace(data, retrieval_pairs=PAIRS), config)

    assert unweighted.bundle_id == plain.bundle_id


def test_order_of_pairs_does_not_count(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    there, back = (
        train(checkpoint, tmp_path / name, replace(small_data(), retrieval_pairs=pairs), tuning_config())
        for name, pairs in (("there", PAIRS), ("back", PAIRS[::-1]))
    )

    assert there.bundle_id == back.bundle_id


def test_bundle_finds_its_pairs_better(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    config = tuning_config(max_epochs=20)

    plain = train(checkpoint, tmp_path / "plain", small_data(), config)
    joint = train(checkpoint, tmp_path / "joint", replace(small_data(), retrieval_pairs=PAIRS), config)

    assert _quality(joint, checkpoint) > _quality(plain, checkpoint)
    assert joint.report.intent_accuracy == plain.report.intent_accuracy == 1.0


def _quality(trained: TrainedBundle, checkpoint: EncoderCheckpoint) -> float:
    numbered = number_texts(PAIRS)
    embed = BundleInterpreter(load_bundle(trained.path, encoder=checkpoint)).embed
    rows = embed([*numbered.texts, *numbered.texts])
    return mean_reciprocal_rank(rows, Ranked.of(numbered, numbered))


def test_interrupted_run_goes_on_to_the_same_bundle(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    config, data = tuning_config(max_epochs=4), replace(small_data(), retrieval_pairs=PAIRS)
    whole = train(checkpoint, tmp_path / "whole", data, config)
    with pytest.raises(StoppedError):
        train(checkpoint, tmp_path / "resumed", data, config, stop_after=2)

    resumed = train(checkpoint, tmp_path / "resumed", data, config, resume=True)

    assert resumed.bundle_id == whole.bundle_id


def test_state_of_other_pairs_is_refused(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    config, data = tuning_config(max_epochs=4), replace(small_data(), retrieval_pairs=PAIRS)
    with pytest.raises(StoppedError):
        train(checkpoint, tmp_path / "bundle", data, config, stop_after=2)

    with pytest.raises(ResumeError, match="another data set"):
        train(checkpoint, tmp_path / "bundle", replace(data, retrieval_pairs=PAIRS[1:]), config, resume=True)


@pytest.mark.parametrize(
    "pairs",
    [PAIRS[:1], (RetrievalPair("", "a", "1"),), (*PAIRS, *PAIRS)],
    ids=["one", "without words", "each twice"],
)
def test_odd_pairs_train(
    checkpoint: EncoderCheckpoint, tmp_path: Path, pairs: tuple[RetrievalPair, ...]
) -> None:
    data = replace(small_data(), retrieval_pairs=pairs)

    trained = train(checkpoint, tmp_path / "bundle", data, tuning_config(max_epochs=1))

    assert trained.path.is_dir()


def test_folds_learn_from_pairs_too(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    config = tuning_config(max_epochs=1)
    config = replace(config, calibration=replace(config.calibration, num_folds=2))

    plain = train(checkpoint, tmp_path / "plain", small_data(), config)
    joint = train(checkpoint, tmp_path / "joint", replace(small_data(), retrieval_pairs=PAIRS), config)

    assert (
        load_bundle(joint.path, encoder=checkpoint).contents.calibration
        != load_bundle(plain.path, encoder=checkpoint).contents.calibration
    )
