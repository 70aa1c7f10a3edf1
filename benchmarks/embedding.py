"""The base encoder as an embedder, and embeddings kept on disk so that a rerun is quick."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from nlu.batching import TextEncoder, collate, load_tokenizer
from nlu.checkpoint import resolve_encoder
from nlu.encoder import load_encoder, mean_embedding
from nlu.patterns import PatternSet
from retrieval.embedder import BatchedEmbedder
from retrieval.types import Embed

_BLOCK = 1_024  # texts that are embedded before they are written to disk


class BaseEncoder:
    """The encoder as published: the mean of its token states at unit length; loaded when first used."""

    def __init__(self) -> None:
        self._checkpoint = resolve_encoder()
        self._embed: Embed | None = None

    @property
    def encoder_id(self) -> str:
        """Name the weights."""
        return self._checkpoint.sha256

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed `texts` in their order: ``(texts, hidden)``."""
        if self._embed is None:
            self._embed = BatchedEmbedder(self._load())
        return self._embed(texts)

    def _load(self) -> Embed:
        encoder = load_encoder(self._checkpoint)
        tokenizer, patterns = load_tokenizer(self._checkpoint), PatternSet.compile({}, {})
        text_encoder = TextEncoder(tokenizer, patterns, max_tokens=encoder.max_tokens)

        def embed(texts: Sequence[str]) -> NDArray[np.float32]:
            batch = collate(text_encoder.encode(texts))
            with torch.inference_mode():
                return mean_embedding(encoder(batch), batch.attention_mask).numpy()

        return embed


class RememberingEmbedder:
    """Embeds each text once; with a path, once over all runs.

    The file holds float32 rows by the SHA-256 of their texts, of one encoder: name it by the encoder.
    """

    def __init__(self, embed: Embed, path: Path | None = None) -> None:
        self._embed = embed
        self._path = path
        self._known: dict[str, NDArray[np.float32]] = {}
        if path is not None and path.is_file():
            with np.load(path) as stored:
                self._known = dict(zip(stored["keys"].tolist(), stored["rows"], strict=True))

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed `texts` in their order: ``(texts, hidden)``; at least one."""
        keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        waiting = list(new.items())
        for start in range(0, len(waiting), _BLOCK):
            block = dict(waiting[start : start + _BLOCK])
            self._known.update(zip(block, self._embed(list(block.values())), strict=True))
            self._save()
        return np.stack([self._known[key] for key in keys])

    def _save(self) -> None:
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_suffix(".partial.npz")
        np.savez(partial, keys=np.array(list(self._known)), rows=np.stack(list(self._known.values())))
        partial.replace(self._path)
