"""Which examples a run can train and validate on; others are left out and counted, never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from nlu.labels import SpanLabel
from nlu.spans import AlignmentError, align_span
from nlu.types import FALLBACK_INTENT, Example

Offsets = Callable[[str], Sequence[tuple[int, int]]]
"""Gives the character borders of a text's tokens."""


def keep_aligned(examples: Iterable[Example], offsets: Offsets) -> tuple[tuple[Example, ...], int]:
    """Leave out examples with a span that begins or ends within a token of the encoder.

    Returns:
        The others, and how many were left out.
    """
    examples = tuple(examples)
    kept = tuple(example for example in examples if not example.entities or _is_aligned(example, offsets))
    return kept, len(examples) - len(kept)


def keep_known(examples: Iterable[Example], train: Sequence[Example]) -> tuple[Example, ...]:
    """Leave out validation examples with a label that no training example has; they count in the report."""
    intents = {atom for example in train for atom in example.intent.split("+")} | {FALLBACK_INTENT}
    labels = {SpanLabel.of(entity) for example in train for entity in example.entities}
    return tuple(
        example
        for example in examples
        if intents.issuperset(example.intent.split("+"))
        and labels.issuperset(SpanLabel.of(entity) for entity in example.entities)
    )


def _is_aligned(example: Example, offsets: Offsets) -> bool:
    borders = offsets(example.text)
    try:
        for entity in example.entities:
            align_span(borders, entity.start, entity.end)
    except AlignmentError:
        return False
    return True
