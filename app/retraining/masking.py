"""Masks personal data in customers' words, letter for letter, so that offsets stay and the shape remains."""

from __future__ import annotations

import re
from collections.abc import Iterable

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# Nine digits or more, as in telephone, card and account numbers; order numbers and dates are shorter.
_LONG_NUMBER = re.compile(r"\d(?:[ ./-]?\d){8,}")
_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"\d")


def mask_personal_data(text: str, *, keep: Iterable[tuple[int, int]] = ()) -> str:
    """Replace the letters of e-mail addresses by ``x`` and the digits of long numbers by ``0``.

    Args:
        text: what a customer wrote.
        keep: spans ``[start, end)`` that stay as they are: annotated entities, which the model must learn.

    Returns:
        A text of the same length.
    """
    masked = _EMAIL.sub(lambda found: _DIGIT.sub("0", _LETTER.sub("x", found.group())), text)
    masked = _LONG_NUMBER.sub(lambda found: _DIGIT.sub("0", found.group()), masked)
    for start, end in keep:
        masked = masked[:start] + text[start:end] + masked[end:]
    return masked
