"""NLU++ (banking, hotels): several intents per utterance, and slots.

Casanueva et al. 2022, "NLU++: A Multi-Label, Slot-Rich, Generalisable Dataset for Natural Language
Understanding in Task-Oriented Dialogue". Of its three protocols the large one is used: ten folds, each two of
the twenty files; nine train and one tests. The seed names the fold, so seeds differ in their folds too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.files import read_json
from benchmarks.nlu.data import NO_INTENT, BenchmarkData, Draw, Part, annotate, carve_any, keep_apart
from nlu.types import Example

_NUM_FILES = 20
_FILES_PER_FOLD = 2


def read_nlupp(folder: Path, draw: Draw, *, domain: str) -> BenchmarkData:
    """Read one domain; seed 1 tests on the first fold."""
    first = (draw.seed - 1) * _FILES_PER_FOLD % _NUM_FILES
    tested = range(first, first + _FILES_PER_FOLD)
    others = [number for number in range(_NUM_FILES) if number not in tested]
    read = partial(_files, folder / "nlupp" / domain)
    drawn, validation = carve_any(read(others), draw)
    train, num_left_out = keep_apart(drawn)
    return BenchmarkData(
        name=f"nlupp-{domain}",
        train=train,
        validation=Part("validation", validation),
        read_test=lambda: (Part("test", read(tested)),),
        notes=(
            f"large-data protocol, test fold {first // _FILES_PER_FOLD + 1} of ten",
            f"{len(validation)} training examples validate",
            f"{num_left_out} training spans that overlap a longer one are left out",
        ),
    )


def _files(folder: Path, numbers: Iterable[int]) -> tuple[Example, ...]:
    return tuple(
        _example(row, f"fold{number}:{position}")
        for number in numbers
        for position, row in enumerate(read_json(folder / f"fold{number}.json"), start=1)
    )


def _example(row: Mapping[str, Any], source: str) -> Example:
    entities = (
        annotate(row["text"], slot["span"][0], slot["span"][1], name)
        for name, slot in row.get("slots", {}).items()
    )
    intent = "+".join(sorted(set(row.get("intents", ())))) or NO_INTENT  # some names stand twice
    return Example(row["text"], intent, tuple(sorted(entities, key=lambda entity: entity.start)), source)
