"""A stand-in for the encoder: texts that share words get similar unit vectors. Deterministic."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.lexical import split_words
from retrieval.types import FaqEntry

ENCODER_ID = "bag-of-words"
_HIDDEN = 64


def embed_words(texts: Sequence[str]) -> NDArray[np.float32]:
    """Embed each text as the normalised sum of one random vector for each of its stems."""
    rows = np.zeros((len(texts), _HIDDEN), dtype=np.float32)
    for row, stems in enumerate(split_words(texts)):
        for stem in stems:
            rows[row] += _vector(stem)
        rows[row] += 1e-3 * _vector("")
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _vector(stem: str) -> NDArray[np.float32]:
    seed = int.from_bytes(hashlib.sha256(stem.encode()).digest()[:8], "big")
    return np.random.default_rng(seed).standard_normal(_HIDDEN).astype(np.float32)


def entry(entry_id: str, question: str, passage: str, *alternatives: str) -> FaqEntry:
    """Make an FAQ entry."""
    return FaqEntry(entry_id, question, passage, alternatives, source=f"/help#{entry_id}")


ENTRIES = (
    entry(
        "returns-period",
        "How long may I return an item?",
        "Most items can be returned within 30 days.\n\nSale items: 14 days.",
        "return deadline",
        "when must things be sent back",
    ),
    entry(
        "delivery-price",
        "What does delivery cost?",
        "Delivery is free from £50.\n\nBelow that it costs £3.95.",
        "shipping fee",
    ),
    entry("pay-klarna", "Is Klarna accepted?", "Klarna invoices work in the UK.", "buy now pay later"),
)
