"""Folds: every example is judged once, by a model that never saw it, and none is lost to the final model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nlu.bundle import BundleContents, load_bundle
from nlu.calibration import Calibration
from nlu.checkpoint import EncoderCheckpoint
from nlu.data.rasa_nlu import NluData
from nlu.model import JointModel
from nlu.training import cross_fit, fit
from nlu.training.calibrate import UnseenOutputs
from nlu.training.compute import EXACT_CPU
from nlu.training.config import TrainConfig
from nlu.training.cross_fit import assign_folds, run_out_of_fold
from nlu.training.dataset import CachedExample
from nlu.training.loop import TrainingSplits
from nlu.training.pipeline import TrainedBundle, train_bundle
from nlu.training.prepare import Prepared, divide, prepare
from nlu.training.progress import Progress, RunClock
from nlu.types import Example
from tests.fakes_nlu import example, small_data, tiny_config
from tests.fakes_training_loop import RecordingWatcher


def with_folds(num_folds: int, *, max_epochs: int = 1) -> TrainConfig:
    config = tiny_config(max_epochs=max_epochs)
    return replace(config, calibration=replace(config.calibration, num_folds=num_folds))


def prepared_for(checkpoint: EncoderCheckpoint, config: TrainConfig, examples: Sequence[Example]) -> Prepared:
    data = replace(small_data(), examples=tuple(examples))
    clock = RunClock(lambda _: None)
    return prepare(data, divide(data, None, config), config, checkpoint, clock=clock, compute=EXACT_CPU)


def judged(checkpoint: EncoderCheckpoint, config: TrainConfig, examples: Sequence[Example]) -> UnseenOutputs:
    prepared = prepared_for(checkpoint, config, examples)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return run_out_of_fold(prepared, watcher=RecordingWatcher(), compute=EXACT_CPU)


def texts_of(examples: Sequence[CachedExample]) -> list[str]:
    return [one.example.encoded.text for one in examples]


@dataclass
class Ledger:
    """Notes who was trained on what and judged what, and lets the work itself be done."""

    trained_on: dict[int, list[str]] = field(default_factory=dict)
    judged: list[tuple[int, list[str]]] = field(default_factory=list)
    models: list[JointModel] = field(default_factory=list)  # kept, so that no id is given twice
    labels: list[list[str]] = field(default_factory=list)
    num_validation: int = 0

    def keep(self, monkeypatch: pytest.MonkeyPatch) -> None:
        train_loop, run_unseen = fit.train_loop, cross_fit.run_unseen

        def noted_training(model: JointModel, splits: TrainingSplits, *args, **kwargs):  # type: ignore[no-untyped-def]
            self.models.append(model)
            self.trained_on[id(model)] = texts_of(splits.train)
            self.num_validation += len(splits.validation)
            return train_loop(model, splits, *args, **kwargs)

        def noted_run(model: JointModel, examples: Sequence[CachedExample], *args, **kwargs):  # type: ignore[no-untyped-def]
            self.judged.append((id(model), texts_of(examples)))
            self.labels.append(kwargs["trained_labels"])
            return run_unseen(model, examples, *args, **kwargs)

        monkeypatch.setattr(fit, "train_loop", noted_training)
        monkeypatch.setattr(cross_fit, "run_unseen", noted_run)


@pytest.mark.parametrize("num_folds", [2, 3])
def test_every_example_is_judged_once_by_a_model_that_never_saw_it(
    checkpoint: EncoderCheckpoint, monkeypatch: pytest.MonkeyPatch, num_folds: int
) -> None:
    examples, ledger = small_data().examples, Ledger()
    ledger.keep(monkeypatch)

    outputs = judged(checkpoint, with_folds(num_folds), examples)

    texts = sorted(one.text for one in examples)
    assert len(set(texts)) == len(texts)
    assert sorted(text for _, inside in ledger.judged for text in inside) == texts
    for model, inside in ledger.judged:
        trained_on = [text for text in ledger.trained_on[model] if text in texts]  # a variant is in no fold
        assert sorted([*inside, *trained_on]) == texts  # disjoint, as no text occurs twice
    assert len(ledger.trained_on) == num_folds
    assert ledger.num_validation == 0
    assert len(outputs.intents) == len(outputs.scope_scores) == len(texts)
    assert (outputs.spans > 0).sum() == sum(len(one.entities) for one in examples)


def test_folds_begin_from_fresh_models(
    checkpoint: EncoderCheckpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger()
    ledger.keep(monkeypatch)

    judged(checkpoint, with_folds(2), small_data().examples)

    first, second = ledger.models
    pairs = zip(first.parameters(), second.parameters(), strict=True)
    assert not any(one.data_ptr() == other.data_ptr() for one, other in pairs if one.numel())


def test_outputs_follow_from_the_seed(checkpoint: EncoderCheckpoint) -> None:
    config, examples = with_folds(2), small_data().examples

    first, again = (judged(checkpoint, config, examples) for _ in range(2))
    other = judged(checkpoint, replace(config, seed=4), examples)

    assert np.array_equal(first.intent_logits, again.intent_logits)
    assert np.array_equal(first.scope_scores, again.scope_scores)
    assert not np.array_equal(first.scope_scores, other.scope_scores)


def test_only_example_of_an_intent_teaches_and_is_not_judged(
    checkpoint: EncoderCheckpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger()
    ledger.keep(monkeypatch)

    outputs = judged(checkpoint, with_folds(2), (*small_data().examples, example("please please", "beg")))

    assert "please please" not in [text for _, inside in ledger.judged for text in inside]
    assert sum("please please" in texts for texts in ledger.trained_on.values()) == 1
    assert len(outputs.intents) == len(outputs.scope_scores) == len(small_data().examples)


def test_equal_texts_are_never_on_both_sides(
    checkpoint: EncoderCheckpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, doubled = Ledger(), [one for one in small_data().examples for _ in range(2)]
    ledger.keep(monkeypatch)

    outputs = judged(checkpoint, with_folds(2), doubled)

    assert len(outputs.intents) == len(doubled)
    assert all(not set(inside) & set(ledger.trained_on[model]) for model, inside in ledger.judged)


@given(st.lists(st.integers(0, 4), max_size=60), st.integers(2, 5), st.integers(0, 99))
def test_every_class_and_the_whole_are_spread_evenly(classes: list[int], num_folds: int, seed: int) -> None:
    texts = [f"text {number}" for number in range(len(classes))]

    folds = assign_folds(texts, classes, num_folds=num_folds, rng=np.random.default_rng(seed)).tolist()

    members = [Counter(dict.fromkeys(range(num_folds), 0)) for _ in range(6)]
    for label, fold in zip(classes, folds, strict=True):
        members[label][fold] += 1
        members[5][fold] += 1  # all classes together
    assert all(set(counts) == set(range(num_folds)) for counts in members)
    assert all(max(counts.values()) - min(counts.values()) <= 1 for counts in members)


def test_equal_texts_share_a_fold() -> None:
    texts = ["a", "b", "c", "a", "d", "b", "a"]

    folds = assign_folds(texts, [0, 0, 1, 1, 1, 0, 0], num_folds=3, rng=np.random.default_rng(1)).tolist()

    assert all(
        len({fold for one, fold in zip(texts, folds, strict=True) if one == text}) == 1 for text in "abcd"
    )
    assert len(set(folds)) == 3


def test_folds_are_drawn_from_the_generator() -> None:
    texts = [f"text {number}" for number in range(20)]

    first, again, other = (
        assign_folds(texts, [0] * 20, num_folds=2, rng=np.random.default_rng(seed)).tolist()
        for seed in (1, 1, 2)
    )

    assert first == again
    assert first != other


def train(
    checkpoint: EncoderCheckpoint,
    out_path: Path,
    config: TrainConfig,
    *,
    data: NluData | None = None,
    reports: list[Progress] | None = None,
) -> TrainedBundle:
    return train_bundle(
        data or small_data(),
        config,
        encoder=checkpoint,
        out_path=out_path,
        progress=(reports if reports is not None else []).append,
    )


def contents_of(trained: TrainedBundle, checkpoint: EncoderCheckpoint) -> BundleContents:
    return load_bundle(trained.path, encoder=checkpoint).contents


def test_folds_give_thresholds_and_leave_every_example_to_the_final_model(
    checkpoint: EncoderCheckpoint, tmp_path: Path
) -> None:
    reports: list[Progress] = []

    trained = train(checkpoint, tmp_path / "folds", with_folds(2, max_epochs=3), reports=reports)

    thresholds = contents_of(trained, checkpoint).calibration.thresholds
    assert reports[0].message == f"{len(small_data().examples)} examples to train, 0 to validate"
    assert 0.0 < thresholds.min_confidence < 1.0
    assert thresholds.max_out_of_scope_score is not None
    assert 0.0 < thresholds.max_out_of_scope_score < 2.0


def test_folds_do_not_change_the_final_weights(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    config = tiny_config(max_epochs=2)
    config = replace(config, validation_fraction=0.0, heads=replace(config.heads, dropout=0.2))
    calibration = replace(config.calibration, num_folds=2)

    without = contents_of(train(checkpoint, tmp_path / "without", config), checkpoint)
    folds = contents_of(
        train(checkpoint, tmp_path / "folds", replace(config, calibration=calibration)), checkpoint
    )

    assert without.calibration == Calibration()
    assert folds.calibration != Calibration()
    for one, other in ((without.adapter, folds.adapter), (without.heads, folds.heads)):
        assert set(one) == set(other)
        assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("num_examples", [1, 2, 3])
def test_fewer_examples_than_folds_train(
    checkpoint: EncoderCheckpoint, tmp_path: Path, num_examples: int
) -> None:
    examples = (example("hello", "greet"), example("track my order", "track"), example("hi", "greet"))
    data = NluData(examples[:num_examples], {}, {}, {})

    trained = train(checkpoint, tmp_path / "bundle", with_folds(4), data=data)

    assert contents_of(trained, checkpoint).label_map.intents == ("greet", "track")[:num_examples]


def test_several_intents_are_judged_out_of_fold(checkpoint: EncoderCheckpoint) -> None:
    both = [
        example(f"{hi} track my {noun}", "greet+track") for hi in ("hi", "hello") for noun in ("hat", "coat")
    ]

    outputs = judged(checkpoint, with_folds(2), (*small_data().examples, *both))

    num_labels = 4  # greet, greet+track, return, track; one more place for a combination nobody trained
    assert outputs.intent_logits.shape[1] == num_labels + 1
    assert len(outputs.scope_scores) == len(small_data().examples) + len(both)


def test_combination_of_one_fold_is_no_trained_label_where_it_is_judged(
    checkpoint: EncoderCheckpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger()
    ledger.keep(monkeypatch)
    both = example("hi track my hat", "track+greet")

    judged(checkpoint, with_folds(2), (*small_data().examples, both))

    all_labels = ["greet", "return", "track", "track+greet"]
    for (_, texts), labels in zip(ledger.judged, ledger.labels, strict=True):
        assert labels == (all_labels[:3] if both.text in texts else all_labels)
