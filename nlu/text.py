"""Text as understanding sees it: comparison keys, readable input and the casing of words.

Nothing here moves an offset: what changes the length of a text is only ever used as a key for comparison.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from enum import IntEnum

_JOINERS = "\u200c\u200d"


class Casing(IntEnum):
    """How a word is written; an uncased encoder sees it as a learned feature."""

    NONE = 0
    LOWER = 1
    TITLE = 2
    UPPER = 3
    MIXED = 4
    DIGITS = 5
    LETTERS_AND_DIGITS = 6


NUM_SIGNS = 136
"""Signs that `spell` tells apart; 0 is none."""

SPELLING_LENGTH = 24
"""Signs that are kept of a word, its borders included; of a longer one the beginning and the end."""

_BEGIN, _END, _UPPER, _LOWER, _DIGIT, _OTHER = range(129, 135)


def normalise_text(text: str) -> str:
    """Give the key under which two spellings of one text are the same: NFKC, case-folded, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def readable_text(text: str) -> str:
    """Replace lone surrogates, which no tokenizer reads, one for one; offsets stay."""
    if text.isascii():
        return text
    return "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in text)


def with_marks(text: str, offsets: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Let every token end after the marks and joiners that belong to its last character.

    Tokenizers drop accents that are characters of their own, variation selectors and joiners; without them a
    slice of the text would end in the middle of what a reader sees as one character.

    Args:
        text: what was tokenised.
        offsets: character borders of the tokens, in order; tokens without characters have ``start == end``.
    """
    if text.isascii():
        return tuple(offsets)
    extended: list[tuple[int, int]] = []
    limit = following = len(text)
    for start, end in reversed(offsets):
        if start < end:
            limit = following if following >= end else limit  # tokens may share a character
            following = start
            while end < limit and _belongs_to_character_before(text[end]):
                end += 1
        extended.append((start, end))
    return tuple(reversed(extended))


def casing_of(word: str) -> Casing:
    """Classify how `word` is written; one capital letter alone counts as a title."""
    if not word.isascii():
        word = unicodedata.normalize("NFC", word)  # an accent of its own would end the word for istitle
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


def _belongs_to_character_before(char: str) -> bool:
    """Say whether `char` is a mark (accent, vowel point, variation selector) or a zero-width joiner."""
    return char in _JOINERS or unicodedata.category(char).startswith("M")


def spell(word: str) -> tuple[int, ...]:
    """Give the signs of a word between two border signs: each ASCII character, of others only their kind."""
    half = (SPELLING_LENGTH - 2) // 2
    kept = word if len(word) <= 2 * half else word[:half] + word[-half:]
    return (_BEGIN, *map(_sign, kept), _END)


def _sign(letter: str) -> int:
    if letter.isascii():
        return ord(letter) + 1
    if letter.isalpha():
        return _UPPER if letter.isupper() else _LOWER
    return _DIGIT if letter.isdigit() else _OTHER
