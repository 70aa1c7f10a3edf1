"""What a reader of a public data set gives, and what readers share.

The test part is behind a call of its own, so that a run that only chooses among recipes never opens its file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nlu.types import EntityAnnotation, Example

NO_INTENT = "none"
"""The intent of utterances that say nothing a data set has a label for."""

_VALIDATION_FRACTION = 0.1


@dataclass(frozen=True, slots=True)
class Window:
    """Neighbouring sentences of a document as one text, with the way back to their tokens.

    `sentences` holds, for each sentence, the character borders of its tokens in `text`.
    """

    text: str
    sentences: tuple[tuple[tuple[int, int], ...], ...]

    @property
    def tokens(self) -> tuple[tuple[int, int], ...]:
        """Give the borders of all tokens of the window in order."""
        return tuple(token for sentence in self.sentences for token in sentence)


@dataclass(frozen=True, slots=True)
class Part:
    """Examples to measure on; `windows`, one per example, only where the data set counts in tokens."""

    name: str
    examples: tuple[Example, ...]
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class BenchmarkData:
    """One data set as one run uses it.

    Attributes:
        name: of the set.
        train: examples to train on.
        validation: what choices are made on; empty where there are too few examples to spare any.
        read_test: reads the part or parts that are measured once, at the end.
        notes: what was changed or left out, with numbers.
        unlabelled: texts to train on whose labels nobody looks at.
    """

    name: str
    train: tuple[Example, ...]
    validation: Part
    read_test: Callable[[], tuple[Part, ...]]
    notes: tuple[str, ...] = ()
    unlabelled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draw:
    """What decides how a set is read: `seed` draws; `is_choosing` says that recipes are being compared.

    `keeps_all`: folds calibrate, so nothing is split off for validation where a set has no such part.
    """

    seed: int
    is_choosing: bool = False
    keeps_all: bool = False

    @property
    def rng(self) -> np.random.Generator:
        """Make the generator that draws examples."""
        return np.random.default_rng(self.seed)


def annotate(text: str, start: int, end: int, entity: str) -> EntityAnnotation:
    """Make an annotation; blanks at its borders do not belong to it."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return EntityAnnotation(start, start + len(piece.strip()), entity, piece.strip())


def keep_apart(examples: Iterable[Example]) -> tuple[tuple[Example, ...], int]:
    """Leave out annotations that overlap an earlier or longer one; a training example cannot hold both.

    Returns:
        The examples, and how many annotations were left out.
    """
    kept, num_left_out = [], 0
    for example in examples:
        spans = _apart(example.entities)
        num_left_out += len(example.entities) - len(spans)
        kept.append(replace(example, entities=spans))
    return tuple(kept), num_left_out


def carve(examples: Sequence[Example], draw: Draw) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """Split a tenth of each intent's examples off for validation; an intent with fewer than five gives none.

    Returns:
        The examples to train on and those to validate on, each in the given order; these are none if the draw
        keeps all.
    """
    if draw.keeps_all:
        return tuple(examples), ()
    rng, chosen = draw.rng, set[int]()
    for positions in positions_by_intent(examples).values():
        number = round(_VALIDATION_FRACTION * len(positions))
        chosen.update(rng.permutation(positions)[:number].tolist())
    train = tuple(example for position, example in enumerate(examples) if position not in chosen)
    return train, tuple(examples[position] for position in sorted(chosen))


def carve_any(examples: Sequence[Example], draw: Draw) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """Split a tenth of all examples off for validation, whatever their intents.

    For data sets where most combinations of intents occur once. None if the draw keeps all.
    """
    if draw.keeps_all:
        return tuple(examples), ()
    number = round(_VALIDATION_FRACTION * len(examples))
    chosen = set(draw.rng.permutation(len(examples))[:number].tolist())
    train = tuple(example for position, example in enumerate(examples) if position not in chosen)
    return train, tuple(examples[position] for position in sorted(chosen))


def positions_by_intent(examples: Sequence[Example]) -> dict[str, list[int]]:
    """Group the positions of `examples` by intent, intents in alphabetical order."""
    positions = defaultdict(list)
    for position, example in enumerate(examples):
        positions[example.intent].append(position)
    return dict(sorted(positions.items()))


def _apart(spans: Sequence[EntityAnnotation]) -> tuple[EntityAnnotation, ...]:
    kept: list[EntityAnnotation] = []
    for span in sorted(spans, key=lambda span: (span.start - span.end, span.start)):  # longest first
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return tuple(sorted(kept, key=lambda span: span.start))
