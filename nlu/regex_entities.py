"""Entities that are found by their regular expressions and lookup tables, for bots that ask for it.

To the model patterns are features, see `nlu.patterns`; what it finds goes before what only a pattern finds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nlu.patterns import PatternSet
from nlu.types import EntitySpan

EXTRACTOR = "RegexEntityExtractor"


@dataclass(frozen=True, slots=True)
class RegexEntities:
    """The patterns that are named like entities; `names` in the order of their numbers."""

    names: tuple[str, ...]
    patterns: PatternSet

    @classmethod
    def compile(
        cls,
        entities: Collection[str],
        regexes: Mapping[str, Sequence[str]],
        lookups: Mapping[str, Sequence[str]],
    ) -> RegexEntities:
        """Take the patterns that are named like one of `entities`.

        Raises:
            PatternError: a regular expression is wrong.
        """
        own_regexes = {name: regexes[name] for name in sorted(regexes) if name in entities}
        own_lookups = {name: lookups[name] for name in sorted(lookups) if name in entities}
        return cls((*own_regexes, *own_lookups), PatternSet.compile(own_regexes, own_lookups))

    def added(
        self, text: str, found: Sequence[EntitySpan], synonyms: Mapping[str, str]
    ) -> tuple[EntitySpan, ...]:
        """Give `found` and every match beside it, the longest of matches that overlap, in their order."""
        spans = list(found)
        matches = sorted(self._matches(text), key=lambda match: match[1] - match[2])
        for name, start, end in matches:
            if start < end and all(end <= span.start or span.end <= start for span in spans):
                said = text[start:end]
                value = synonyms.get(said.lower(), said)
                spans.append(EntitySpan(start, end, name, said, value, 1.0, extractor=EXTRACTOR))
        return tuple(sorted(spans, key=lambda span: span.start))

    def _matches(self, text: str) -> Iterator[tuple[str, int, int]]:
        regexes, lookups = self.patterns.regexes, self.patterns.lookups
        for name, group in zip(self.names, regexes, strict=False):  # lookup tables have the names after
            yield from ((name, *match.span()) for regex in group for match in regex.finditer(text))
        for name, lookup in zip(self.names[len(regexes) :], lookups, strict=True):
            yield from ((name, *span) for span in lookup.matches(text))
