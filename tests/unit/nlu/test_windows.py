from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from nlu.types import EntitySpan
from nlu.windows import WindowEntities, join_windows, split_windows


def words(*lengths: int) -> list[int | None]:
    return [word for word, length in enumerate(lengths) for _ in range(length)]


def span(start: int, end: int, entity: str = "e") -> EntitySpan:
    return EntitySpan(start, end, entity, "x" * (end - start), "x", 0.9)


def test_a_text_that_fits_is_one_window() -> None:
    assert split_windows(words(2, 3), max_tokens=5, overlap=1) == [(0, 5)]


def test_a_text_without_tokens_is_one_empty_window() -> None:
    assert split_windows([], max_tokens=5, overlap=1) == [(0, 0)]


def test_windows_are_cut_between_words_and_overlap() -> None:
    assert split_windows(words(2, 2, 3, 2, 2), max_tokens=8, overlap=2) == [(0, 7), (4, 11)]


def test_a_word_longer_than_a_window_is_cut_itself() -> None:
    assert split_windows(words(1, 9), max_tokens=4, overlap=1) == [(0, 1), (1, 5), (4, 8), (7, 10)]


@given(
    st.lists(st.integers(1, 12), max_size=40),
    st.integers(2, 20).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1))),
)
def test_windows_cover_every_token_and_move_on(lengths: list[int], sizes: tuple[int, int]) -> None:
    word_ids = words(*lengths)

    windows = split_windows(word_ids, max_tokens=sizes[0], overlap=sizes[1])

    assert windows[0][0] == 0
    assert windows[-1][1] == len(word_ids)
    assert all(end - start <= sizes[0] for start, end in windows)
    for left, right in pairwise(windows):
        assert left[0] < right[0] <= left[1] <= right[1]


def test_a_span_counts_in_the_window_that_sees_it_farther_from_a_cut() -> None:
    near_cut, far = span(80, 88, "cut"), span(80, 88, "far")
    windows = [WindowEntities(0, 90, (near_cut,)), WindowEntities(60, 200, (far,))]

    assert join_windows(windows) == (far,)


def test_a_span_that_the_better_window_does_not_find_does_not_count() -> None:
    windows = [WindowEntities(0, 90, (span(80, 88),)), WindowEntities(60, 200, ())]

    assert join_windows(windows) == ()


def test_half_a_span_gives_way_to_the_whole() -> None:
    half, whole = span(60, 64), span(50, 64)
    windows = [WindowEntities(0, 90, (whole,)), WindowEntities(60, 200, (half,))]

    assert join_windows(windows) == (whole,)


def test_the_ends_of_the_text_are_no_cuts() -> None:
    first, last = span(0, 4), span(196, 200)
    windows = [WindowEntities(0, 90, (first,)), WindowEntities(60, 200, (last,))]

    assert join_windows(windows) == (first, last)


def test_a_tie_goes_to_the_first_window() -> None:
    left, right = span(70, 80, "left"), span(70, 80, "right")

    assert join_windows([WindowEntities(0, 90, (left,)), WindowEntities(60, 150, (right,))]) == (left,)


def test_one_window_is_taken_as_it_is() -> None:
    found = (span(3, 4), span(5, 9))

    assert join_windows([WindowEntities(0, 9, found)]) == found


_FOUND = st.lists(st.tuples(st.integers(0, 19), st.integers(1, 8)), max_size=6)


@given(st.lists(_FOUND, min_size=1, max_size=5))
def test_joined_spans_are_in_order_and_never_overlap(found: list[list[tuple[int, int]]]) -> None:
    windows = [
        WindowEntities(
            10 * n, 10 * n + 20, tuple(span(10 * n + s, min(10 * n + s + w, 10 * n + 20)) for s, w in spans)
        )
        for n, spans in enumerate(found)
        if n or len(found) > 1
    ] or [WindowEntities(0, 20, ())]

    joined = join_windows(windows)

    assert all(left.end <= right.start for left, right in pairwise(joined))
