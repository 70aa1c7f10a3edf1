"""Regular expressions and lookup tables of a bot, as features of tokens.

A match does not make an entity: the span head learns how far to trust each pattern, so an order number that
nobody trained on is still found, and a lookup word in another sense is not.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlu.text import normalise_text

FLAGS_PER_PATTERN = 3
"""A match begins at the token, ends at it, covers it."""

_WORD = re.compile(r"[\w\u0300-\u036f]+|[^\w\s]")
_END = ""  # no word is empty

Trie = dict[str, "Trie"]
"""The words that may follow; the key `_END` says that a value may end here."""

Word = tuple[int, int, str]
"""First character, character after the last, and the word as it is compared."""


class PatternError(Exception):
    """A regular expression that cannot be compiled."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Known values as a tree of normalised words."""

    values: Trie

    def matches(self, text: str) -> Iterator[tuple[int, int]]:
        """Give the character spans of all known values in `text`, from left to right the longest."""
        return self.matches_of_words(_words(text))

    def matches_of_words(self, words: Sequence[Word]) -> Iterator[tuple[int, int]]:
        """Give the matches in a text that is already split."""
        first = 0
        while first < len(words):
            length = self._longest_value(words, first)
            if length:
                yield words[first][0], words[first + length - 1][1]
            first += max(1, length)

    def _longest_value(self, words: Sequence[Word], first: int) -> int:
        node, longest = self.values, 0
        for place in range(first, len(words)):
            following = node.get(words[place][2])
            if following is None:
                break
            node = following
            if _END in node:
                longest = place - first + 1
        return longest


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

        Args:
            text: the utterance.
            offsets: character borders of the tokens, in order; ``(0, 0)`` for special tokens.

        Returns:
            ``(tokens, num_features)`` float32 of zeros and ones.
        """
        flags = np.zeros((len(offsets), self.num_features), dtype=np.float32)
        places = [place for place, (begin, stop) in enumerate(offsets) if begin < stop]
        begins, stops = [offsets[place][0] for place in places], [offsets[place][1] for place in places]
        for number, (start, end) in self._matches(text):
            first, after = bisect_right(stops, start), bisect_left(begins, end)
            column = FLAGS_PER_PATTERN * number
            for token in range(first, after):
                row = flags[places[token]]
                row[column] = max(row[column], begins[token] <= start)
                row[column + 1] = max(row[column + 1], stops[token] >= end)
                row[column + 2] = 1.0
        return flags

    def _matches(self, text: str) -> Iterator[tuple[int, tuple[int, int]]]:
        """Give the number of a pattern and the span of a match; a match of nothing says nothing."""
        for number, group in enumerate(self.regexes):
            for regex in group:
                spans = (match.span() for match in regex.finditer(text))
                yield from ((number, (start, end)) for start, end in spans if start < end)
        words = _words(text) if self.lookups else []
        for number, lookup in enumerate(self.lookups, start=len(self.regexes)):
            yield from ((number, span) for span in lookup.matches_of_words(words))


def _words(text: str) -> list[Word]:
    return [(match.start(), match.end(), normalise_text(match[0])) for match in _WORD.finditer(text)]


def _compile_regexes(name: str, sources: Sequence[str]) -> tuple[re.Pattern[str], ...]:
    try:
        return tuple(re.compile(source, re.IGNORECASE) for source in sources)
    except re.error as error:
        problem = f"regex '{name}': got '{error.pattern!s}', expected a Python regular expression: {error}"
        raise PatternError(problem) from error


def _compile_lookup(values: Sequence[str]) -> Lookup:
    root: Trie = {}
    for value in values:
        node = root
        for _, _, word in _words(value):
            node = node.setdefault(word, {})
        if node is not root:
            node[_END] = {}
    return Lookup(root)
