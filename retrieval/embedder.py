"""Texts -> unit-length embeddings in batches of similar length, through whatever encoder is in service."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.types import Embed


class BatchedEmbedder:
    """Calls `embed` with a few texts of similar length at a time, and once for texts that recur.

    Use it to embed a whole FAQ store: the encoder's memory then depends on `batch_size`, not on the store.
    """

    def __init__(self, embed: Embed, *, batch_size: int = 32) -> None:
        """Wrap `embed`; `batch_size` is the most texts of one call."""
        self._embed = embed
        self._batch_size = batch_size

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed `texts` in their order: ``(texts, hidden)``."""
        unique = sorted(set(texts), key=lambda text: (len(text), text))
        starts = range(0, max(len(unique), 1), self._batch_size)
        blocks = [self._embed(unique[start : start + self._batch_size]) for start in starts]
        rows = np.concatenate(blocks)
        position = {text: row for row, text in enumerate(unique)}
        embedded: NDArray[np.float32] = rows[[position[text] for text in texts]]
        return embedded
