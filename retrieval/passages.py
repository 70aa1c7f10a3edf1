"""Cuts a help text into pieces that an encoder reads whole; pure.

A piece is a paragraph with the headings above it, or a part of a paragraph that is too long, cut between
sentences. The offsets are those of the text, so that a piece is always exactly what stands there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_WORDS = 150  # of a piece: some 200 tokens, well below the 512 of an encoder, question included

_BLOCK = re.compile(r"\S(?:.*?\S)??(?=\s*\Z|[^\S\n]*\n\s*\n)", re.DOTALL)
_HEADING = re.compile(r"#{1,6}\s[^\n]*\Z")
_WORD = re.compile(r"\S+")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"')\]»”]*\Z")


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a text, ``text[start:end]``; it neither begins nor ends with white space."""

    start: int
    end: int


def cut_passages(text: str, *, max_words: int = MAX_WORDS) -> list[Passage]:
    """Cut `text` into pieces of at most `max_words` words that hold all its words in their order.

    A heading never stands alone unless nothing follows it.
    """
    pieces: list[Passage] = []
    start: int | None = None  # of the headings that wait for their paragraph
    for block in _BLOCK.finditer(text):
        start = block.start() if start is None else start
        if _HEADING.match(block.group()):
            continue
        pieces += _cut_long(text, start, block.end(), max_words)
        start = None
    if start is not None:
        pieces += _cut_long(text, start, len(text.rstrip()), max_words)
    return pieces


def _cut_long(text: str, start: int, end: int, max_words: int) -> Iterator[Passage]:
    """Cut behind the last sentence that fits, or behind the last word where a sentence is too long."""
    words = [(word.start(), word.end()) for word in _WORD.finditer(text, start, end)]
    first = 0
    while len(words) - first > max_words:
        fitting = range(first + max_words, first, -1)
        ends = (behind for behind in fitting if _SENTENCE_END.search(text, *words[behind - 1]))
        behind = next(ends, first + max_words)
        yield Passage(words[first][0], words[behind - 1][1])
        first = behind
    yield Passage(words[first][0], words[-1][1])
