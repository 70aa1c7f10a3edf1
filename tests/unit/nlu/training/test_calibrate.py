from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from nlu.bundle import load_bundle
from nlu.calibration import Calibration, softmax
from nlu.checkpoint import EncoderCheckpoint
from nlu.interpreter import BundleInterpreter
from nlu.labels import LabelMap
from nlu.model import JointModel
from nlu.out_of_scope import ScopeScoreName
from nlu.training.calibrate import (
    UnseenOutputs,
    _candidate_logits,
    choose_calibration,
    fit_scope,
    run_unseen,
)
from nlu.training.compute import EXACT_CPU
from nlu.training.config import CalibrationSettings
from nlu.training.loop import TrainingSplits
from nlu.training.pipeline import train_bundle
from tests.fakes_nlu import small_data, tiny_config
from tests.fakes_training_loop import make_model, make_splits

SCORES: tuple[ScopeScoreName, ...] = get_args(ScopeScoreName)
NO_SPANS = {"span_logits": np.zeros((0, 3), dtype=np.float32), "spans": np.zeros(0, dtype=np.int64)}


def test_logits_of_single_intents_stay_as_they_are() -> None:
    logits = np.asarray([[1.0, 2.0], [3.0, 0.0]], dtype=np.float32)

    rows, true = _candidate_logits(logits, np.eye(2, dtype=np.float32), LabelMap(("ask", "greet"), ()))

    assert rows is logits
    assert true.tolist() == [0, 1]


def test_several_intents_become_candidates_and_unknown_ones_are_told() -> None:
    logits = np.asarray([[1.0, 2.0], [-1.0, 2.0], [-1.0, 2.0]], dtype=np.float32)
    intents = np.asarray([[1, 1], [0, 1], [1, 1]], dtype=np.float32)
    label_map = LabelMap(("ask", "greet", "greet+thank"), ())
    padded = np.pad(logits, ((0, 0), (0, 1)), constant_values=-2.0)

    rows, true = _candidate_logits(padded, np.pad(intents, ((0, 0), (0, 1))), label_map)

    assert true.tolist() == [
        3,
        1,
        -1,
    ]  # "greet+ask" was never trained: the first finds it, the third does not
    assert rows[0].tolist() == [1.0, 2.0, 0.0, 3.0]
    assert rows[1, :3].tolist() == [-1.0, 2.0, 0.0]
    assert rows[1, 3] < -1e8


