from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nlu.checkpoint import EncoderCheckpoint
from nlu.reader.bundle import load_reader
from nlu.training.config import ConfigError, load_settings
from nlu.training.progress import Progress
from nlu.training.reader import ReaderTrainingError, train_reader
from nlu.training.reader_config import ReaderConfig
from nlu.training.resume import ResumeError
from nlu.types import ReaderExample
from tests.fakes_reader import small_reading, tiny_reader_config, train_small


def test_training_learns_the_small_task(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    trained = train_small(checkpoint, tmp_path / "reader", tiny_reader_config(max_epochs=20))

    assert trained.quality.f1 == 1.0
    assert trained.quality.no_answer_accuracy == 1.0
    assert trained.epochs[-1].train_loss < trained.epochs[0].train_loss / 10


def test_same_seed_gives_the_same_reader_and_another_seed_another(
    checkpoint: EncoderCheckpoint, tmp_path: Path
) -> None:
    before = torch.random.get_rng_state()
    ids = [
        train_small(
            checkpoint, tmp_path / str(number), tiny_reader_config(seed=seed, num_short_epochs=1)
        ).reader_id
        for number, seed in enumerate((3, 3, 4))
    ]

    assert ids[0] == ids[1] != ids[2]
    assert torch.equal(before, torch.random.get_rng_state())


def test_progress_never_falls_and_ends_at_one(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    reports: list[Progress] = []

    train_small(checkpoint, tmp_path / "reader", reports=reports)

    fractions = [report.fraction for report in reports]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_an_answer_within_a_token_is_left_out_and_named(
    checkpoint: EncoderCheckpoint, tmp_path: Path
) -> None:
    cut = small_reading()[0]
    moved = replace(
        cut,
        question="my shirt",
        answers=(replace(cut.answers[0], start=cut.answers[0].start + 1),),
        source="cut",
    )

    trained = train_small(checkpoint, tmp_path / "reader", examples=[*small_reading(), moved])

    assert trained.misaligned in {("cut",), ()}  # it may have been drawn for validation
    assert not (tmp_path / "reader.training").exists()


@pytest.mark.parametrize(
    "examples",
    [[], [ReaderExample("is my hat", "the shirt is red", (), "a", "g")], small_reading()[2:3]],
    ids=["none", "one-without-answer", "one-document"],
)
def test_data_without_answers_to_train_on_is_refused(
    checkpoint: EncoderCheckpoint, tmp_path: Path, examples: list[ReaderExample]
) -> None:
    with pytest.raises(ReaderTrainingError, match="expected answerable questions of two documents"):
        train_small(checkpoint, tmp_path / "reader", examples=examples)


_KILLED = """
import os, signal, sys
from pathlib import Path
from nlu.checkpoint import resolve_encoder
from nlu.training.progress import Progress
from nlu.training.reader import train_reader
from tests.fakes_reader import small_reading, tiny_reader_config

def kill(progress: Progress) -> None:
    if progress.message.startswith("epoch 2 of at most 4: loss"):
        os.kill(os.getpid(), signal.SIGKILL)

train_reader(
    small_reading(), tiny_reader_config(max_epochs=4), encoder=resolve_encoder(sys.argv[1]),
    out_path=Path(sys.argv[2]), progress=kill,
)
"""


def test_a_run_that_was_killed_goes_on_to_the_same_reader(
    checkpoint: EncoderCheckpoint, tmp_path: Path
) -> None:
    config = tiny_reader_config(max_epochs=4)
    whole = train_small(checkpoint, tmp_path / "whole", config)
    command = [sys.executable, "-c", _KILLED, str(checkpoint.path), str(tmp_path / "killed")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    killed = subprocess.run(command, check=False, env=environment)
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "killed").exists()

    resumed = train_small(checkpoint, tmp_path / "killed", config, begin="resume")

    assert resumed.reader_id == whole.reader_id
    assert [epoch.epoch for epoch in resumed.epochs] == [1, 2, 3, 4]


class Stop(Exception): ...


def stop_after_an_epoch(checkpoint: EncoderCheckpoint, out_path: Path) -> None:
    """Begin the small training and break off after the first of two epochs."""

    def stop(progress: Progress) -> None:
        if progress.message.startswith("epoch 1 of at most 2: loss"):
            raise Stop

    with pytest.raises(Stop):
        train_reader(
            small_reading(), tiny_reader_config(), encoder=checkpoint, out_path=out_path, progress=stop
        )


def test_the_state_of_another_run_is_refused(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    stop_after_an_epoch(checkpoint, tmp_path / "r")

    with pytest.raises(ResumeError, match="another configuration"):
        train_small(checkpoint, tmp_path / "r", tiny_reader_config(seed=9), begin="resume")


def test_a_run_that_was_broken_off_may_end_with_the_best_of_its_epochs(
    checkpoint: EncoderCheckpoint, tmp_path: Path
) -> None:
    stop_after_an_epoch(checkpoint, tmp_path / "r")
    whole = train_small(checkpoint, tmp_path / "whole")

    finished = train_small(checkpoint, tmp_path / "r", begin="finish")

    assert [epoch.f1 for epoch in finished.epochs] == [whole.epochs[0].f1]
    assert finished.reader_id != whole.reader_id
    assert load_reader(finished.path, encoder=checkpoint).contents.metrics["num_epochs"] == 1


def test_nothing_can_be_finished_that_was_not_begun(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    with pytest.raises(ReaderTrainingError, match="got no whole epoch of a killed run"):
        train_small(checkpoint, tmp_path / "r", begin="finish")


def test_a_configuration_file_is_read_and_an_unknown_key_refused(tmp_path: Path) -> None:
    path = tmp_path / "reader.toml"
    path.write_text('seed = 5\n[optimiser]\nmax_epochs = 7\n[finetuning]\nmethod = "bitfit"\n')

    config = load_settings(ReaderConfig, path)

    assert (config.seed, config.optimiser.max_epochs, config.finetuning.method) == (5, 7, "bitfit")
    path.write_text("sed = 5\n")
    with pytest.raises(ConfigError, match="got the unknown key 'sed'"):
        load_settings(ReaderConfig, path)


def test_a_share_above_one_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"wrong_passage_share: got 1\.5"):
        ReaderConfig(wrong_passage_share=1.5)
