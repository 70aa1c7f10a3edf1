r"""What counts as text from outside: no NUL, no lone surrogates; refused, never silently changed.

JSON can carry both (``"\u0000"``, ``"\ud800"``), databases and tokenizers cannot.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator


def is_storable(text: str) -> bool:
    """Say whether every database and tokenizer can take `text`."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return "\x00" not in text


def check_text(text: str) -> str:
    """Give `text` back.

    Raises:
        ValueError: it holds a NUL character or a lone surrogate.
    """
    if not is_storable(text):
        raise ValueError("text holds a NUL character or a lone surrogate; send valid Unicode without NUL")
    return text


def check_json(value: Any) -> Any:
    """Check all strings of a JSON value.

    Raises:
        ValueError: a key or value holds a NUL character or a lone surrogate.
    """
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            check_text(key)
            check_json(item)
    elif isinstance(value, list):
        for item in value:
            check_json(item)
    return value


Text = Annotated[str, AfterValidator(check_text)]
JsonObject = Annotated[dict[str, Any], AfterValidator(check_json)]
