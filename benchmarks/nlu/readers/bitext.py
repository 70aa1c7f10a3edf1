"""Bitext's customer-service sample: intents with at most one entity per utterance, made from templates."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from benchmarks.files import read_csv
from benchmarks.nlu.data import BenchmarkData, Draw, Part, annotate
from nlu.types import Example

_FILE = "Bitext_Sample_Customer_Service_{}_Dataset.csv"
_COLUMNS = ("utterance", "intent", "entity_type", "start_offset", "end_offset")


def read_bitext(folder: Path, draw: Draw) -> BenchmarkData:  # noqa: ARG001 - the splits are published
    """Read the part of the sample that could be had."""
    return BenchmarkData(
        name="bitext",
        train=_split(folder, "Training"),
        validation=Part("validation", _split(folder, "Validation")),
        read_test=lambda: (Part("test", _split(folder, "Testing")),),
    )


def _split(folder: Path, name: str) -> tuple[Example, ...]:
    rows = read_csv(folder / "bitext" / _FILE.format(name), columns=_COLUMNS)
    return tuple(_example(row, f"{name}:{number}") for number, row in enumerate(rows, start=1))


def _example(row: Mapping[str, str], source: str) -> Example:
    if not row["entity_type"]:
        return Example(row["utterance"], row["intent"], source=source)
    borders = int(row["start_offset"]), int(row["end_offset"])
    entity = annotate(row["utterance"], *borders, row["entity_type"])
    return Example(row["utterance"], row["intent"], (entity,), source)
