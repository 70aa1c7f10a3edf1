from __future__ import annotations

import pytest

from nlu.patterns import Lookup, PatternError, PatternSet

OFFSETS = ((0, 0), (0, 5), (6, 8), (8, 9), (9, 14), (0, 0))  # [CLS] order FH - 10482 [SEP]


def test_features_flag_where_a_match_begins_ends_and_what_it_covers() -> None:
    patterns = PatternSet.compile({"order_number": (r"fh-?\d{5}",)}, {})

    flags = patterns.features("order FH-10482", OFFSETS)

    assert flags.tolist() == [[0, 0, 0], [0, 0, 0], [1, 0, 1], [0, 0, 1], [0, 1, 1], [0, 0, 0]]


def test_lookup_finds_the_longest_known_value_whatever_its_case() -> None:
    lookup = PatternSet.compile({}, {"product": ("coat", "rain coat")}).lookups[0]

    assert list(lookup.matches("a Rain  COAT and a coat")) == [(2, 12), (19, 23)]


def test_lookup_does_not_match_inside_a_word() -> None:
    lookup = PatternSet.compile({}, {"product": ("hat",)}).lookups[0]

    assert list(lookup.matches("what is that")) == []


def test_lookup_without_words_matches_nothing() -> None:
    assert PatternSet.compile({}, {"empty": (" ",)}).lookups == (Lookup(frozenset(), 0),)


def test_wrong_regex_is_an_error_that_names_it() -> None:
    with pytest.raises(PatternError, match=r"regex 'code': got '\('"):
        PatternSet.compile({"code": ("(",)}, {})


def test_patterns_are_numbered_by_name() -> None:
    first = PatternSet.compile({"b": ("x",), "a": ("y",)}, {})
    second = PatternSet.compile({"a": ("y",), "b": ("x",)}, {})

    assert first == second
    assert first.num_features == 6
