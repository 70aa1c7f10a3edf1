"""Texts longer than the encoder reads: windows that overlap, and one set of entities out of all windows.

The rule: an entity counts as found in the window that sees it farthest from a cut, and not at all when the
window that sees it best did not find it. Devlin et al. chose answers in long passages so ("maximum context").
Pure functions; windows are of tokens when they are made and of characters when they are joined.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass

from nlu.types import EntitySpan

_BORDER = 1 << 60  # the distance to a cut where there is none


@dataclass(frozen=True, slots=True)
class WindowEntities:
    """What was found in the characters ``[start, end)``; offsets are those of the whole text."""

    start: int
    end: int
    entities: tuple[EntitySpan, ...]


def split_windows(word_ids: Sequence[int | None], *, max_tokens: int, overlap: int) -> list[tuple[int, int]]:
    """Cut a text into windows between words; a word longer than a window is cut itself.

    Args:
        word_ids: number of the word of every token, without special tokens.
        max_tokens: most tokens of a window.
        overlap: tokens that neighbours share, at least, if words allow it; less than `max_tokens`.

    Returns:
        Token ranges ``[start, end)`` from left to right; the first begins at 0, the last ends with the text.
    """
    windows: list[tuple[int, int]] = []
    start = 0
    while True:
        end = min(start + max_tokens, len(word_ids))
        if end < len(word_ids):
            end = _start_of_word(word_ids, end, after=start)
        windows.append((start, end))
        if end == len(word_ids):
            return windows
        start = _start_of_word(word_ids, max(end - overlap, start + 1), after=start)


def join_windows(windows: Sequence[WindowEntities]) -> tuple[EntitySpan, ...]:
    """Choose among the entities of windows that overlap; the result does not overlap and is in order.

    Args:
        windows: from left to right; the first begins and the last ends with the text.
    """
    if len(windows) == 1:
        return windows[0].entities
    distances = [
        (-_distance(windows, number, span), number, span)
        for number, window in enumerate(windows)
        for span in window.entities
        if _sees_best(windows, number, span)
    ]
    chosen: list[tuple[int, int, EntitySpan]] = []
    for _, _, span in sorted(distances, key=lambda found: (found[0], found[2].start, found[1])):
        place = bisect_left(chosen, span.start, key=lambda one: one[0])
        begins_free = place == 0 or chosen[place - 1][1] <= span.start
        ends_free = place == len(chosen) or span.end <= chosen[place][0]
        if begins_free and ends_free:
            insort(chosen, (span.start, span.end, span), key=lambda one: one[0])
    return tuple(span for _, _, span in chosen)


def _start_of_word(word_ids: Sequence[int | None], position: int, *, after: int) -> int:
    """Step back to the first token of the word at `position`, unless that word fills all from `after` on."""
    start = position
    while start > after and word_ids[start] == word_ids[start - 1]:
        start -= 1
    return start if start > after else position


def _sees_best(windows: Sequence[WindowEntities], number: int, span: EntitySpan) -> bool:
    """Say whether no other window that holds the span sees it farther from a cut; the first wins ties."""
    own = _distance(windows, number, span)
    for other, window in enumerate(windows):
        holds = other != number and window.start <= span.start and span.end <= window.end
        if holds and (_distance(windows, other, span), -other) > (own, -number):
            return False
    return True


def _distance(windows: Sequence[WindowEntities], number: int, span: EntitySpan) -> int:
    """Count the characters between a span and the nearest cut of its window."""
    left = span.start - windows[number].start if number else _BORDER
    right = windows[number].end - span.end if number < len(windows) - 1 else _BORDER
    return min(left, right)
