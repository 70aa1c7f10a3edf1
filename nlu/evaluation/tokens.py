"""Scores per token, as published taggers print them: every ``B-``, every ``I-`` and ``O`` is a class.

Kinder than strict spans, since most tokens are ``O`` and half a span counts half. Tags are IOB2: Tjong Kim
Sang and Veenstra 1999, "Representing Text Chunks", section 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nlu.evaluation.metrics import Averages, Score, average_scores, label_scores
from nlu.types import EntityAnnotation, EntitySpan, Example, ParsedUtterance

Tokens = Sequence[tuple[int, int]]
"""Characters ``[start, end)`` of the tokens of one text, in order."""

OUTSIDE = "O"


@dataclass(frozen=True, slots=True)
class TokenReport:
    """Score per tag, ``O`` included, and their averages; the micro average is the share of right tokens."""

    tags: dict[str, Score]
    averages: Averages


def token_report(
    examples: Sequence[Example], parsed: Sequence[ParsedUtterance], tokens: Sequence[Tokens]
) -> TokenReport:
    """Compare tags token by token; the three sequences are in the same order.

    Tokens are those of the data set, not of the model; a span that cuts a token takes the whole token.
    """
    true: list[frozenset[str]] = []
    predicted: list[frozenset[str]] = []
    for example, one, borders in zip(examples, parsed, tokens, strict=True):
        true += [frozenset({tag}) for tag in token_tags(example.entities, borders)]
        predicted += [frozenset({tag}) for tag in token_tags(one.entities, borders)]
    overall, tags = label_scores(true, predicted)
    return TokenReport(tags, average_scores(overall, tags))


def token_tags(spans: Iterable[EntityAnnotation | EntitySpan], tokens: Tokens) -> list[str]:
    """Tag every token with the entity of the span that it overlaps; of two spans the first one wins."""
    tags = [OUTSIDE] * len(tokens)
    for span in sorted(spans, key=lambda one: (one.start, one.end)):
        free = [
            position
            for position, (start, end) in enumerate(tokens)
            if start < span.end and span.start < end and tags[position] == OUTSIDE
        ]
        for position in free:
            tags[position] = f"{'B' if position == free[0] else 'I'}-{span.entity}"
    return tags