def sampled_outputs(*, too_sure_by: float, num_examples: int = 2000) -> UnseenOutputs:
    """Draw intents and span labels from honest logits, then make the logits too sure."""
    rng = np.random.default_rng(5)

    def draw(num_classes: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        honest = (2.0 * rng.normal(size=(num_examples, num_classes))).astype(np.float32)
        true = [rng.choice(num_classes, p=row) for row in softmax(honest, 1.0)]
        return honest * np.float32(too_sure_by), np.asarray(true, dtype=np.int64)

    intent_logits, intents = draw(4)
    span_logits, spans = draw(3)
    scores = rng.permutation(np.linspace(0.0, 1.0, num_examples)).astype(np.float32)
    return UnseenOutputs(intent_logits, intents, span_logits, spans, scores)


def test_temperatures_take_back_how_much_too_sure_the_logits_are() -> None:
    calibration = choose_calibration(sampled_outputs(too_sure_by=3.0), CalibrationSettings())

    assert calibration.intent_temperature == pytest.approx(3.0, rel=0.15)
    assert calibration.span_temperature == pytest.approx(3.0, rel=0.15)


def test_thresholds_refuse_the_stated_shares() -> None:
    outputs = sampled_outputs(too_sure_by=1.0)
    settings = CalibrationSettings(unsure_rate=0.1, out_of_scope_rate=0.04, min_margin=0.2)

    calibration = choose_calibration(outputs, settings)

    confidences = softmax(outputs.intent_logits, calibration.intent_temperature)
    best_if_right = confidences.max(axis=1)[confidences.argmax(axis=1) == outputs.intents]
    thresholds = calibration.thresholds
    assert thresholds.max_out_of_scope_score is not None
    assert (best_if_right < thresholds.min_confidence).mean() == pytest.approx(0.1, abs=0.005)
    assert (outputs.scope_scores > thresholds.max_out_of_scope_score).mean() == pytest.approx(0.04, abs=0.005)
    assert thresholds.min_margin == 0.2


def test_without_examples_nothing_is_refused() -> None:
    nothing = UnseenOutputs(
        intent_logits=np.zeros((0, 2), dtype=np.float32),
        intents=np.zeros(0, dtype=np.int64),
        scope_scores=np.zeros(0, dtype=np.float32),
        **NO_SPANS,
    )

    assert choose_calibration(nothing, CalibrationSettings()) == Calibration()


def test_when_every_guess_is_wrong_no_confidence_is_too_low() -> None:
    wrong = UnseenOutputs(
        intent_logits=np.asarray([[3.0, 0.0], [0.0, 3.0]], dtype=np.float32),
        intents=np.asarray([1, 0], dtype=np.int64),
        scope_scores=np.asarray([0.1, 0.2], dtype=np.float32),
        **NO_SPANS,
    )

    assert choose_calibration(wrong, CalibrationSettings()).thresholds.min_confidence == 0.0


def test_joined_outputs_are_those_of_one_after_the_other() -> None:
    outputs = sampled_outputs(too_sure_by=1.0, num_examples=10)
    names = UnseenOutputs.__dataclass_fields__
    halves = [
        UnseenOutputs(**{name: getattr(outputs, name)[part] for name in names})
        for part in (slice(0, 4), slice(4, 10))
    ]

    joined = UnseenOutputs.join(halves)

    assert all(np.array_equal(getattr(joined, name), getattr(outputs, name)) for name in names)


def model_and_splits(checkpoint: EncoderCheckpoint) -> tuple[JointModel, TrainingSplits]:
    config, data = tiny_config(), small_data()
    splits = make_splits(checkpoint, config, data.examples[::2], data.examples[1::2])
    with torch.random.fork_rng(devices=[]):
        return make_model(checkpoint, config, splits.label_map), splits


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("softmax", {}),
        ("energy", {}),
        ("mahalanobis", {"means": (3, 16), "whitening": (16, 16)}),
        ("neighbours", {"embeddings": (19, 16)}),
        ("centroids", {"directions": (3, 16)}),
    ],
)
def test_scope_score_refers_to_the_examples_that_were_trained_on(
    checkpoint: EncoderCheckpoint, name: ScopeScoreName, shapes: dict[str, tuple[int, ...]]
) -> None:
    model, splits = model_and_splits(checkpoint)

    scope = fit_scope(model, splits, CalibrationSettings(scope_score=name), EXACT_CPU)

    assert {key: values.shape for key, values in scope.references().items()} == shapes


def test_outputs_are_what_the_model_says_about_each_example(checkpoint: EncoderCheckpoint) -> None:
    model, splits = model_and_splits(checkpoint)
    scope = fit_scope(model, splits, CalibrationSettings(), EXACT_CPU)

    outputs = run_unseen(model, splits.validation, scope, splits=splits, compute=EXACT_CPU)

    true = [int(one.example.intents.argmax()) for one in splits.validation]
    assert sorted(outputs.intents.tolist()) == sorted(true)
    assert outputs.intent_logits.shape == (len(true), 3)
    assert len(outputs.scope_scores) == len(true)
    assert (outputs.spans > 0).sum() == sum(len(one.example.spans) for one in splits.validation)
    assert not outputs.span_logits[:, 0].any()  # no label has the gain 0
    assert {array.dtype for array in (outputs.intent_logits, outputs.span_logits, outputs.scope_scores)} == {
        np.dtype(np.float32)
    }


def test_outputs_of_no_examples_are_empty(checkpoint: EncoderCheckpoint) -> None:
    model, splits = model_and_splits(checkpoint)
    scope = fit_scope(model, splits, CalibrationSettings(), EXACT_CPU)

    outputs = run_unseen(model, (), scope, splits=splits, compute=EXACT_CPU)

    assert outputs.intent_logits.shape == (0, 3)
    assert len(outputs.spans) == len(outputs.scope_scores) == 0


@pytest.mark.parametrize("name", SCORES)
def test_bundle_judges_scope_by_the_chosen_score(
    checkpoint: EncoderCheckpoint, tmp_path: Path, name: ScopeScoreName
) -> None:
    config = tiny_config(max_epochs=2)
    config = replace(config, calibration=replace(config.calibration, scope_score=name, out_of_scope_rate=0.3))

    trained = train_bundle(
        small_data(), config, encoder=checkpoint, out_path=tmp_path / "bundle", progress=lambda _: None
    )

    bundle = load_bundle(trained.path, encoder=checkpoint)
    limit = bundle.contents.calibration.thresholds.max_out_of_scope_score
    parsed = BundleInterpreter(bundle).parse([one.text for one in small_data().examples])
    scores = [one.out_of_scope_score for one in parsed]
    assert bundle.contents.scope_score == name
    assert limit is not None
    assert min(scores) <= limit < max(scores)
