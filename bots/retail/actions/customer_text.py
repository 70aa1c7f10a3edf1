"""Reads order numbers, e-mail addresses, postcodes and names of things out of what customers write. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_ORDER_NUMBER = re.compile(r"(?<!\d)(?:fh)?[\s#-]*(\d{5})(?!\d)", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_POSTCODE = re.compile(
    r"""\b(?:
        [a-z]{1,2}\d[a-z\d]?\s?\d[a-z]{2}   # United Kingdom: LS6 2NX
      | [a-z]\d[\dw]\s?[a-z\d]{4}           # Ireland: D02 X285
      | [a-z]\d[a-z]\s?\d[a-z]\d            # Canada: M5V 2T6
      | \d{4}\s?[a-z]{2}                    # Netherlands: 1013 EV
      | \d{5}(?:-\d{4})?                    # United States and much of Europe: 90210
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_LEADING_WORDS = re.compile(
    r"^(?:(?:it'?s|to|at|please|the|new|address|is|now|in|send|it)\b[\s:,]*)+", re.IGNORECASE
)
_WORD = re.compile(r"[a-z0-9]+")
_EMPTY_WORDS = frozenset(
    {"the", "a", "an", "my", "one", "of", "two", "pair", "this", "that", "it", "s", "and"}
)


@dataclass(frozen=True, slots=True)
class Address:
    """An address as far as the customer gave it; parts that are missing are None."""

    street: str
    city: str | None = None
    postcode: str | None = None


def find_order_number(text: str) -> str | None:
    """Find an order number and give it as ``FH-12345``."""
    match = _ORDER_NUMBER.search(text)
    return f"FH-{match.group(1)}" if match else None


def find_email(text: str) -> str | None:
    """Find an e-mail address and give it in lower case."""
    match = _EMAIL.search(text)
    return match.group(0).rstrip(".").lower() if match else None


def find_postcode(text: str) -> str | None:
    """Find a postcode of a country that the shop sends to, in capitals as the customer spaced it."""
    match = _POSTCODE.search(text)
    return match.group(0).upper() if match else None


def is_same_postcode(one: str, other: str) -> bool:
    """Compare two postcodes without regard to case and spaces."""
    return _letters(one) == _letters(other)


def read_address(text: str) -> Address | None:
    """Take a street, and city and postcode if they are there too, from one line.

    Returns:
        None if the text cannot be an address: a question, a single word.
    """
    text = " ".join(text.split())
    if text.endswith("?") or len(text.split()) < 2 or len(text) > 200:
        return None
    postcode = _last_postcode(text)
    rest = text.replace(postcode, " ") if postcode else text
    parts = [part.strip(" .") for part in rest.split(",") if part.strip(" .")]
    if not parts:
        return None
    has_city = len(parts) > 1 and not any(char.isdigit() for char in parts[-1])
    city = parts.pop() if has_city else None
    street = _LEADING_WORDS.sub("", ", ".join(parts)).strip()
    return Address(street or parts[0], city, postcode.upper() if postcode else None)


def best_matches(wanted: str, names: Iterable[str]) -> list[str]:
    """Give the names that share most words with `wanted`, in their order; empty if none shares half of them.

    Plurals count as their singular: "trail boots" and "boot" match.
    """
    words = _words(wanted)
    if not words:
        return []
    scored = [(len(words & _words(name)) / len(words), name) for name in names]
    best = max((score for score, _ in scored), default=0.0)
    return [name for score, name in scored if score == best] if best >= 0.5 else []


def mask_email(email: str) -> str:
    """Show only so much of an e-mail address that its owner knows it: ``a…@example.com``."""
    name, _, host = email.partition("@")
    return f"{name[:1]}…@{host}"


def _last_postcode(text: str) -> str | None:
    matches = list(_POSTCODE.finditer(text))
    return matches[-1].group(0) if matches else None


def _letters(text: str) -> str:
    return "".join(char for char in text.upper() if char.isalnum())


def _words(text: str) -> frozenset[str]:
    words = _WORD.findall(text.lower())
    return frozenset(word.removesuffix("s") for word in words if word not in _EMPTY_WORDS)
