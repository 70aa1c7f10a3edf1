"""Spans of tokens: alignment of characters with tokens, and the best set of spans that do not overlap.

Pure functions over numbers; they know no text, tokenizer or model. Token spans are half-open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


class AlignmentError(Exception):
    """A span of characters whose ends are not borders of tokens."""


@dataclass(frozen=True, slots=True)
class TokenSpan:
    """Tokens ``[start, end)`` with the number of their label and the gain over leaving them unlabelled."""

    start: int
    end: int
    label: int
    gain: float


def align_span(offsets: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    """Find the tokens ``[first, last)`` that cover exactly the characters ``[start, end)``.

    Args:
        offsets: character borders of each token, in order; tokens without characters have ``start == end``.
            Several tokens may share one character: all of them belong to the span.
        start: first character.
        end: character after the last.

    Raises:
        AlignmentError: no token begins at `start` or none ends at `end`, be it that the text was cut.
    """
    words = [(i, begin, stop) for i, (begin, stop) in enumerate(offsets) if stop > begin]
    first = next((i for i, begin, _ in words if begin == start), None)
    last = next((i for i, _, stop in reversed(words) if stop == end), None)
    if first is None or last is None or last < first:
        where = f"start {start}" if first is None else f"end {end}"
        read = words[-1][2] if words else 0
        why = f"lies behind the {read} characters that are read" if end > read else "is no border of a token"
        raise AlignmentError(f"got a span [{start}, {end}) whose {where} {why}")
    return first, last + 1


def border_masks(offsets: Sequence[tuple[int, int]]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Mark the tokens that a span may begin and end at: none of them splits a character with its neighbour.

    Args:
        offsets: character borders of neighbouring tokens, at least one.

    Returns:
        Two masks of ``(tokens,)``.
    """
    begins, ends = np.asarray(offsets, dtype=np.int64).reshape(-1, 2).T
    is_border = np.concatenate([[True], begins[1:] >= ends[:-1], [True]])
    has_characters = ends > begins
    return is_border[:-1] & has_characters, is_border[1:] & has_characters


def decode_spans(gains: NDArray[np.float32]) -> list[TokenSpan]:
    """Choose the set of spans that do not overlap with the greatest sum of gains.

    A segment without label has gain 0, so only spans with a positive gain are candidates; spans may have any
    width. Dynamic programming over the token borders, as in semi-Markov decoding (Sarawagi and Cohen, 2004,
    "Semi-Markov Conditional Random Fields for Information Extraction", section 3.2).

    Args:
        gains: ``(labels, tokens, tokens)`` log-odds of a label over no label for the span from the token of
            the second axis to the token of the third, both included; below the diagonal it is ignored.

    Returns:
        The spans from left to right.
    """
    num_labels, num_tokens, _ = gains.shape
    if num_labels == 0 or num_tokens == 0:
        return []
    best_label = gains.argmax(axis=0)  # (tokens, tokens)
    best_gain = np.triu(gains.max(axis=0))  # (tokens, tokens), 0 below the diagonal
    ending_at: dict[int, list[TokenSpan]] = {}
    for start, last in np.argwhere(best_gain > 0).tolist():
        span = TokenSpan(start, last + 1, int(best_label[start, last]), float(best_gain[start, last]))
        ending_at.setdefault(span.end, []).append(span)
    return _best_segmentation(ending_at, num_tokens) if ending_at else []


def _best_segmentation(ending_at: dict[int, list[TokenSpan]], num_tokens: int) -> list[TokenSpan]:
    best = [0.0] * (num_tokens + 1)
    chosen: list[TokenSpan | None] = [None] * (num_tokens + 1)
    for border in range(1, num_tokens + 1):
        best[border] = best[border - 1]
        for span in ending_at.get(border, ()):
            gain = best[span.start] + span.gain
            if gain > best[border]:
                best[border], chosen[border] = gain, span
    spans: list[TokenSpan] = []
    border = num_tokens
    while border > 0:
        span_here = chosen[border]
        if span_here is None:
            border -= 1
        else:
            spans.append(span_here)
            border = span_here.start
    return spans[::-1]
