"""The held-out part of a data set, fixed by the text alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from nlu.text import normalise_text
from nlu.types import Example


def split_held_out(examples: Iterable[Example], *, fraction: float) -> tuple[list[Example], list[Example]]:
    """Split by the hash of the normalised text: stable for ever, whatever else is in the data.

    A text is held out or not wherever and however often it occurs, so none leaks into training.

    Returns:
        The examples to train on and the held-out ones, both in the given order.
    """
    train: list[Example] = []
    held_out: list[Example] = []
    for example in examples:
        (held_out if _position(example.text) < fraction else train).append(example)
    return train, held_out


def _position(text: str) -> float:
    digest = hashlib.sha256(normalise_text(text).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2.0**64
