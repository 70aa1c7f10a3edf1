"""Strings that both databases can keep: no NUL, no half of a surrogate pair, and bounded where indexed."""

from __future__ import annotations

import re

from app.dialogue.errors import InvalidInputError

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MAX_ID_CHARS = 200


def storable(text: str) -> str:
    """Replace what a database refuses by U+FFFD; the length stays."""
    return _UNSTORABLE.sub("\ufffd", text)


def check_id(value: str, what: str) -> str:
    """Give an id from outside back unchanged.

    Raises:
        InvalidInputError: it is empty, too long, or holds characters that no id has.
    """
    if not value or len(value) > _MAX_ID_CHARS or not value.isprintable() or _UNSTORABLE.search(value):
        got = f"{len(value)} characters" if len(value) > _MAX_ID_CHARS else repr(value)
        raise InvalidInputError(f"{what}: got {got}, expected 1 to {_MAX_ID_CHARS} printable characters")
    return value
