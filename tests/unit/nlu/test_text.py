from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.text import Casing, casing_of, normalise_text, readable_text


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
