"""Text to tensors: sub-word tokens with their character borders, the casing of their words, pattern flags.

What was asked before, the context, follows the text as a second part: ``[CLS] text [SEP] context [SEP]``. It
takes only the room that the text leaves. A text longer than the encoder reads becomes windows that overlap by
a quarter, without context; whoever wants one sequence per text gets the first window.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from nlu.checkpoint import CheckpointError, EncoderCheckpoint
from nlu.patterns import PatternSet
from nlu.text import SPELLING_LENGTH, Casing, casing_of, readable_text, spell, with_marks
from nlu.windows import split_windows

_MAX_CONTEXT_TOKENS = 32
_OVERLAP = 0.25  # of a window's tokens
_NO_CHARACTERS = ((0, 0),)
_BETWEEN_BLANKS = re.compile(r"\S+")


@dataclass(frozen=True, slots=True, eq=False)
class EncodedText:
    """The tokens of one text, special tokens included.

    Attributes:
        text: the customer's own text, the whole of it also for a window.
        ids: ``(tokens,)`` int64 vocabulary numbers.
        offsets: character borders of each token; ``(0, 0)`` for special tokens and the context.
        casing: ``(tokens,)`` int64 `Casing` of the token's word; NONE in the context.
        spelling: ``(tokens, SPELLING_LENGTH)`` uint8 signs of what stands around the token between blanks;
            0 in the context.
        patterns: ``(tokens, features)`` float32 flags of `PatternSet`; 0 in the context.
        num_text_tokens: how many tokens, from the first, are not the context.
    """

    text: str
    ids: NDArray[np.int64]
    offsets: tuple[tuple[int, int], ...]
    casing: NDArray[np.int64]
    spelling: NDArray[np.uint8]
    patterns: NDArray[np.float32]
    num_text_tokens: int

    def __len__(self) -> int:
        return len(self.offsets)

    @property
    def has_words(self) -> bool:
        """Say whether any token stands for characters."""
        return any(end > start for start, end in self.offsets)

    @property
    def borders(self) -> tuple[int, int]:
        """Give the first character and the character after the last that the tokens stand for."""
        words = [(start, end) for start, end in self.offsets if end > start]
        return (words[0][0], words[-1][1]) if words else (0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Padded tensors of several texts.

    Attributes:
        ids: ``(batch, seq)`` int64.
        attention_mask: ``(batch, seq)`` bool, True where a token is real.
        word_mask: ``(batch, seq)`` bool, True where a token stands for characters; spans begin and end there.
        text_mask: ``(batch, seq)`` bool, True where a token is neither padding nor context; without a context
            it equals `attention_mask`.
        casing: ``(batch, seq)`` int64.
        spelling: ``(batch, seq, SPELLING_LENGTH)`` uint8.
        patterns: ``(batch, seq, features)`` float32.
    """

    ids: torch.Tensor
    attention_mask: torch.Tensor
    word_mask: torch.Tensor
    text_mask: torch.Tensor
    casing: torch.Tensor
    spelling: torch.Tensor
    patterns: torch.Tensor

    def to(self, device: torch.device) -> Batch:
        """Move all tensors to `device`."""
        return Batch(
            self.ids.to(device),
            self.attention_mask.to(device),
            self.word_mask.to(device),
            self.text_mask.to(device),
            self.casing.to(device),
            self.spelling.to(device),
            self.patterns.to(device),
        )


