"""Real texts, their embeddings, and the many vectors made from them for `benchmarks.vector_index`.

Stored are help passages and questions of public data sets; asked are questions that are not among them.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from nlu.batching import TextEncoder, collate, load_tokenizer
from nlu.checkpoint import resolve_encoder
from nlu.encoder import load_encoder, mean_embedding
from nlu.patterns import PatternSet
from retrieval.embedder import BatchedEmbedder
from retrieval.passages import cut_passages
from retrieval.vectors import BLOCK_ROWS

Part = Literal["validation", "test"]
"""Whose questions are asked: those to choose parameters with, or those for the figures that are quoted."""

NOISE = 0.5  # length of what is added to a unit vector before it is scaled back: cosine 0.89 to its text
_SITES = ("Australia", "CDC", "UK", "WHO")
_NUM_BANKING_QUESTIONS = 9_000  # of the training part, stored; the rest is asked in the validation part
_PASSAGE_WORDS = 50


def stored_texts(data: Path) -> list[str]:
    """Read the texts to store: questions, and how help passages begin."""
    banking = _banking_questions(data, "train")[:_NUM_BANKING_QUESTIONS]
    feedback = [text for site in _SITES for text in _feedback_texts(_feedback_file(data, site, "train"))]
    return sorted({text.strip() for text in (*banking, *feedback)} - {""})


def held_out_questions(data: Path, part: Part) -> list[str]:
    """Read questions that are not stored."""
    name = "valid" if part == "validation" else "test"
    banking = (
        _banking_questions(data, "train")[_NUM_BANKING_QUESTIONS:]
        if part == "validation"
        else _banking_questions(data, "test")
    )
    feedback = [
        example["question"] for site in _SITES for example in _feedback_file(data, site, name)["examples"]
    ]
    stored = set(stored_texts(data))
    return sorted({text.strip() for text in (*banking, *feedback)} - stored)


def embed_texts(texts: Sequence[str], folder: Path) -> NDArray[np.float32]:
    """Embed `texts` with the default encoder: unit rows, ``(texts, hidden)``; kept in `folder`."""
    checkpoint = resolve_encoder()
    key = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
    path = folder / f"{key}.npy"
    if not path.is_file():
        encoder = load_encoder(checkpoint).eval()
        patterns = PatternSet.compile({}, {})
        text_encoder = TextEncoder(load_tokenizer(checkpoint), patterns, max_tokens=encoder.max_tokens)

        def embed(some: Sequence[str]) -> NDArray[np.float32]:
            batch = collate(text_encoder.encode(some))
            with torch.inference_mode():
                return mean_embedding(encoder(batch), batch.attention_mask).numpy()

        folder.mkdir(parents=True, exist_ok=True)
        np.save(path, BatchedEmbedder(embed)(texts))
    rows: NDArray[np.float32] = np.load(path)
    return rows


def perturbed_blocks(
    rows: NDArray[np.float32], num_rows: int, rng: np.random.Generator
) -> Iterator[NDArray[np.float32]]:
    """Give `num_rows` unit rows in blocks: each of `rows` in turn, with noise of length `NOISE` added."""
    for start in range(0, num_rows, BLOCK_ROWS):
        chosen = np.arange(start, min(start + BLOCK_ROWS, num_rows)) % len(rows)
        yield perturb(rows[chosen], rng)


def perturb(rows: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Add Gaussian noise of expected length `NOISE` to unit rows and scale them back to length 1."""
    width = rows.shape[1]
    noisy = rows + NOISE / np.sqrt(width) * rng.standard_normal(rows.shape, dtype=np.float32)
    perturbed: NDArray[np.float32] = noisy / np.linalg.norm(noisy, axis=1, keepdims=True)
    return perturbed.astype(np.float32, copy=False)


def _feedback_texts(content: dict[str, Any]) -> Iterator[str]:
    for example in content["examples"]:
        yield example["question"]
    for passage in content["passages"]:
        text = passage["reference"]["section_content"]
        for piece in cut_passages(text, max_words=_PASSAGE_WORDS)[:1]:
            yield text[piece.start : piece.end]


def _feedback_file(data: Path, site: str, name: str) -> dict[str, Any]:
    with gzip.open(data / "feedbackqa" / site / f"{name}.json.gz", "rt", encoding="utf-8") as file:
        content: dict[str, Any] = json.load(file)
    return content


def _banking_questions(data: Path, name: str) -> list[str]:
    with (data / "banking77" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)]
