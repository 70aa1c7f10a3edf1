"""One finished run as a JSON file; a run whose file is there with the same configuration is not repeated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from nlu.training.config import ConfigError, TrainConfig, read_train_config


class ResultError(Exception):
    """A file that holds no run, or one of another version of the benchmarks."""


@dataclass(frozen=True, slots=True)
class RunName:
    """Which run: data set, fine-tuning method, seed, and whether only validation was looked at."""

    set_name: str
    method: str
    seed: int
    is_choosing: bool = False

    def path(self, folder: Path) -> Path:
        """Give the run's file."""
        kind = ".validation" if self.is_choosing else ""
        return folder / f"{self.set_name}.{self.method}.{self.seed}{kind}.json"

    def __str__(self) -> str:
        kind = ", validation only" if self.is_choosing else ""
        return f"{self.set_name}, {self.method}, seed {self.seed}{kind}"


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run gave.

    Attributes:
        name: which run.
        metrics: numbers by part of the data set.
        seconds: wall clock of training, from loading the encoder to the saved bundle.
        peak_memory_mib: greatest resident memory of the process up to the end of training.
        num_trained_parameters: of the encoder and the heads together.
        num_train: examples that were trained on.
        notes: what was changed or left out in the data.
        config: the training configuration.
        commit: of the code, or ``unknown``.
        num_threads: that torch computed with; None where it was not recorded.
        num_jobs: how many runs shared the machine at most, this one included.
    """

    name: RunName
    metrics: Mapping[str, Mapping[str, float]]
    seconds: float
    peak_memory_mib: float
    num_trained_parameters: int
    num_train: int
    notes: tuple[str, ...]
    config: Mapping[str, object]
    commit: str
    num_threads: int | None = None
    num_jobs: int = 1


def save_result(result: RunResult, folder: Path) -> Path:
    """Write the run's file, which appears whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    path = result.name.path(folder)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(asdict(result), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.rename(path)
    return path


def load_result(path: Path) -> RunResult:
    """Read what `save_result` wrote.

    Raises:
        ResultError: the file holds something else.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        document["name"] = RunName(**document["name"])
        document["notes"] = tuple(document["notes"])
        return RunResult(**document)
    except (ValueError, KeyError, TypeError) as error:
        raise ResultError(f"got {path} ({error!r}), expected a run of this version; run it again") from error


def is_done(name: RunName, config: TrainConfig, folder: Path) -> bool:
    """Say whether the run's file is there, can be read and was made with `config`.

    A setting that did not exist when the run was made counts as left at its default.
    """
    path = name.path(folder)
    if not path.is_file():
        return False
    try:
        return read_train_config(load_result(path).config, str(path)) == config
    except (ResultError, ConfigError):
        return False  # it is run again, which replaces the file
