"""Scores of spans -> the best span of a passage as characters. Pure but for tensors that come in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nlu.batching import EncodedText
from nlu.reader.types import Reading


def best_span(scores: NDArray[np.float32], null_score: float, window: EncodedText) -> Reading | None:
    """Choose the best span of one window; None when the window has no words.

    Args:
        scores: ``(seq, seq)`` log shares of the spans, see `ReaderOutput.log_shares`; padding may follow.
        null_score: log share of no answer.
        window: what was read.
    """
    if not window.has_words:
        return None
    size = len(window)
    first, last = divmod(int(scores[:size, :size].argmax()), size)
    start, end = window.offsets[first][0], window.offsets[last][1]
    return Reading(start, end, score=float(scores[first, last]) - null_score, null_score=null_score)


def best_reading(readings: Sequence[Reading | None]) -> Reading | None:
    """Choose the best of a passage's windows: the one whose span beats no answer by most."""
    found = [reading for reading in readings if reading is not None]
    return max(found, key=lambda reading: reading.score, default=None)
