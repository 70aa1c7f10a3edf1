"""The state of a run after an epoch, in a folder, so that a killed run goes on where it was.

Tensors are safetensors, the rest is JSON; ``training.json`` names the files and their hashes. A new state
counts only when that is replaced, so a kill at any moment leaves a whole state. A state belongs to one
configuration, data, code and encoder; with the same number of threads on the same machine a resumed run ends
with the same weights as an uninterrupted one.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from safetensors.torch import load_file, save_file

from nlu.checkpoint import CheckpointError, hash_file

Result = TypeVar("Result")

_STATE_NAME = "training.json"
_REMEDY = "train without resuming"
_GROUPS = ("trained", "optimiser", "generators")
_KEYS = ("best_epoch", "rng", "state", "best")


class ResumeError(CheckpointError):
    """The state of a run that is another one's, or that is broken."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainingState(Generic[Result]):
    """Everything that the next epoch depends on beside what is computed from configuration and data.

    Attributes:
        results: of the epochs so far.
        best_epoch: the best of them, counted from 1.
        trained: all trained parameters by name.
        best: the model's trained parameters after the best epoch.
        optimiser: the optimiser's moments by number and name.
        generators: states of torch's random generators, uint8, by device.
        rng: state of the numpy generator that orders the examples.
    """

    results: tuple[Result, ...]
    best_epoch: int
    trained: Mapping[str, torch.Tensor]
    best: Mapping[str, torch.Tensor]
    optimiser: Mapping[str, torch.Tensor]
    generators: Mapping[str, torch.Tensor]
    rng: Mapping[str, Any]


class TrainingFolder(Generic[Result]):
    """Keeps the newest state of one run.

    Args:
        path: the folder.
        belongs_to: what the run is made of, by name, as hashes or short texts.
        result_type: the dataclass of an epoch's result.
    """

    def __init__(self, path: Path, belongs_to: Mapping[str, str], result_type: type[Result]) -> None:
        self._path = path
        self._result_type = result_type
        self._belongs_to = dict(belongs_to)
        self._best: dict[str, str] = {}  # the file of the best epoch, with its hash, by name

    def load(self) -> TrainingState[Result] | None:
        """Give the newest state, or None when there is none.

        Raises:
            ResumeError: it belongs to another run, or a file is missing or changed.
        """
        if not (self._path / _STATE_NAME).exists():
            return None
        document = self._read_document()
        self._best = document["best"]
        tensors = self._load_tensors(document["state"])
        groups = {group: _named_in(tensors, group) for group in _GROUPS}
        return TrainingState(
            results=document["results"],
            best_epoch=document["best_epoch"],
            best=self._load_tensors(document["best"]),
            rng=document["rng"],
            **groups,
        )

    def save(self, state: TrainingState[Result]) -> None:
        """Make `state` the newest; the one before goes."""
        self._path.mkdir(parents=True, exist_ok=True)
        epoch = len(state.results)
        tensors = {
            _join(group, name): tensor for group in _GROUPS for name, tensor in getattr(state, group).items()
        }
        files = self._save_tensors(f"state-{epoch}.safetensors", tensors)
        if state.best_epoch == epoch or not self._best:
            self._best = self._save_tensors(f"best-{state.best_epoch}.safetensors", state.best)
        document = {
            "belongs_to": self._belongs_to,
            "results": [asdict(result) for result in state.results],  # type: ignore[call-overload]
            "best_epoch": state.best_epoch,
            "rng": state.rng,
            "state": files,
            "best": self._best,
        }
        partial = self._path / f"{_STATE_NAME}.partial"
        partial.write_text(json.dumps(document, indent=1), encoding="utf-8")
        os.replace(partial, self._path / _STATE_NAME)
        self._remove_all_but({_STATE_NAME, *files, *self._best})

    def clear(self) -> None:
        """Forget every state."""
        shutil.rmtree(self._path, ignore_errors=True)
        self._best = {}

    def _read_document(self) -> dict[str, Any]:
        path = self._path / _STATE_NAME
        try:
            document: dict[str, Any] = json.loads(path.read_bytes())
            self._verify_belongs(dict(document["belongs_to"]))
            results = tuple(self._result_type(**result) for result in document["results"])
            return {"results": results, **{key: document[key] for key in _KEYS}}
        except (ValueError, KeyError, TypeError) as error:
            raise ResumeError(f"got {path} that cannot be read ({error!r}); {_REMEDY}") from error

    def _verify_belongs(self, theirs: Mapping[str, str]) -> None:
        differing = sorted(name for name in self._belongs_to if theirs.get(name) != self._belongs_to[name])
        if differing:
            raise ResumeError(
                f"got {self._path} of a run with another {' and another '.join(differing)}, expected the "
                f"same; {_REMEDY}, or restore what was changed"
            )

    def _save_tensors(self, name: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, str]:
        path = self._path / name
        save_file({key: tensor.cpu().contiguous() for key, tensor in tensors.items()}, path)
        return {name: hash_file(path)}

    def _load_tensors(self, files: Mapping[str, str]) -> dict[str, torch.Tensor]:
        tensors: dict[str, torch.Tensor] = {}
        for name, expected in files.items():
            path = self._path / name
            if not path.is_file() or hash_file(path) != expected:
                raise ResumeError(f"got {path} missing or changed, expected sha256 {expected}; {_REMEDY}")
            tensors |= load_file(path)
        return tensors

    def _remove_all_but(self, names: set[str]) -> None:
        for path in self._path.iterdir():
            if path.name not in names:
                path.unlink()


def _join(group: str, name: str) -> str:
    return f"{group}/{name}"


def _named_in(tensors: Mapping[str, torch.Tensor], group: str) -> dict[str, torch.Tensor]:
    prefix = _join(group, "")
    return {name.removeprefix(prefix): one for name, one in tensors.items() if name.startswith(prefix)}
