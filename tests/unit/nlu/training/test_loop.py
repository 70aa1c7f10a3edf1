from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from nlu.checkpoint import EncoderCheckpoint
from nlu.training.config import OptimiserName, TrainConfig
from nlu.training.epochs import copy_parameters
from nlu.training.loop import train_loop
from nlu.training.resume import TrainingState
from nlu.training.steps import trained_parameters
from nlu.training.validation import EpochResult
from nlu.types import Example
from tests.fakes_nlu import example, small_data, tiny_config
from tests.fakes_training_loop import RecordingWatcher, make_model, make_splits

TRAIN, VALIDATION = small_data().examples[::2], small_data().examples[1::4]

Weights = dict[str, torch.Tensor]


class StoppedError(Exception):
    pass


def run(
    checkpoint: EncoderCheckpoint,
    config: TrainConfig,
    watcher: RecordingWatcher,
    *,
    start: TrainingState | None = None,
    validation: tuple[Example, ...] = VALIDATION,
) -> tuple[list[EpochResult], Weights]:
    with torch.random.fork_rng(devices=[]):
        splits = make_splits(checkpoint, config, TRAIN, validation)
        model = make_model(checkpoint, config, splits.label_map)
        results = train_loop(model, splits, config, watcher=watcher, start=start)
    return results, copy_parameters(trained_parameters(model))


def with_dropout(optimiser: OptimiserName = "adamw") -> TrainConfig:
    """Six epochs in which every generator and every moment counts."""
    config = tiny_config(max_epochs=6)
    return replace(
        config,
        heads=replace(config.heads, dropout=0.2),
        optimiser=replace(config.optimiser, name=optimiser),
    )


def metrics_of(results: list[EpochResult]) -> list[tuple[float, ...]]:
    return [(one.train_loss, one.intent_accuracy, one.span_f1, one.frame_accuracy) for one in results]


def test_two_runs_with_one_seed_agree_bit_for_bit(checkpoint: EncoderCheckpoint) -> None:
    first, second = (run(checkpoint, with_dropout(), RecordingWatcher()) for _ in range(2))

    assert metrics_of(first[0]) == metrics_of(second[0])
    torch.testing.assert_close(first[1], second[1], rtol=0, atol=0)


@pytest.mark.parametrize("optimiser", ["adamw", "sgd"])
def test_resumed_run_ends_with_the_same_weights(
    checkpoint: EncoderCheckpoint, optimiser: OptimiserName
) -> None:
    config = with_dropout(optimiser)
    whole_results, whole = run(checkpoint, config, RecordingWatcher())

    def stop(result: EpochResult) -> None:
        if result.epoch == 3:
            raise StoppedError

    watcher = RecordingWatcher(stop)
    with pytest.raises(StoppedError):
        run(checkpoint, config, watcher)
    results, resumed = run(checkpoint, config, RecordingWatcher(), start=watcher.states[-1])

    assert metrics_of(results) == metrics_of(whole_results)
    torch.testing.assert_close(resumed, whole, rtol=0, atol=0)


def test_run_that_was_over_only_restores_the_best(checkpoint: EncoderCheckpoint) -> None:
    config, first, second = with_dropout(), RecordingWatcher(), RecordingWatcher()
    _, whole = run(checkpoint, config, first)

    _, resumed = run(checkpoint, config, second, start=first.states[-1])

    assert second.steps == []
    torch.testing.assert_close(resumed, whole, rtol=0, atol=0)


def test_early_stopping_keeps_the_best_epoch(checkpoint: EncoderCheckpoint) -> None:
    config = tiny_config(max_epochs=40)
    config = replace(config, optimiser=replace(config.optimiser, patience=2))
    watcher = RecordingWatcher()

    results, weights = run(checkpoint, config, watcher)

    metrics = [one.intent_and_span for one in results]
    best = metrics.index(max(metrics))
    assert len(results) == best + 1 + 2 < 40
    after_best = watcher.states[best].trained
    torch.testing.assert_close(weights, {name: after_best[name] for name in weights}, rtol=0, atol=0)


def test_without_validation_the_last_epoch_counts(checkpoint: EncoderCheckpoint) -> None:
    config, watcher = tiny_config(max_epochs=3), RecordingWatcher()

    results, weights = run(checkpoint, config, watcher, validation=())

    last = watcher.states[-1].trained
    assert len(results) == 3
    torch.testing.assert_close(weights, {name: last[name] for name in weights}, rtol=0, atol=0)


def test_steps_count_over_all_epochs(checkpoint: EncoderCheckpoint) -> None:
    watcher = RecordingWatcher()

    run(checkpoint, tiny_config(max_epochs=2), watcher)

    per_epoch = -(-len(TRAIN) // 8)
    assert [one.done for one in watcher.steps] == list(range(1, 2 * per_epoch + 1))
    assert {one.total for one in watcher.steps} == {2 * per_epoch}


def test_several_intents_are_learnt(checkpoint: EncoderCheckpoint) -> None:
    examples = [
        example(text, intent)
        for text, intent in (
            ("hello", "greet"), ("hi", "greet"), ("track my order", "track"), ("where is my parcel", "track"),
            ("hello track my order", "greet+track"), ("hi where is my parcel", "greet+track"),
        )
    ]  # fmt: skip
    config = tiny_config(max_epochs=40)
    config = replace(config, optimiser=replace(config.optimiser, batch_size=2, head_lr=0.1))
    with torch.random.fork_rng(devices=[]):
        splits = make_splits(checkpoint, config, examples, examples)
        model = make_model(checkpoint, config, splits.label_map)
        results = train_loop(model, splits, config, watcher=RecordingWatcher())

    assert splits.label_map.intents == ("greet", "track")
    assert max(one.intent_accuracy for one in results) == 1.0


def test_balanced_weights_change_what_is_learnt(checkpoint: EncoderCheckpoint) -> None:
    config = tiny_config(max_epochs=1)

    plain, _ = run(checkpoint, config, RecordingWatcher())
    balanced, _ = run(checkpoint, replace(config, class_weighting="balanced"), RecordingWatcher())

    assert plain[0].train_loss != balanced[0].train_loss
