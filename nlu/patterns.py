"""Regular expressions and lookup tables of a bot, as features of tokens.

A match does not make an entity: the span head learns how far to trust each pattern, so an order number that
nobody trained on is still found, and a lookup word in another sense is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlu.text import normalise_text

FLAGS_PER_PATTERN = 3
"""A match begins at the token, ends at it, covers it."""

_WORD = re.compile(r"\w+|[^\w\s]")


class PatternError(Exception):
    """A regular expression that cannot be compiled."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Known values as normalised word sequences; `max_words` is the length of the longest."""

    values: frozenset[tuple[str, ...]]
    max_words: int

    def matches(self, text: str) -> Iterator[tuple[int, int]]:
        """Give the character spans of all known values in `text`, from left to right the longest."""
        words = [(match.start(), match.end(), normalise_text(match[0])) for match in _WORD.finditer(text)]
        first = 0
        while first < len(words):
            length = self._longest_value([word for _, _, word in words[first : first + self.max_words]])
            if length:
                yield words[first][0], words[first + length - 1][1]
            first += max(1, length)

    def _longest_value(self, words: Sequence[str]) -> int:
        lengths = range(len(words), 0, -1)
        return next((length for length in lengths if tuple(words[:length]) in self.values), 0)


@dataclass(frozen=True, slots=True)
class PatternSet:
    """All patterns of a bot, numbered: first the regular expressions, then the lookup tables, by name."""

    regexes: tuple[tuple[re.Pattern[str], ...], ...]
    lookups: tuple[Lookup, ...]

    @classmethod
    def compile(
        cls, regexes: Mapping[str, Sequence[str]], lookups: Mapping[str, Sequence[str]]
    ) -> PatternSet:
        """Compile patterns; letter case does not count.

        Raises:
            PatternError: a regular expression is wrong.
        """
        compiled = tuple(_compile_regexes(name, regexes[name]) for name in sorted(regexes))
        return cls(compiled, tuple(_compile_lookup(lookups[name]) for name in sorted(lookups)))

    @property
    def num_features(self) -> int:
        """Give the width of a token's feature row."""
        return FLAGS_PER_PATTERN * (len(self.regexes) + len(self.lookups))

    def features(self, text: str, offsets: Sequence[tuple[int, int]]) -> NDArray[np.float32]:
        """Flag the tokens that matches begin at, end at and cover.

        Returns:
            ``(tokens, num_features)`` float32 of zeros and ones.
        """
        flags = np.zeros((len(offsets), self.num_features), dtype=np.float32)
        for number, (start, end) in self._matches(text):
            column = FLAGS_PER_PATTERN * number
            for token, (begin, stop) in enumerate(offsets):
                if begin < end and start < stop:
                    flags[token, column] = max(flags[token, column], begin <= start)
                    flags[token, column + 1] = max(flags[token, column + 1], stop >= end)
                    flags[token, column + 2] = 1.0
        return flags

    def _matches(self, text: str) -> Iterator[tuple[int, tuple[int, int]]]:
        for number, group in enumerate(self.regexes):
            for regex in group:
                for match in regex.finditer(text):
                    yield number, match.span()
        for number, lookup in enumerate(self.lookups, start=len(self.regexes)):
            for span in lookup.matches(text):
                yield number, span


def _compile_regexes(name: str, sources: Sequence[str]) -> tuple[re.Pattern[str], ...]:
    try:
        return tuple(re.compile(source, re.IGNORECASE) for source in sources)
    except re.error as error:
        problem = f"regex '{name}': got '{error.pattern!s}', expected a Python regular expression: {error}"
        raise PatternError(problem) from error


def _compile_lookup(values: Sequence[str]) -> Lookup:
    sequences = frozenset(
        tuple(normalise_text(word) for word in _WORD.findall(value)) for value in values
    ) - {()}
    return Lookup(sequences, max(map(len, sequences), default=0))
