"""A whole run on a few rows with a tiny encoder."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks.nlu.data import BenchmarkData, Draw, Part
from benchmarks.nlu.results import RunName, RunResult
from benchmarks.nlu.run import Folders, execute
from benchmarks.nlu.sets import BenchmarkSet
from nlu.checkpoint import EncoderCheckpoint
from nlu.types import EntityAnnotation, Example
from tests.fakes_nlu import WORDS, example, make_checkpoint

CONFIG = """
primary_metric = "frame_accuracy"
[finetuning.lora]
rank = 2
num_layers = 1
[heads]
span_size = 8
[optimiser]
max_epochs = 2
"""
COLOURS = ("red", "blue", "navy", "green")
CUT = example("return the re[d](colour) hat", "return")  # the tiny vocabulary knows "red" as one token


RED = EntityAnnotation(9, 12, "colour", "red")
OVERLAPPING = Example("track my red shirt", "return", (RED, EntityAnnotation(9, 18, "colour", "red shirt")))


class PartOpenedError(Exception):
    """The test part was read although nothing but choices were to be made."""


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> EncoderCheckpoint:
    return make_checkpoint(tmp_path_factory.mktemp("encoder"), WORDS)


def rows(verb: str) -> tuple[Example, ...]:
    returns = (example(f"{verb} my [{colour}](colour) shirt", "return") for colour in COLOURS)
    return *returns, *(Example(f"{verb} {word}", "greet") for word in ("hello", "hi", "good"))


def read(folder: Path, draw: Draw) -> BenchmarkData:
    def read_test() -> tuple[Part, ...]:
        if draw.is_choosing:
            raise PartOpenedError
        return Part("test", rows("send")), Part("other", rows("swap"))

    return BenchmarkData(
        "tiny", (*rows("return"), CUT), Part("validation", (*rows("track"), OVERLAPPING)), read_test
    )


def run(checkpoint: EncoderCheckpoint, folder: Path, *, is_choosing: bool) -> RunResult:
    benchmark = BenchmarkSet("tiny", "tiny", read, ())
    name = RunName("tiny", "lora", 5, is_choosing)
    return execute(benchmark, name, Folders(folder, folder / "out"), encoder=checkpoint)


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tiny.toml").write_text(CONFIG)
    monkeypatch.setattr("benchmarks.nlu.sets.CONFIGS", tmp_path)
    return tmp_path


def test_run_measures_validation_and_every_test_part(checkpoint: EncoderCheckpoint, configured: Path) -> None:
    result = run(checkpoint, configured, is_choosing=False)

    assert set(result.metrics) == {"validation", "test", "other"}
    sizes = {name: part["num_examples"] for name, part in result.metrics.items()}
    assert sizes == {"validation": 8, "test": 7, "other": 7}
    assert result.config["seed"] == 5
    assert (configured / "out/reports/tiny.lora.5/other/report.html").is_file()


def test_validation_is_trained_without_overlaps_and_reported_whole(
    checkpoint: EncoderCheckpoint, configured: Path
) -> None:
    run(checkpoint, configured, is_choosing=True)

    report = json.loads(
        (configured / "out/reports/tiny.lora.5.validation/validation/report.json").read_bytes()
    )
    assert report["entities"]["colour"]["support"] == len(COLOURS) + 2


def test_run_records_what_shared_the_machine(checkpoint: EncoderCheckpoint, configured: Path) -> None:
    benchmark, folders = BenchmarkSet("tiny", "tiny", read, ()), Folders(configured, configured / "out")
    name = RunName("tiny", "lora", 5, is_choosing=True)

    result = execute(benchmark, name, folders, encoder=checkpoint, num_jobs=2)

    assert (result.num_jobs, result.num_threads) == (2, torch.get_num_threads())


def test_run_counts_what_it_trained(checkpoint: EncoderCheckpoint, configured: Path) -> None:
    result = run(checkpoint, configured, is_choosing=True)

    assert result.num_train == 7
    assert result.notes[-1].startswith("1 training examples with a span within a token")
    assert result.num_trained_parameters > 0
    assert result.seconds > 0
    assert result.peak_memory_mib > 1


@pytest.mark.parametrize(
    ("num_folds", "is_choosing", "keeps_all"), [(0, False, False), (2, False, True), (2, True, False)]
)
def test_nothing_is_split_off_where_folds_calibrate(
    checkpoint: EncoderCheckpoint, configured: Path, num_folds: int, is_choosing: bool, keeps_all: bool
) -> None:
    draws: list[Draw] = []

    def noted(folder: Path, draw: Draw) -> BenchmarkData:
        draws.append(draw)
        return read(folder, draw)

    (configured / "tiny.toml").write_text(f"{CONFIG}[calibration]\nnum_folds = {num_folds}\n")
    name = RunName("tiny", "lora", 5, is_choosing)
    benchmark = BenchmarkSet("tiny", "tiny", noted, ())
    execute(benchmark, name, Folders(configured, configured / "out"), encoder=checkpoint)

    assert [draw.keeps_all for draw in draws] == [keeps_all]


def test_texts_without_labels_are_trained_on(
    checkpoint: EncoderCheckpoint, configured: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def with_rest(folder: Path, draw: Draw) -> BenchmarkData:
        return replace(read(folder, draw), unlabelled=("swap my hat", "hello there"))

    benchmark = BenchmarkSet("tiny", "tiny", with_rest, ())
    name = RunName("tiny", "lora", 5, is_choosing=True)
    execute(benchmark, name, Folders(configured, configured / "out"), encoder=checkpoint)

    assert "2 without labels" in capsys.readouterr().err


def test_choosing_never_opens_the_test_part(checkpoint: EncoderCheckpoint, configured: Path) -> None:
    assert set(run(checkpoint, configured, is_choosing=True).metrics) == {"validation"}
