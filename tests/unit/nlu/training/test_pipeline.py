from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nlu.bundle import load_bundle
from nlu.checkpoint import EncoderCheckpoint
from nlu.data.rasa_nlu import NluData
from nlu.data.yaml_source import SourceError
from nlu.interpreter import BundleInterpreter
from nlu.labels import LabelError
from nlu.manifest import read_manifest
from nlu.training.config import TrainConfig
from nlu.training.pipeline import TrainedBundle, train_bundle
from nlu.training.progress import Progress
from nlu.types import EntityAnnotation, Example
from tests.fakes_nlu import example, small_data, tiny_config


def train(
    data: NluData,
    checkpoint: EncoderCheckpoint,
    out_path: Path,
    config: TrainConfig | None = None,
    reports: list[Progress] | None = None,
) -> TrainedBundle:
    return train_bundle(
        data,
        config or tiny_config(max_epochs=2),
        encoder=checkpoint,
        out_path=out_path,
        progress=(reports if reports is not None else []).append,
    )


def test_training_learns_the_small_data(trained: TrainedBundle) -> None:
    assert trained.report.intent_accuracy == 1.0
    assert trained.report.spans.f1 > 0.9
    assert trained.epochs[-1].train_loss < trained.epochs[0].train_loss / 5


def test_same_seed_gives_the_same_bundle(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    first, second = (train(small_data(), checkpoint, tmp_path / name) for name in ("a", "b"))

    assert first.bundle_id == second.bundle_id


def test_another_seed_gives_another_bundle(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    first = train(small_data(), checkpoint, tmp_path / "a")
    second = train(small_data(), checkpoint, tmp_path / "b", tiny_config(max_epochs=2, seed=4))

    assert first.bundle_id != second.bundle_id


def test_training_leaves_the_global_generator_alone(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    before = torch.random.get_rng_state()

    train(small_data(), checkpoint, tmp_path / "bundle")

    assert torch.equal(before, torch.random.get_rng_state())


def test_progress_never_falls_and_ends_at_one(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    reports: list[Progress] = []

    train(small_data(), checkpoint, tmp_path / "bundle", reports=reports)

    fractions = [report.fraction for report in reports]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert [report.stage for report in reports if report.stage == "train"] == ["train", "train"]
    assert all(report.eta_s is not None and report.eta_s >= 0 for report in reports[1:])


def test_early_stopping_keeps_the_best_epoch(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    config = tiny_config(max_epochs=60)
    config = replace(config, optimiser=replace(config.optimiser, patience=2))

    trained = train(small_data(), checkpoint, tmp_path / "bundle", config)

    metrics = [epoch.intent_and_span for epoch in trained.epochs]
    assert len(metrics) < 60
    assert max(metrics) == max(metrics[:-2])
    report = trained.report
    assert (report.intent_accuracy + report.spans.f1) / 2 == pytest.approx(max(metrics), abs=0.02)


def test_held_out_examples_are_what_the_report_is_about(
    checkpoint: EncoderCheckpoint, tmp_path: Path
) -> None:
    held_out = [example("hello hello", "greet")]

    trained = train_bundle(
        small_data(),
        tiny_config(max_epochs=1),
        encoder=checkpoint,
        out_path=tmp_path / "bundle",
        progress=lambda _: None,
        held_out=held_out,
    )

    assert trained.report.num_examples == 1
    bundle = load_bundle(trained.path, encoder=checkpoint)
    assert bundle.contents.metrics["split"] == "held_out"


def test_bundle_names_what_it_was_made_from(trained: TrainedBundle, checkpoint: EncoderCheckpoint) -> None:
    manifest = read_manifest(trained.path)

    assert manifest.encoder_sha256 == checkpoint.sha256
    assert manifest.seed == 3
    assert manifest.bundle_id == trained.bundle_id


def test_bundle_is_replaced_as_a_whole(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    out_path = tmp_path / "bundle"
    out_path.mkdir()
    (out_path / "old").write_text("old")
    (tmp_path / "bundle.partial").mkdir()

    train(small_data(), checkpoint, out_path)

    assert not (out_path / "old").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_value_of_an_annotation_becomes_a_synonym(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    data = small_data()
    corrected = Example("swap it for Red", "return", (EntityAnnotation(12, 15, "colour", "scarlet", "new"),))

    trained = train(replace(data, examples=(*data.examples, corrected)), checkpoint, tmp_path / "bundle")

    synonyms = load_bundle(trained.path, encoder=checkpoint).contents.synonyms
    assert synonyms == {"navy": "dark blue", "red": "scarlet"}


def test_data_without_entities_trains(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    examples = tuple(one for one in small_data().examples if not one.entities)

    trained = train(NluData(examples, {}, {}, {}), checkpoint, tmp_path / "bundle")

    parsed = BundleInterpreter(load_bundle(trained.path, encoder=checkpoint)).parse(["hello"])[0]
    assert parsed.entities == ()


def test_single_example_trains(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    data = NluData((example("hello", "greet"),), {}, {}, {})

    trained = train(data, checkpoint, tmp_path / "bundle")

    parsed = BundleInterpreter(load_bundle(trained.path, encoder=checkpoint)).parse(["hello"])[0]
    assert parsed.intent.name == "greet"


def test_no_examples_is_an_error(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    with pytest.raises(LabelError, match="without intents"):
        train(NluData((), {}, {}, {}), checkpoint, tmp_path / "bundle")


def test_failed_training_leaves_nothing_behind(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    wrong = Example("the red coat", "return", (EntityAnnotation(0, 1, "colour", "t"),), "nlu.yml:5")
    data = small_data()

    with pytest.raises(SourceError, match=r"nlu\.yml:5"):
        train(replace(data, examples=(*data.examples, wrong)), checkpoint, tmp_path / "bundle")

    assert list(tmp_path.iterdir()) == []
