"""Text as understanding sees it: comparison keys, readable input and the casing of words.

Nothing here moves an offset: what changes the length of a text is only ever used as a key for comparison.
"""

from __future__ import annotations

import unicodedata
from enum import IntEnum


class Casing(IntEnum):
    """How a word is written; an uncased encoder sees it as a learned feature."""

    NONE = 0
    LOWER = 1
    TITLE = 2
    UPPER = 3
    MIXED = 4
    DIGITS = 5
    LETTERS_AND_DIGITS = 6


def normalise_text(text: str) -> str:
    """Give the key under which two spellings of one text are the same: NFKC, case-folded, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def readable_text(text: str) -> str:
    """Replace lone surrogates, which no tokenizer reads, one for one; offsets stay."""
    if text.isascii():
        return text
    return "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in text)


def casing_of(word: str) -> Casing:
    """Classify how `word` is written; one capital letter alone counts as a title."""
    has_digit = any(letter.isdigit() for letter in word)
    has_letter = any(letter.isalpha() for letter in word)
    if not has_letter:
        return Casing.DIGITS if has_digit else Casing.NONE
    if has_digit:
        return Casing.LETTERS_AND_DIGITS
    if word.istitle():
        return Casing.TITLE
    if word.isupper():
        return Casing.UPPER
    return Casing.LOWER if word == word.lower() else Casing.MIXED
