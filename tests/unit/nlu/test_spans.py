from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from nlu.spans import AlignmentError, align_span, border_masks, decode_spans

OFFSETS = ((0, 0), (0, 2), (3, 7), (7, 8), (8, 12), (0, 0))  # [CLS] my blue - coat [SEP]


@pytest.mark.parametrize(
    ("start", "end", "tokens"),
    [(0, 2, (1, 2)), (3, 12, (2, 5)), (8, 12, (4, 5))],
    ids=["one", "many", "last"],
)
def test_align_span_finds_the_tokens_of_a_span(start: int, end: int, tokens: tuple[int, int]) -> None:
    assert align_span(OFFSETS, start, end) == tokens


@pytest.mark.parametrize(
    ("start", "end", "problem"),
    [(1, 2, "start 1"), (3, 6, "end 6"), (8, 7, "end 7"), (0, 0, "end 0"), (3, 99, "end 99")],
    ids=["inside", "inside at the end", "backwards", "empty", "beyond the text"],
)
def test_align_span_refuses_borders_inside_tokens(start: int, end: int, problem: str) -> None:
    with pytest.raises(AlignmentError, match=problem):
        align_span(OFFSETS, start, end)


SHARED = ((0, 0), (0, 1), (0, 1), (1, 2), (3, 4), (0, 0))  # one character of two tokens


@pytest.mark.parametrize(("start", "end", "tokens"), [(0, 1, (1, 3)), (0, 2, (1, 4)), (1, 4, (3, 5))])
def test_align_span_takes_all_tokens_of_a_character(start: int, end: int, tokens: tuple[int, int]) -> None:
    assert align_span(SHARED, start, end) == tokens


def test_align_span_names_how_far_a_text_was_read() -> None:
    with pytest.raises(AlignmentError, match="end 99 lies behind the 12 characters that are read"):
        align_span(OFFSETS, 3, 99)


def test_border_masks_keep_the_tokens_of_a_character_together() -> None:
    begins, ends = border_masks(SHARED[1:5])

    assert begins.tolist() == [True, False, True, True]
    assert ends.tolist() == [False, True, True, True]


def test_border_masks_refuse_a_token_without_characters() -> None:
    begins, ends = border_masks(((0, 2), (2, 2), (2, 4)))

    assert begins.tolist() == ends.tolist() == [True, False, True]


def test_decode_spans_prefers_two_good_spans_to_one_that_covers_both() -> None:
    gains = np.full((1, 4, 4), -1.0, dtype=np.float32)
    gains[0, 0, 3], gains[0, 0, 1], gains[0, 2, 3] = 3.0, 2.0, 2.0

    assert [(span.start, span.end) for span in decode_spans(gains)] == [(0, 2), (2, 4)]


def test_decode_spans_does_not_cut_a_long_span() -> None:
    gains = np.full((2, 200, 200), -1.0, dtype=np.float32)
    gains[1, 0, 199] = 0.5

    assert [(span.start, span.end, span.label) for span in decode_spans(gains)] == [(0, 200, 1)]


@pytest.mark.parametrize("shape", [(0, 3, 3), (2, 0, 0)], ids=["no labels", "no tokens"])
def test_decode_spans_of_nothing_is_nothing(shape: tuple[int, int, int]) -> None:
    assert decode_spans(np.zeros(shape, dtype=np.float32)) == []


@settings(max_examples=60, deadline=None)
@given(arrays(np.float32, (2, 5, 5), elements=st.floats(-2, 2, width=16)))
def test_decode_spans_equals_brute_force(gains: NDArray[np.float32]) -> None:
    spans = decode_spans(gains)

    total = sum(float(gains[span.label, span.start, span.end - 1]) for span in spans)
    best = max(sum(gain for _, _, gain in chosen) for chosen in _segmentations(gains, 0))
    assert total == pytest.approx(best, abs=1e-5)
    assert all(left.end <= right.start for left, right in zip(spans, spans[1:], strict=False))


def _segmentations(gains: NDArray[np.float32], start: int) -> Iterator[list[tuple[int, int, float]]]:
    """Enumerate every set of spans that do not overlap, from `start` on."""
    num_tokens = gains.shape[1]
    if start == num_tokens:
        yield []
        return
    yield from _segmentations(gains, start + 1)
    for last in range(start, num_tokens):
        gain = float(gains[:, start, last].max())
        for rest in _segmentations(gains, last + 1):
            yield [(start, last, gain), *rest]
