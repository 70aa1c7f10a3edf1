"""What one data set gave, as a JSON file; one that this very code wrote is not computed again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.commits import UNKNOWN_COMMIT, is_changed


@dataclass(frozen=True, slots=True)
class SetResult:
    """The figures of one data set.

    Attributes:
        set_name: which set.
        metrics: numbers by part, by search, by name.
        num_questions: by part.
        num_entries: by part, over all collections.
        notes: what was chosen or left out in the data.
        encoder_id: the encoder of all dense searches.
        commit: of the code.
    """

    set_name: str
    metrics: Mapping[str, Mapping[str, Mapping[str, float]]]
    num_questions: Mapping[str, int]
    num_entries: Mapping[str, int]
    notes: tuple[str, ...]
    encoder_id: str
    commit: str


def save_result(result: SetResult, folder: Path) -> Path:
    """Write the set's file, which appears whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.set_name}.json"
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(asdict(result), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.rename(path)
    return path


def load_result(set_name: str, folder: Path) -> SetResult | None:
    """Read what `save_result` wrote; None if there is no file, or not one of this version."""
    try:
        document = json.loads((folder / f"{set_name}.json").read_text(encoding="utf-8"))
        document["notes"] = tuple(document["notes"])
        return SetResult(**document)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None  # it is computed again, which replaces the file


def is_current(result: SetResult, *, encoder_id: str, commit: str) -> bool:
    """Say whether computing it again would give the same: same encoder, same code without changes."""
    is_known = commit != UNKNOWN_COMMIT and not is_changed(commit)
    return is_known and result.commit == commit and result.encoder_id == encoder_id
