"""SNIPS and ATIS in the split of Goo et al. 2018, "Slot-Gated Modeling for Joint Slot Filling and Intent
Prediction".

One line per utterance in three files: tokens, BIO tags, intent. The joint intents of ATIS (``a#b``) are
labels of their own, as in the papers that report on this split.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.files import BenchmarkDataError, read_lines
from benchmarks.nlu.data import BenchmarkData, Draw, Part
from benchmarks.nlu.tags import join_tokens, tagged_annotations
from nlu.types import Example


def read_snips(folder: Path, draw: Draw) -> BenchmarkData:  # noqa: ARG001 - the splits are published
    """Read SNIPS."""
    return _read("snips", folder)


def read_atis(folder: Path, draw: Draw) -> BenchmarkData:  # noqa: ARG001 - the splits are published
    """Read ATIS; its test split has intents and tags that training does not have."""
    return _read("atis", folder)


def _read(name: str, folder: Path) -> BenchmarkData:
    return BenchmarkData(
        name=name,
        train=_split(folder / name / "train"),
        validation=Part("validation", _split(folder / name / "valid")),
        read_test=lambda: (Part("test", _split(folder / name / "test")),),
    )


def _split(folder: Path) -> tuple[Example, ...]:
    tokens, tags, intents = (
        [line for line in read_lines(folder / name) if line.strip()]
        for name in ("seq.in", "seq.out", "label")
    )
    if not len(tokens) == len(tags) == len(intents):
        raise BenchmarkDataError(
            f"got {len(tokens)} utterances, {len(tags)} lines of tags and {len(intents)} intents in "
            f"{folder}; expected as many of each; fetch the data set again"
        )
    return tuple(
        _example(*columns, source=f"{folder.name}:{number}")
        for number, columns in enumerate(zip(tokens, tags, intents, strict=True), start=1)
    )


def _example(token_line: str, tag_line: str, intent: str, *, source: str) -> Example:
    tokens, tags = token_line.split(), tag_line.split()
    if len(tokens) != len(tags):
        raise BenchmarkDataError(
            f"{source}: got {len(tokens)} tokens and {len(tags)} tags; expected one tag per token"
        )
    text, borders = join_tokens(tokens)
    return Example(text, intent.strip(), tagged_annotations(text, borders, tags), source)
