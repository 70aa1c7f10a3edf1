"""How far a training run is; values for a progress bar or a console page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """One report.

    Attributes:
        stage: what is being done: ``prepare``, ``cache``, ``train``, ``calibrate``, ``evaluate``, ``save``.
        fraction: of the whole run, in [0, 1], never falling.
        eta_s: seconds that the run will still take, or None while nothing is known.
        message: one line for a person.
    """

    stage: str
    fraction: float
    eta_s: float | None
    message: str


Report = Callable[[Progress], None]
