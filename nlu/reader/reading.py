"""The reader at run time: one question, several passages, one batch.

Loading is `nlu.reader.bundle.load_reader`. Knows nothing about where passages come from or when to answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from nlu.batching import collate, group_by_length
from nlu.reader.bundle import ReaderBundle
from nlu.reader.decode import best_reading, best_span
from nlu.reader.types import Reading

_MAX_CELLS = 8192  # tokens of one pass, padding included; the span scores of a pass grow with their square


class Reader:
    """Reads passages for questions; safe to use from several threads."""

    def __init__(self, bundle: ReaderBundle, *, precision: torch.dtype = torch.float32) -> None:
        """Take a loaded reader, which belongs to this object from then on.

        Args:
            bundle: the reader.
            precision: of the encoder's matrix products; bfloat16 takes half the time on processors that
                multiply it, half the memory for these weights, and moves scores in the second digit.
        """
        self._bundle = bundle
        self._is_lower = precision != torch.float32
        if self._is_lower:
            for module in bundle.model.encoder.layers.modules():
                if isinstance(module, nn.Linear):
                    module.to(precision)  # once, not with every pass

    @property
    def reader_id(self) -> str:
        """Name the reader."""
        return self._bundle.reader_id

    @property
    def min_score(self) -> float:
        """Give the least score of an answer, chosen on validation data."""
        return self._bundle.contents.min_score

    def read(self, questions: Sequence[str], passages: Sequence[str]) -> list[Reading | None]:
        """Find the best span for each question in its passage; None where a passage has no words.

        Questions and passages are pairs, as many of one as of the other. A pass takes pairs of about one
        length.
        """
        windows = self._bundle.pairs.encode(questions, passages)
        places = [(pair, window) for pair, own in enumerate(windows) for window in own]
        found: list[list[Reading | None]] = [[] for _ in questions]
        for group in group_by_length([len(window) for _, window in places], max_cells=_MAX_CELLS):
            chosen = [places[place][1] for place in group]
            with torch.inference_mode():
                with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._is_lower):
                    output = self._bundle.model(collate(chosen))
                spans, null = output.log_shares()
            for row, place in enumerate(group):
                reading = best_span(spans[row].numpy(), float(null[row]), chosen[row])
                found[places[place][0]].append(reading)
        return [best_reading(own) for own in found]
