from __future__ import annotations

import pytest

from nlu.patterns import Lookup, PatternError, PatternSet, Trie

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
    assert PatternSet.compile({}, {"empty": (" ",)}).lookups == (Lookup({}),)


def test_wrong_regex_is_an_error_that_names_it() -> None:
    with pytest.raises(PatternError, match=r"regex 'code': got '\('"):
        PatternSet.compile({"code": ("(",)}, {})


def test_patterns_are_numbered_by_name() -> None:
    first = PatternSet.compile({"b": ("x",), "a": ("y",)}, {})
    second = PatternSet.compile({"a": ("y",), "b": ("x",)}, {})

    assert first == second
    assert first.num_features == 6


def test_words_of_a_lookup_are_found_however_their_accents_are_written() -> None:
    lookup = PatternSet.compile({}, {"food": ("cr\u00e8me br\u00fbl\u00e9e",)}).lookups[0]

    assert list(lookup.matches("a cre\u0300me bru\u0302le\u0301e!")) == [(2, 17)]


def test_a_shorter_value_counts_where_a_longer_one_breaks_off() -> None:
    lookup = PatternSet.compile({}, {"city": ("new york city hall", "new york")}).lookups[0]

    assert list(lookup.matches("new york city is new")) == [(0, 8)]


def test_a_match_of_nothing_is_no_feature() -> None:
    patterns = PatternSet.compile({"maybe": ("x*",)}, {})

    assert not patterns.features("order FH-10482", OFFSETS).any()


def test_tokens_that_share_a_character_are_flagged_alike() -> None:
    patterns = PatternSet.compile({"smile": ("🙂",)}, {})

    flags = patterns.features("a 🙂", ((0, 0), (0, 1), (2, 3), (2, 3), (0, 0)))

    assert flags[2:4].tolist() == [[1, 1, 1], [1, 1, 1]]


def test_features_look_at_each_word_of_a_long_lookup_a_bounded_number_of_times() -> None:
    values = tuple(f"a {'b ' * length}c" for length in range(40))
    lookup = PatternSet.compile({}, {"long": values}).lookups[0]
    looked_up: list[str] = []
    text = "a b b b " * 500

    assert list(Lookup(_counting(lookup.values, looked_up)).matches(text)) == []
    assert len(looked_up) <= 3 * len(text.split())


def _counting(trie: Trie, looked_up: list[str]) -> Trie:
    """Copy a tree that notes every word that is looked up in it."""

    class Counting(dict[str, Trie]):
        def get(self, key: str, default: object = None) -> object:  # type: ignore[override]
            looked_up.append(key)
            return super().get(key, default)  # type: ignore[arg-type]

    return Counting({word: _counting(node, looked_up) for word, node in trie.items()})
