"""SNIPS and ATIS in the split of Goo et al. 2018, "Slot-Gated Modeling for Joint Slot Filling and Intent
Prediction".

One line per utterance in three files: tokens, BIO tags, intent. The joint intents of ATIS (``a#b``) are
labels of their own, as in the papers that report on this split.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from benchmarks.files import BenchmarkDataError, read_lines
from benchmarks.nlu.data import BenchmarkData, Draw, Part
from benchmarks.nlu.tags import join_tokens, tagged_annotations
from benchmarks.nlu.trainable import keep_known
from nlu.types import EntityAnnotation, Example

_FEW = 150  # utterances of ATIS that a bot of that size would have


def read_snips(folder: Path, draw: Draw) -> BenchmarkData:  # noqa: ARG001 - the splits are published
    """Read SNIPS."""
    return _read("snips", folder)


def read_atis(folder: Path, draw: Draw) -> BenchmarkData:  # noqa: ARG001 - the splits are published
    """Read ATIS; its test split has intents and tags that training does not have."""
    return _read("atis", folder)


def read_atis_roles(folder: Path, draw: Draw) -> BenchmarkData:
    """Draw 150 training utterances of ATIS, and read a tag ``fromloc.city_name`` as an entity with a role.

    Without choosing none validate: few examples means that no others are looked at.
    """
    whole = _read("atis", folder)
    chosen = draw.rng.permutation(len(whole.train))[:_FEW].tolist()
    train = _with_roles(whole.train[number] for number in sorted(chosen))
    validation = keep_known(_with_roles(whole.validation.examples), train) if draw.is_choosing else ()
    return BenchmarkData(
        name="atis-roles",
        train=train,
        validation=Part("validation", validation),
        read_test=lambda: tuple(Part(part.name, _with_roles(part.examples)) for part in whole.read_test()),
        notes=(f"{len(train)} drawn examples train",),
    )


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


def _with_roles(examples: Iterable[Example]) -> tuple[Example, ...]:
    return tuple(replace(one, entities=tuple(map(_with_role, one.entities))) for one in examples)


def _with_role(annotation: EntityAnnotation) -> EntityAnnotation:
    role, _, entity = annotation.entity.rpartition(".")
    return replace(annotation, entity=entity, role=role or None)
