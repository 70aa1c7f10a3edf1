"""MultiDoGO: what customers write to human agents, sentence by sentence, in six domains.

Peskov et al. 2019, "Multi-Domain Goal-Oriented Dialogues (MultiDoGO)". Its published development split is
measured here in place of a test split, and validation is split off the training part.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

from benchmarks.files import read_csv
from benchmarks.nlu.data import BenchmarkData, Draw, Part, annotate, carve
from benchmarks.nlu.tags import OUTSIDE
from nlu.types import EntityAnnotation, Example

DOMAINS = ("airline", "fastfood", "finance", "insurance", "media", "software")

_COLUMNS = ("utterance", "slot-labels", "intent")
_INTENT_SEPARATOR = "<div>"
_TOKEN = re.compile(r"\S+")


def read_multidogo(folder: Path, draw: Draw, *, domain: str) -> BenchmarkData:
    """Read one domain; rows whose tokens and labels differ in number are left out."""
    path = folder / "multidogo" / domain
    usable, num_left_out = _split(path, "train")
    train, validation = carve(usable, draw)
    return BenchmarkData(
        name=f"multidogo-{domain}",
        train=train,
        validation=Part("validation", validation),
        read_test=lambda: (Part("test", _split(path, "dev")[0]),),
        notes=(
            f"{num_left_out} training rows whose labels do not match their tokens are left out, also in test",
            "the published development split is the test",
            f"{len(validation)} training examples validate",
        ),
    )


def _split(folder: Path, name: str) -> tuple[tuple[Example, ...], int]:
    rows = read_csv(folder / f"{name}.tsv", columns=_COLUMNS, delimiter="\t")
    examples = tuple(
        _example(row, f"{name}:{number}") for number, row in enumerate(rows, start=1) if _is_usable(row)
    )
    return examples, len(rows) - len(examples)


def _is_usable(row: Mapping[str, str]) -> bool:
    num_tokens = len(row["utterance"].split())
    return num_tokens > 0 and num_tokens == len(row["slot-labels"].split())


def _example(row: Mapping[str, str], source: str) -> Example:
    intents = sorted(set(row["intent"].split(_INTENT_SEPARATOR)))
    return Example(row["utterance"], "+".join(intents), _entities(row), source)


def _entities(row: Mapping[str, str]) -> tuple[EntityAnnotation, ...]:
    """Join neighbouring tokens of one label, since the labels do not say where a span begins."""
    text, tokens = row["utterance"], _TOKEN.finditer(row["utterance"])
    labelled = zip(tokens, row["slot-labels"].split(), strict=True)
    spans = []
    for label, group in groupby(labelled, key=lambda pair: pair[1]):
        members = [token for token, _ in group]
        if label != OUTSIDE:
            spans.append(annotate(text, members[0].start(), members[-1].end(), label))
    return tuple(spans)
