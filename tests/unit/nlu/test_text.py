from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.text import (
    NUM_SIGNS,
    SPELLING_LENGTH,
    Casing,
    casing_of,
    normalise_text,
    readable_text,
    spell,
    with_marks,
)


@pytest.mark.parametrize(
    ("word", "casing"),
    [
        ("shirt", Casing.LOWER),
        ("Leeds", Casing.TITLE),
        ("A", Casing.TITLE),
        ("XL", Casing.UPPER),
        ("iPhone", Casing.MIXED),
        ("10482", Casing.DIGITS),
        ("fh10482", Casing.LETTERS_AND_DIGITS),
        ("-", Casing.NONE),
        ("", Casing.NONE),
        ("E\u0301cole", Casing.TITLE),
        ("E\u0301COLE", Casing.UPPER),
    ],
)
def test_casing_of_names_how_a_word_is_written(word: str, casing: Casing) -> None:
    assert casing_of(word) is casing


@pytest.mark.parametrize("other", ["Where  is it?", " where is it? ", "WHERE\tIS IT?", "where is it\uff1f"])
def test_normalise_text_gives_one_key_for_one_text(other: str) -> None:
    assert normalise_text(other) == normalise_text("where is it?")


def test_normalise_text_keeps_different_words_apart() -> None:
    assert normalise_text("size 9") != normalise_text("size 8")


@given(st.text(alphabet=st.characters(codec=None), max_size=30))
def test_readable_text_keeps_every_offset(text: str) -> None:
    readable = readable_text(text)

    assert len(readable) == len(text)
    assert readable.encode("utf-8").decode("utf-8") == readable


def test_readable_text_replaces_a_lone_surrogate() -> None:
    assert readable_text("a\ud83db") == "a\ufffdb"


@pytest.mark.parametrize(
    ("text", "offsets", "extended"),
    [
        ("cafe\u0301 x", ((0, 4), (6, 7)), ((0, 5), (6, 7))),
        ("e\u0301t", ((0, 1), (2, 3)), ((0, 2), (2, 3))),
        ("e\u0301", ((0, 1), (1, 2)), ((0, 1), (1, 2))),
        ("❤\ufe0f\u200d!", ((0, 1), (3, 4)), ((0, 3), (3, 4))),
        ("한\u0301b", ((0, 1), (0, 1), (2, 3)), ((0, 2), (0, 2), (2, 3))),
        ("a\u0301", ((0, 0), (0, 1), (0, 0)), ((0, 0), (0, 2), (0, 0))),
        ("ab \u0301", ((0, 2),), ((0, 2),)),
    ],
    ids=["end", "inside", "token of its own", "emoji", "shared character", "special tokens", "after a blank"],
)
def test_tokens_end_after_the_marks_of_their_last_character(
    text: str, offsets: tuple[tuple[int, int], ...], extended: tuple[tuple[int, int], ...]
) -> None:
    assert with_marks(text, offsets) == extended


def test_spell_gives_every_ascii_character_a_sign_of_its_own() -> None:
    signs = {spell(chr(code))[1] for code in range(128)}

    assert len(signs) == 128
    assert spell("aA-9")[1:-1] == tuple(spell(letter)[1] for letter in "aA-9")


def test_spell_marks_the_borders_of_a_word() -> None:
    begin, end = spell("")

    assert begin != end
    assert (spell("hat")[0], spell("hat")[-1]) == (begin, end)
    assert not {begin, end} & set(spell("hat")[1:-1])


@pytest.mark.parametrize("alike", ["éü", "ÉÖ", "٣४", "€🙂"], ids=["lower", "upper", "digits", "others"])
def test_spell_tells_only_the_kind_of_other_characters(alike: str) -> None:
    one, other = spell(alike)[1:-1]

    assert one == other


def test_spell_keeps_the_kinds_of_other_characters_apart() -> None:
    kinds = spell("éÉ٣€")[1:-1]

    assert len(set(kinds)) == 4
    assert not set(kinds) & {spell(chr(code))[1] for code in range(128)}


def test_spell_keeps_the_beginning_and_the_end_of_a_long_word() -> None:
    word = "abcdefghijk" + "x" * 50 + "lmnopqrstuv"

    assert spell(word) == spell("abcdefghijklmnopqrstuv")
    assert len(spell(word)) == SPELLING_LENGTH


@given(st.text(alphabet=st.characters(codec=None), max_size=60))
def test_signs_of_any_word_fit_the_table_and_the_row(word: str) -> None:
    signs = spell(word)

    assert 2 <= len(signs) <= SPELLING_LENGTH
    assert all(0 < sign < NUM_SIGNS for sign in signs)
