"""Reader examples as numbers: a split by document, windows with their spans, batches."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from nlu.batching import Batch, EncodedText, collate
from nlu.reader.pairs import PairEncoder
from nlu.spans import AlignmentError, align_span
from nlu.types import ReaderExample

_LENGTH_JITTER = 12.0  # tokens; mixes batches well enough and pads little


@dataclass(frozen=True, slots=True, eq=False)
class ReaderPair:
    """A question with one window of a passage; `spans` are first and last token (included) of the answers."""

    window: EncodedText
    spans: tuple[tuple[int, int], ...]

    def shortened(self, num_tokens: int, rng: np.random.Generator) -> ReaderPair:
        """Keep about `num_tokens` of the passage, with the answers in them; where, `rng` decides."""
        words = [token for token, (start, end) in enumerate(self.window.offsets) if end > start]
        if len(words) <= num_tokens:
            return self
        first, after = words[0], words[-1] + 1
        lowest = min((span[0] for span in self.spans), default=first)
        highest = max((span[1] + 1 for span in self.spans), default=lowest + 1)
        num_tokens = max(num_tokens, highest - lowest)
        begin = int(rng.integers(max(first, highest - num_tokens), min(lowest, after - num_tokens) + 1))
        kept = np.r_[0:first, begin : begin + num_tokens, after : len(self.window)]
        moved = begin - first
        return ReaderPair(
            _take(self.window, kept), tuple((start - moved, last - moved) for start, last in self.spans)
        )


@dataclass(frozen=True, slots=True, eq=False)
class ReaderBatch:
    """Pairs as tensors; `targets` are ``(batch, seq, seq)`` bool, True at the answers."""

    batch: Batch
    targets: torch.Tensor


def distinct(examples: Iterable[ReaderExample]) -> list[ReaderExample]:
    """Keep the first example of every question about a passage."""
    first: dict[tuple[str, str], ReaderExample] = {}
    for example in examples:
        first.setdefault((example.question, example.passage), example)
    return list(first.values())


def split_documents(
    examples: Sequence[ReaderExample], *, fraction: float, rng: np.random.Generator
) -> tuple[list[ReaderExample], list[ReaderExample]]:
    """Draw whole documents for validation until they hold `fraction` of each collection; one of each trains.

    A document of several collections, an article with and one without unanswerable questions, is drawn with
    the first of them.
    """
    collections: dict[str, Counter[str]] = defaultdict(Counter)
    first: dict[str, str] = {}
    for example in examples:
        collections[first.setdefault(example.group, example.collection)][example.group] += 1
    drawn: set[str] = set()
    for _, sizes in sorted(collections.items()):
        drawn.update(_draw(sizes, fraction, rng))
    return (
        [example for example in examples if example.group not in drawn],
        [example for example in examples if example.group in drawn],
    )


def make_pairs(examples: Sequence[ReaderExample], encoder: PairEncoder) -> tuple[list[ReaderPair], list[str]]:
    """Tokenise examples; a window without the answer of its question teaches nothing and is left out.

    Returns:
        The pairs, and the sources of examples with an answer that begins or ends within a token: these are
        left out, never moved.
    """
    pairs: list[ReaderPair] = []
    misaligned: list[str] = []
    questions, passages = [one.question for one in examples], [one.passage for one in examples]
    for example, windows in zip(examples, encoder.encode(questions, passages), strict=True):
        try:
            pairs += _pairs_of(example, windows)
        except AlignmentError:
            misaligned.append(example.source)
    return pairs, misaligned


def make_reader_batches(
    pairs: Sequence[ReaderPair], *, batch_size: int, rng: np.random.Generator
) -> Iterator[ReaderBatch]:
    """Give all pairs once, in random batches of similar length."""
    lengths = np.array([len(pair.window) for pair in pairs]) + rng.normal(0.0, _LENGTH_JITTER, len(pairs))
    order = np.argsort(lengths)
    starts = np.arange(0, len(pairs), batch_size)
    rng.shuffle(starts)
    for start in starts:
        yield _collate([pairs[place] for place in order[start : start + batch_size]])


def _draw(sizes: Mapping[str, int], fraction: float, rng: np.random.Generator) -> Iterator[str]:
    groups = sorted(sizes)
    rng.shuffle(groups)
    left = fraction * sum(sizes.values())
    for group in groups[:-1]:
        if left <= 0:
            return
        left -= sizes[group]
        yield group


def _collate(pairs: Sequence[ReaderPair]) -> ReaderBatch:
    batch = collate([pair.window for pair in pairs])
    seq = batch.ids.shape[1]
    targets = torch.zeros(len(pairs), seq, seq, dtype=torch.bool)
    for row, pair in enumerate(pairs):
        for first, last in pair.spans:
            targets[row, first, last] = True
    return ReaderBatch(batch, targets)


def _pairs_of(example: ReaderExample, windows: Sequence[EncodedText]) -> list[ReaderPair]:
    pairs = []
    for window in windows:
        begin, end = window.borders
        inside = [span for span in example.answers if begin <= span.start and span.end <= end]
        aligned = [align_span(window.offsets, span.start, span.end) for span in inside]
        if aligned or not example.answers:
            pairs.append(ReaderPair(window, tuple((first, after - 1) for first, after in aligned)))
    return pairs


def _take(window: EncodedText, kept: NDArray[np.int64]) -> EncodedText:
    return EncodedText(
        text=window.text,
        ids=window.ids[kept],
        offsets=tuple(window.offsets[token] for token in kept),
        casing=window.casing[kept],
        spelling=window.spelling[kept],
        patterns=window.patterns[kept],
        num_text_tokens=len(kept),
    )