@dataclass(frozen=True, slots=True)
class _Frame:
    """The special tokens around a text, and around a text with its context."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    between: tuple[int, ...]
    after_context: tuple[int, ...]

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> _Frame:
        """Look at what the tokenizer puts around a letter and around two."""
        letter = tokenizer.encode("a", add_special_tokens=False)
        before, after = _special_tokens(tokenizer.post_process(letter))
        _, between, after_context = _special_tokens(tokenizer.post_process(letter, letter))
        return cls(before, after, between, after_context)

    @property
    def size(self) -> int:
        """Count the special tokens of a text without context."""
        return len(self.before) + len(self.after)

    @property
    def size_with_context(self) -> int:
        """Count the special tokens of a text with context."""
        return len(self.before) + len(self.between) + len(self.after_context)


@dataclass(frozen=True, slots=True, eq=False)
class _Tokens:
    """The tokens of a whole text, of any length, without special tokens."""

    text: str
    ids: list[int]
    word_ids: list[int | None]
    offsets: tuple[tuple[int, int], ...]
    casing: NDArray[np.int64]
    spelling: NDArray[np.uint8]
    patterns: NDArray[np.float32]


class TextEncoder:
    """Tokenises texts for one encoder; safe to share between threads."""

    def __init__(self, tokenizer: Tokenizer, patterns: PatternSet, *, max_tokens: int) -> None:
        """Take a tokenizer of its own: padding and truncation are switched off."""
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._tokenizer = tokenizer
        self._frame = _Frame.of(tokenizer)
        self._patterns = patterns
        self._max_tokens = max_tokens
        self._lock = threading.Lock()

    @property
    def patterns(self) -> PatternSet:
        """Give the patterns whose matches are features."""
        return self._patterns

    def encode(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[EncodedText]:
        """Tokenise `texts`, each with its context, of a long text the first window.

        Args:
            texts: lone surrogates are read as unknown characters.
            contexts: as many as texts; "" and None give exactly what the text alone gives.
        """
        return [
            self._window(tokens, self._windows(tokens)[0], context)
            for tokens, context in self._tokenise_all(texts, contexts)
        ]

    def encode_windows(
        self, texts: Sequence[str], contexts: Sequence[str] | None = None
    ) -> list[list[EncodedText]]:
        """Tokenise `texts` as `encode` does, but give all windows of a long text, from left to right."""
        return [
            [self._window(tokens, window, context) for window in self._windows(tokens)]
            for tokens, context in self._tokenise_all(texts, contexts)
        ]

    def _tokenise_all(
        self, texts: Sequence[str], contexts: Sequence[str] | None
    ) -> list[tuple[_Tokens, list[int]]]:
        contexts = contexts if contexts is not None else [""] * len(texts)
        asked = list(dict.fromkeys(context for context in contexts if context))
        encodings = self._tokenise([*texts, *asked])
        ids_of = {
            context: encoding.ids[:_MAX_CONTEXT_TOKENS]
            for context, encoding in zip(asked, encodings[len(texts) :], strict=True)
        }
        return [
            (self._tokens(text, encoding), ids_of.get(context, []))
            for text, encoding, context in zip(texts, encodings[: len(texts)], contexts, strict=True)
        ]

    def _tokenise(self, texts: Sequence[str]) -> list[Encoding]:
        readable = [readable_text(text) for text in texts]
        if len(readable) == 1:  # encode_batch starts threads, which costs more than a short text
            return [self._tokenizer.encode(readable[0], add_special_tokens=False)]
        with self._lock:
            return self._tokenizer.encode_batch(readable, add_special_tokens=False)

    def _tokens(self, text: str, encoding: Encoding) -> _Tokens:
        offsets = with_marks(text, encoding.offsets)
        return _Tokens(
            text=text,
            ids=encoding.ids,
            word_ids=encoding.word_ids,
            offsets=offsets,
            casing=_casing(text, offsets, encoding.word_ids),
            spelling=_spelling(text, offsets),
            patterns=self._patterns.features(text, offsets),
        )

    def _windows(self, tokens: _Tokens) -> list[tuple[int, int]]:
        room = self._max_tokens - self._frame.size
        return split_windows(tokens.word_ids, max_tokens=room, overlap=int(_OVERLAP * room))

    def _window(self, tokens: _Tokens, window: tuple[int, int], context: list[int]) -> EncodedText:
        """Put the special tokens and the context around the tokens ``[start, end)``."""
        start, end = window
        frame = self._frame
        room = max(self._max_tokens - frame.size_with_context - (end - start), 0)
        context = context[:room] if end - start == len(tokens.ids) else []
        after = [*frame.between, *context, *frame.after_context] if context else list(frame.after)
        before, size = len(frame.before), len(frame.before) + end - start + len(after)
        casing = np.full(size, Casing.NONE, dtype=np.int64)
        casing[before : before + end - start] = tokens.casing[start:end]
        spelling = np.zeros((size, SPELLING_LENGTH), dtype=np.uint8)
        spelling[before : before + end - start] = tokens.spelling[start:end]
        patterns = np.zeros((size, tokens.patterns.shape[1]), dtype=np.float32)
        patterns[before : before + end - start] = tokens.patterns[start:end]
        return EncodedText(
            text=tokens.text,
            ids=np.asarray([*frame.before, *tokens.ids[start:end], *after], dtype=np.int64),
            offsets=(*_NO_CHARACTERS * before, *tokens.offsets[start:end], *_NO_CHARACTERS * len(after)),
            casing=casing,
            spelling=spelling,
            patterns=patterns,
            num_text_tokens=frame.size + end - start,
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
    spelling = np.zeros((num_texts, longest, SPELLING_LENGTH), dtype=np.uint8)
    attention_mask = np.zeros((num_texts, longest), dtype=np.bool_)
    word_mask = np.zeros((num_texts, longest), dtype=np.bool_)
    text_mask = np.zeros((num_texts, longest), dtype=np.bool_)
    patterns = np.zeros((num_texts, longest, num_features), dtype=np.float32)
    for row, text in enumerate(encoded):
        length = len(text)
        ids[row, :length] = text.ids
        casing[row, :length] = text.casing
        spelling[row, :length] = text.spelling
        attention_mask[row, :length] = True
        word_mask[row, :length] = [end > start for start, end in text.offsets]
        text_mask[row, : text.num_text_tokens] = True
        patterns[row, :length] = text.patterns
    arrays = (ids, attention_mask, word_mask, text_mask, casing, spelling, patterns)
    return Batch(*map(torch.from_numpy, arrays))


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


def _spelling(text: str, offsets: Sequence[tuple[int, int]]) -> NDArray[np.uint8]:
    rows = np.zeros((len(offsets), SPELLING_LENGTH), dtype=np.uint8)
    known: dict[tuple[int, int], tuple[int, ...]] = {}
    words = [match.span() for match in _BETWEEN_BLANKS.finditer(text)]
    place = 0
    for token, (start, _) in enumerate(offsets):
        while place < len(words) - 1 and words[place][1] <= start:
            place += 1
        if words:
            begin, end = words[place]
            signs = known.setdefault((begin, end), spell(text[begin:end]))
            rows[token, : len(signs)] = signs
    return rows


def _special_tokens(encoding: Encoding) -> list[tuple[int, ...]]:
    """Give the runs of special tokens around the other tokens, one run more than there are parts."""
    runs: list[list[int]] = [[]]
    was_special = True
    for number, is_special in zip(encoding.ids, encoding.special_tokens_mask, strict=True):
        if is_special:
            runs[-1].append(number)
        elif was_special:
            runs.append([])
        was_special = bool(is_special)
    return [tuple(run) for run in runs]
