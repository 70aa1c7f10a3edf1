"""RESTAURANTS-8K: spans of a booking, with the slots that the bot had asked for.

Coope et al. 2020, "Span-ConveRT: Few-shot Span Extraction for Dialog with Pretrained Conversational
Representations". The files are protocol buffers as JSON, where a number that is missing is 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.files import read_json
from benchmarks.nlu.data import NO_INTENT, BenchmarkData, Draw, Part, annotate, carve, keep_apart
from nlu.types import Example


def read_restaurants8k(folder: Path, draw: Draw) -> BenchmarkData:
    """Read the full training split and a tenth of it for validation.

    The test split keeps its overlapping spans: those that one segmentation cannot hold count as missed.
    """
    drawn, validation = carve(_split(folder, "train_0"), draw)
    train, num_left_out = keep_apart(drawn)
    return BenchmarkData(
        name="restaurants8k",
        train=train,
        validation=Part("validation", validation),
        read_test=lambda: (Part("test", _split(folder, "test")),),
        notes=(
            f"{len(validation)} training turns validate",
            f"{num_left_out} training spans that overlap a longer one are left out, none in test",
            "blanks at the border of a span do not count",
        ),
    )


def _split(folder: Path, name: str) -> tuple[Example, ...]:
    rows = read_json(folder / "polyai_span_extraction" / "restaurant8k" / f"{name}.json")
    return tuple(_example(row, f"{name}:{number}") for number, row in enumerate(rows, start=1))


def _example(row: Mapping[str, Any], source: str) -> Example:
    text = row["userInput"]["text"]
    entities = (
        annotate(text, label["valueSpan"].get("startIndex", 0), label["valueSpan"]["endIndex"], label["slot"])
        for label in row.get("labels", ())
    )
    asked = dict.fromkeys(row.get("context", {}).get("requestedSlots", ()))  # in order, each once
    ordered = tuple(sorted(entities, key=lambda entity: (entity.start, entity.end)))
    return Example(text, NO_INTENT, ordered, source, context=" ".join(asked).replace("_", " "))
