"""What the reader says; no torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader says about one passage; offsets are code points of it, half-open.

    Attributes:
        start: first character of the best span.
        end: character after it.
        score: log-odds of the best span against no answer; above 0 the span is likelier. Uncalibrated.
        null_score: log of the share that no answer has among all spans of the passage and no answer, at
            most 0. Uncalibrated.
    """

    start: int
    end: int
    score: float
    null_score: float
