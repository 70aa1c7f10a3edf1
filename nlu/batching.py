"""Text to tensors: sub-word tokens with their character borders, the casing of their words, pattern flags.

A text longer than the encoder reads is cut after `max_tokens`; what lies behind is not understood, and the
offsets of what lies before stay true.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from nlu.checkpoint import CheckpointError, EncoderCheckpoint
from nlu.patterns import PatternSet
from nlu.text import Casing, casing_of, readable_text


@dataclass(frozen=True, slots=True, eq=False)
class EncodedText:
    """The tokens of one text, special tokens included.

    Attributes:
        text: the customer's own text.
        ids: ``(tokens,)`` int64 vocabulary numbers.
        offsets: character borders of each token; ``(0, 0)`` for special tokens.
        casing: ``(tokens,)`` int64 `Casing` of the token's word.
        patterns: ``(tokens, features)`` float32 flags of `PatternSet`.
    """

    text: str
    ids: NDArray[np.int64]
    offsets: tuple[tuple[int, int], ...]
    casing: NDArray[np.int64]
    patterns: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.offsets)

    @property
    def has_words(self) -> bool:
        """Say whether any token stands for characters."""
        return any(end > start for start, end in self.offsets)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Padded tensors of several texts.

    Attributes:
        ids: ``(batch, seq)`` int64.
        attention_mask: ``(batch, seq)`` bool, True where a token is real.
        word_mask: ``(batch, seq)`` bool, True where a token stands for characters; spans begin and end there.
        casing: ``(batch, seq)`` int64.
        patterns: ``(batch, seq, features)`` float32.
    """

    ids: torch.Tensor
    attention_mask: torch.Tensor
    word_mask: torch.Tensor
    casing: torch.Tensor
    patterns: torch.Tensor

    def to(self, device: torch.device) -> Batch:
        """Move all tensors to `device`."""
        return Batch(
            self.ids.to(device),
            self.attention_mask.to(device),
            self.word_mask.to(device),
            self.casing.to(device),
            self.patterns.to(device),
        )


class TextEncoder:
    """Tokenises texts for one encoder; safe to share between threads."""

    def __init__(self, tokenizer: Tokenizer, patterns: PatternSet, *, max_tokens: int) -> None:
        """Take a tokenizer of its own: padding is switched off and truncation set."""
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_tokens)
        self._tokenizer = tokenizer
        self._patterns = patterns
        self._lock = threading.Lock()

    @property
    def patterns(self) -> PatternSet:
        """Give the patterns whose matches are features."""
        return self._patterns

    def encode(self, texts: Sequence[str]) -> list[EncodedText]:
        """Tokenise `texts`; lone surrogates are read as unknown characters."""
        readable = [readable_text(text) for text in texts]
        if len(readable) == 1:  # encode_batch starts threads, which costs more than a short text
            return [self._encoded(texts[0], self._tokenizer.encode(readable[0]))]
        with self._lock:
            encodings = self._tokenizer.encode_batch(readable)
        return [self._encoded(text, encoding) for text, encoding in zip(texts, encodings, strict=True)]

    def _encoded(self, text: str, encoding: Encoding) -> EncodedText:
        offsets = tuple(encoding.offsets)
        return EncodedText(
            text=text,
            ids=np.asarray(encoding.ids, dtype=np.int64),
            offsets=offsets,
            casing=_casing(text, offsets, encoding.word_ids),
            patterns=self._patterns.features(text, offsets),
        )


def load_tokenizer(checkpoint: EncoderCheckpoint) -> Tokenizer:
    """Load the fast tokenizer of a checkpoint, from ``tokenizer.json`` or from its older vocabulary files.

    Raises:
        CheckpointError: the vocabulary files make no fast tokenizer.
    """
    path = checkpoint.path / "tokenizer.json"
    if path.is_file():
        return Tokenizer.from_file(str(path))
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(checkpoint.path, use_fast=True)
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if not isinstance(backend, Tokenizer):
        raise CheckpointError(f"got no fast tokenizer in {checkpoint.path}; expected tokenizer.json; add it")
    return backend


def collate(encoded: Sequence[EncodedText]) -> Batch:
    """Pad texts to the longest; padding is 0 everywhere and masked."""
    num_texts, longest = len(encoded), max(map(len, encoded))
    num_features = encoded[0].patterns.shape[1]
    ids = np.zeros((num_texts, longest), dtype=np.int64)
    casing = np.zeros((num_texts, longest), dtype=np.int64)
    attention_mask = np.zeros((num_texts, longest), dtype=np.bool_)
    word_mask = np.zeros((num_texts, longest), dtype=np.bool_)
    patterns = np.zeros((num_texts, longest, num_features), dtype=np.float32)
    for row, text in enumerate(encoded):
        length = len(text)
        ids[row, :length] = text.ids
        casing[row, :length] = text.casing
        attention_mask[row, :length] = True
        word_mask[row, :length] = [end > start for start, end in text.offsets]
        patterns[row, :length] = text.patterns
    return Batch(*map(torch.from_numpy, (ids, attention_mask, word_mask, casing, patterns)))


def group_by_length(lengths: Sequence[int], *, max_cells: int) -> Iterator[list[int]]:
    """Group positions of similar length so that no padded group has more than `max_cells` tokens.

    Short texts make one group; only a long text among many is kept apart, so that it does not pad them all.
    """
    group: list[int] = []
    for position in sorted(range(len(lengths)), key=lambda position: lengths[position]):
        if group and (len(group) + 1) * lengths[position] > max_cells:
            yield group
            group = []
        group.append(position)
    if group:
        yield group


def _casing(
    text: str, offsets: Sequence[tuple[int, int]], word_ids: Sequence[int | None]
) -> NDArray[np.int64]:
    borders: dict[int, tuple[int, int]] = {}
    for word, (start, end) in zip(word_ids, offsets, strict=True):
        if word is not None:
            first, last = borders.get(word, (start, end))
            borders[word] = min(first, start), max(last, end)
    casing = {word: casing_of(text[start:end]) for word, (start, end) in borders.items()}
    return np.asarray([Casing.NONE if word is None else casing[word] for word in word_ids], dtype=np.int64)
