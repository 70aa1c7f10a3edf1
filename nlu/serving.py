"""A reader as it serves: verified, and in the best precision that this processor multiplies."""

from __future__ import annotations

from pathlib import Path

from nlu.reader.bundle import load_reader
from nlu.reader.reading import Reader
from nlu.training.compute import choose_compute


def load_serving_reader(path: Path) -> Reader:
    """Load the reader of a folder.

    Raises:
        CheckpointError: see `nlu.reader.bundle.load_reader`.
    """
    return Reader(load_reader(path), precision=choose_compute("cpu", "auto").precision)
