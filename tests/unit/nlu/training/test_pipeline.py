from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nlu.bundle import load_bundle
from nlu.checkpoint import EncoderCheckpoint
from nlu.data.rasa_nlu import NluData
from nlu.data.yaml_source import SourceError
from nlu.finetuning.methods import MethodName
from nlu.interpreter import BundleInterpreter
from nlu.labels import LabelError
from nlu.manifest import read_manifest
from nlu.training.config import TrainConfig
from nlu.training.pipeline import TrainedBundle, train_bundle
from nlu.training.progress import Progress
from nlu.training.resume import ResumeError
from nlu.training.validation import EpochResult
from nlu.types import FALLBACK_INTENT, EntityAnnotation, Example
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
    assert [report.stage for report in reports[1:] if report.eta_s is None] == ["calibrate"]  # perhaps folds
    assert all(report.eta_s is None or report.eta_s >= 0 for report in reports)


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
    with pytest.raises(LabelError, match="no examples with an intent"):
        train(NluData((), {}, {}, {}), checkpoint, tmp_path / "bundle")


def test_failed_training_leaves_nothing_behind(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    wrong = Example("the red coat", "return", (EntityAnnotation(0, 1, "colour", "t"),), "nlu.yml:5")
    data = small_data()

    with pytest.raises(SourceError, match=r"nlu\.yml:5"):
        train(replace(data, examples=(*data.examples, wrong)), checkpoint, tmp_path / "bundle")

    assert list(tmp_path.iterdir()) == []


class StoppedError(Exception):
    pass


def stop_after(epoch: int) -> Callable[[Progress], None]:
    def stop(progress: Progress) -> None:
        if progress.message.startswith(f"epoch {epoch} of"):
            raise StoppedError

    return stop


def interrupt(
    checkpoint: EncoderCheckpoint, out_path: Path, config: TrainConfig, texts: tuple[str, ...] = ()
) -> None:
    data = replace(small_data(), unlabelled=texts)
    with pytest.raises(StoppedError):
        train_bundle(data, config, encoder=checkpoint, out_path=out_path, progress=stop_after(2))


def resume(
    checkpoint: EncoderCheckpoint, out_path: Path, config: TrainConfig, texts: tuple[str, ...] = ()
) -> TrainedBundle:
    data = replace(small_data(), unlabelled=texts)
    return train_bundle(
        data, config, encoder=checkpoint, out_path=out_path, progress=lambda _: None, resume=True
    )


@pytest.mark.parametrize("texts", [(), ("hello track", "return my hat now")], ids=["plain", "unlabelled"])
def test_interrupted_run_goes_on_to_the_same_bundle(
    checkpoint: EncoderCheckpoint, tmp_path: Path, texts: tuple[str, ...]
) -> None:
    config = tiny_config(max_epochs=4)
    whole = train(replace(small_data(), unlabelled=texts), checkpoint, tmp_path / "whole", config)
    interrupt(checkpoint, tmp_path / "resumed", config, texts)
    assert (tmp_path / "resumed.training").is_dir()

    resumed = resume(checkpoint, tmp_path / "resumed", config, texts)

    assert resumed.bundle_id == whole.bundle_id
    assert [one.epoch for one in resumed.epochs] == [1, 2, 3, 4]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["resumed", "whole"]


_KILLED_RUN = """
import os, signal, sys
from pathlib import Path
from nlu.checkpoint import resolve_encoder
from nlu.training.pipeline import train_bundle
from tests.fakes_nlu import small_data, tiny_config

def kill(progress):
    if progress.message.startswith("epoch 2 of"):
        os.kill(os.getpid(), signal.SIGKILL)

train_bundle(
    small_data(),
    tiny_config(max_epochs=4),
    encoder=resolve_encoder(sys.argv[1]),
    out_path=Path(sys.argv[2]),
    progress=kill,
)
"""


@pytest.mark.slow
@pytest.mark.timeout(180)  # the child loads torch, on a busy machine
def test_killed_process_goes_on_to_the_same_bundle(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    config = tiny_config(max_epochs=4)
    whole = train(small_data(), checkpoint, tmp_path / "whole", config)
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED_RUN, str(checkpoint.path), str(tmp_path / "resumed")],
        env=os.environ | {"OMP_NUM_THREADS": str(torch.get_num_threads())},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL

    resumed = resume(checkpoint, tmp_path / "resumed", config)

    assert resumed.bundle_id == whole.bundle_id


def test_state_of_another_configuration_is_refused(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    interrupt(checkpoint, tmp_path / "bundle", tiny_config(max_epochs=4))

    with pytest.raises(ResumeError, match="another configuration"):
        resume(checkpoint, tmp_path / "bundle", tiny_config(max_epochs=5))


def test_state_of_other_unlabelled_texts_is_refused(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    interrupt(checkpoint, tmp_path / "bundle", tiny_config(max_epochs=4))

    with pytest.raises(ResumeError, match="another data set"):
        resume(checkpoint, tmp_path / "bundle", tiny_config(max_epochs=4), ("hello track",))


def test_without_resuming_a_run_starts_afresh(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    interrupt(checkpoint, tmp_path / "bundle", tiny_config(max_epochs=4))

    trained = train(small_data(), checkpoint, tmp_path / "bundle", tiny_config(max_epochs=1))

    assert len(trained.epochs) == 1
    assert not (tmp_path / "bundle.training").exists()


def test_resuming_without_a_state_trains(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    trained = resume(checkpoint, tmp_path / "bundle", tiny_config(max_epochs=1))

    assert len(trained.epochs) == 1


def test_given_validation_is_not_drawn(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    validation = [example("hello hello", "greet"), example("track my hat", "track")]
    reports: list[Progress] = []

    trained = train_bundle(
        small_data(),
        tiny_config(max_epochs=1),
        encoder=checkpoint,
        out_path=tmp_path / "bundle",
        progress=reports.append,
        validation=validation,
    )

    assert trained.report.num_examples == 2
    assert reports[0].message == f"{len(small_data().examples)} examples to train, 2 to validate"


def test_out_of_scope_examples_are_no_intent(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    unknown = tuple(Example(f"blue {word}", FALLBACK_INTENT) for word in ("hat", "coat", "the", "a", "i"))
    data = small_data()
    config = replace(tiny_config(max_epochs=1), validation_fraction=0.4)

    trained = train(replace(data, examples=(*data.examples, *unknown)), checkpoint, tmp_path / "b", config)

    label_map = load_bundle(trained.path, encoder=checkpoint).contents.label_map
    assert label_map.intents == ("greet", "return", "track")
    assert trained.report.num_out_of_scope == 5


def test_without_validation_no_figure_is_told(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    config, reports = tiny_config(max_epochs=1), list[Progress]()
    config = replace(config, validation_fraction=0.0)

    trained = train(small_data(), checkpoint, tmp_path / "bundle", config, reports)

    (epoch,) = [one.message for one in reports if " loss " in one.message]
    assert epoch.endswith(", no validation")
    assert load_bundle(trained.path, encoder=checkpoint).contents.metrics == {
        "split": "validation",
        "num_examples": 0,
        "num_out_of_scope": 0,
    }


def test_bundle_records_only_figures_that_count_something(
    checkpoint: EncoderCheckpoint, tmp_path: Path
) -> None:
    examples = tuple(one for one in small_data().examples if not one.entities)

    trained = train(NluData(examples, {}, {}, {}), checkpoint, tmp_path / "bundle")

    metrics = load_bundle(trained.path, encoder=checkpoint).contents.metrics
    assert metrics["intent_accuracy"] == trained.report.intent_accuracy
    assert not {"span_f1", "out_of_scope_recall"} & set(metrics)


def test_intent_with_a_single_example_is_named(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    data, reports = small_data(), list[Progress]()
    examples = (*data.examples, example("please please", "beg"))

    trained = train(replace(data, examples=examples), checkpoint, tmp_path / "bundle", reports=reports)

    assert reports[0].message.endswith("a single example, trained and never validated: beg")
    assert "beg" in load_bundle(trained.path, encoder=checkpoint).contents.label_map.intents


def test_only_out_of_scope_examples_are_an_error(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    with pytest.raises(LabelError, match="no examples with an intent"):
        train(NluData((Example("x", FALLBACK_INTENT),), {}, {}, {}), checkpoint, tmp_path / "bundle")


def test_bundle_counts_what_was_trained(trained: TrainedBundle, checkpoint: EncoderCheckpoint) -> None:
    contents = load_bundle(trained.path, encoder=checkpoint).contents

    numbers = [tensor.numel() for tensor in (*contents.adapter.values(), *contents.heads.values())]
    assert trained.num_trained_parameters == sum(numbers)
    assert trained.seconds > trained.cache_seconds > 0


@pytest.mark.parametrize("method", ["full", "bitfit", "adapter", "prompt", "frozen"])
def test_every_method_makes_a_bundle(
    checkpoint: EncoderCheckpoint, tmp_path: Path, method: MethodName
) -> None:
    config = tiny_config(max_epochs=2)
    config = replace(config, finetuning=replace(config.finetuning, method=method))

    trained = train(small_data(), checkpoint, tmp_path / "bundle", config)

    report = trained.report
    assert (report.intent_accuracy, report.frame_accuracy) == pytest.approx(
        max((one.intent_accuracy, one.frame_accuracy) for one in trained.epochs if is_best(one, trained))
    )
    assert load_bundle(trained.path, encoder=checkpoint).contents.finetuning.method == method


def is_best(epoch: EpochResult, trained: TrainedBundle) -> bool:
    return epoch.intent_and_span == max(one.intent_and_span for one in trained.epochs)


def test_data_beyond_the_limit_is_not_cached(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    reports: list[Progress] = []
    config = replace(tiny_config(max_epochs=1), cache_limit_mib=0)

    train(small_data(), checkpoint, tmp_path / "bundle", config, reports)

    assert any(one.stage == "cache" and "in every step" in one.message for one in reports)
