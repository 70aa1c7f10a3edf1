"""What guests write for numbers, days and times."""

from __future__ import annotations

import re

_NUMBERS = {
    "zero": 0,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19,
    "twenty": 20,
    "couple": 2,
    "pair": 2,
    "week": 7,
    "dozen": 12,
    "fortnight": 14,
}
_CLOCK = re.compile(r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d))?\s*(?P<half>am|pm)?", re.IGNORECASE)


def number_in(text: str) -> int | None:
    """Find the number that the text means; None if there is none."""
    digits = re.search(r"\d+", text)
    if digits:
        return int(digits[0])
    words = re.findall(r"[a-z]+", text.lower())
    return next((_NUMBERS[word] for word in words if word in _NUMBERS), None)


def hour_in(text: str) -> int | None:
    """Give the hour of the day from 0 to 23; an evening hour when nothing says otherwise."""
    if "noon" in text.lower():
        return 12
    if "midnight" in text.lower():
        return 0
    clock = _CLOCK.search(text)
    hour = int(clock["hour"]) if clock else number_in(text)
    if hour is None or hour > 23:
        return None
    is_morning = "am" in text.lower().split() or bool(clock and (clock["half"] or "").lower() == "am")
    return hour + (12 if hour < 12 and not is_morning else 0)
