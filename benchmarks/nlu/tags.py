"""Tags per token turned into spans; the same rule reads IOB1 and IOB2.

A span begins at a ``B-`` tag and wherever the type differs from the tag before: Tjong Kim Sang and De
Meulder 2003, "Introduction to the CoNLL-2003 Shared Task", section 2.1.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.nlu.data import annotate
from nlu.types import EntityAnnotation

OUTSIDE = "O"


def tags_to_spans(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """Give ``(first token, token after the last, type)`` of every span, from left to right."""
    spans: list[tuple[int, int, str]] = []
    before = OUTSIDE
    for position, tag in enumerate(tags):
        kind = _kind(tag)
        if kind and (tag.startswith("B-") or kind != _kind(before)):
            spans.append((position, position + 1, kind))
        elif kind:
            spans[-1] = (spans[-1][0], position + 1, kind)
        before = tag
    return spans


def join_tokens(tokens: Sequence[str], *, start: int = 0) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Join tokens by single blanks; gives the text and the borders of each token, counted from `start`."""
    borders = []
    for token in tokens:
        borders.append((start, start + len(token)))
        start += len(token) + 1
    return " ".join(tokens), tuple(borders)


def tagged_annotations(
    text: str, borders: Sequence[tuple[int, int]], tags: Sequence[str]
) -> tuple[EntityAnnotation, ...]:
    """Annotate `text`, whose tokens have the given borders and tags."""
    return tuple(
        annotate(text, borders[first][0], borders[after - 1][1], kind)
        for first, after, kind in tags_to_spans(tags)
    )


def _kind(tag: str) -> str:
    return "" if tag == OUTSIDE else tag[2:]
