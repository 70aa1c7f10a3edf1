"""Retrieval pairs as numbers: distinct texts, whose answers they are, hard negatives, batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from nlu.batching import Batch, TextEncoder, collate, load_tokenizer
from nlu.checkpoint import EncoderCheckpoint
from nlu.patterns import PatternSet
from nlu.text import normalise_text
from nlu.training.config import RetrievalSettings
from nlu.training.dataset import CachedExample, TrainingExample, pad_states
from nlu.training.hard_negatives import NO_TEXT, mine_hard_negatives
from nlu.types import RetrievalPair

_LENGTH_JITTER = 0.5  # of the logarithm of a length: mixes texts of some 60 to 160 tokens, and pads little


@dataclass(frozen=True, slots=True, eq=False)
class PairTexts:
    """The distinct texts of pairs, spellings with the same key of `normalise_text` counting as one.

    Attributes:
        texts: the texts as they are written.
        pairs: ``(pairs, 2)`` int64 numbers of a question and of its text, each pair once.
        answers: of every text, the ids of the answers that it belongs to.
    """

    texts: tuple[str, ...]
    pairs: NDArray[np.int64]
    answers: tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class PairSet:
    """What is trained on.

    Attributes:
        texts: the distinct texts with their states.
        pairs: ``(pairs, 2)`` int64 numbers of a question and of its text.
        answers: of every text, the ids of the answers that it belongs to.
        hard_negatives: ``(pairs, n)`` int64 numbers of texts, `NO_TEXT` where there are fewer.
    """

    texts: Sequence[CachedExample]
    pairs: NDArray[np.int64]
    answers: Sequence[frozenset[str]]
    hard_negatives: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class TextBatch:
    """Some texts: their tokens, and the ``(batch, seq, hidden)`` states if these are cached."""

    batch: Batch
    states: torch.Tensor | None

    @classmethod
    def of(cls, texts: Sequence[CachedExample]) -> TextBatch:
        """Pad texts to the longest."""
        return cls(collate([text.example.encoded for text in texts]), pad_states(texts))

    def to(self, device: torch.device) -> TextBatch:
        """Move all tensors to `device`."""
        states = self.states.to(device) if self.states is not None else None
        return TextBatch(self.batch.to(device), states)


@dataclass(frozen=True, slots=True, eq=False)
class PairBatch:
    """Tensors of one step.

    Attributes:
        questions: one per pair.
        texts: those of the pairs and their hard negatives, each once.
        positives: ``(batch,)`` int64, the row in `texts` of each question's own text.
        is_negative: ``(batch, texts)`` bool, True where the text belongs to none of the question's answers.
    """

    questions: TextBatch
    texts: TextBatch
    positives: torch.Tensor
    is_negative: torch.Tensor

    def to(self, device: torch.device) -> PairBatch:
        """Move all tensors to `device`."""
        return PairBatch(
            self.questions.to(device),
            self.texts.to(device),
            self.positives.to(device),
            self.is_negative.to(device),
        )


def number_texts(pairs: Sequence[RetrievalPair]) -> PairTexts:
    """Number the distinct texts of `pairs`; neither their order nor repeated pairs count.

    A pair whose question has no words, or is its text, teaches nothing and is left out.
    """
    written: dict[str, str] = {}
    belongs: dict[str, set[str]] = {}
    keys: dict[tuple[str, str], None] = {}
    for pair in sorted(pairs, key=lambda one: (one.question, one.text, one.answer_id)):
        question, text = normalise_text(pair.question), normalise_text(pair.text)
        if not question or not text or question == text:
            continue
        keys[question, text] = None
        for key, own in ((question, pair.question), (text, pair.text)):
            written.setdefault(key, own)
            belongs.setdefault(key, set()).add(pair.answer_id)
    number_of = {key: number for number, key in enumerate(written)}
    numbers = [(number_of[question], number_of[text]) for question, text in keys]
    return PairTexts(
        texts=tuple(written.values()),
        pairs=np.asarray(numbers, dtype=np.int64).reshape(-1, 2),
        answers=tuple(frozenset(belongs[key]) for key in written),
    )


def encode_texts(
    texts: Sequence[str], checkpoint: EncoderCheckpoint, patterns: PatternSet, *, max_tokens: int
) -> list[TrainingExample]:
    """Tokenise texts, of one that is longer than `max_tokens` its beginning."""
    text_encoder = TextEncoder(load_tokenizer(checkpoint), patterns, max_tokens=max_tokens)
    nothing = torch.zeros(0)
    return [TrainingExample(encoded, nothing, None) for encoded in text_encoder.encode(texts)]


def make_pair_set(
    numbered: PairTexts, cached: Sequence[CachedExample], settings: RetrievalSettings
) -> PairSet:
    """Join pairs, of which there is at least one, with the states of their texts and find hard negatives."""
    embeddings = torch.stack([text.teacher for text in cached]).numpy()
    hard_negatives = mine_hard_negatives(
        embeddings,
        numbered.pairs,
        numbered.answers,
        limit=settings.num_hard_negatives,
        max_cosine=settings.max_negative_cosine,
    )
    return PairSet(cached, numbered.pairs, numbered.answers, hard_negatives)


def make_pair_batches(pairs: PairSet, *, batch_size: int, rng: np.random.Generator) -> Iterator[PairBatch]:
    """Give all pairs once in random order, the questions of one text together, texts of similar length too.

    A text is then run once for all its questions, long texts compete with long ones, and little is padded.
    """
    lengths = np.asarray([len(text.example.encoded) for text in pairs.texts], dtype=np.float64)
    places = np.log(lengths) + rng.uniform(-_LENGTH_JITTER, _LENGTH_JITTER, len(lengths))
    order = np.lexsort((rng.permutation(len(pairs.pairs)), places[pairs.pairs[:, 1]]))
    for start in rng.permutation(np.arange(0, len(order), batch_size)):
        yield _make_batch(pairs, order[start : start + batch_size])


def spread_pair_batches(
    pairs: PairSet, *, num_steps: int, batch_size: int, rng: np.random.Generator
) -> Iterator[PairBatch | None]:
    """Spread what `make_pair_batches` gives evenly over the steps of an epoch, None between.

    Of more batches than steps, as many as there are steps are seen.
    """
    batches = make_pair_batches(pairs, batch_size=batch_size, rng=rng)
    num_batches = min(-(-len(pairs.pairs) // batch_size), num_steps)
    for step in range(num_steps):
        is_due = (step + 1) * num_batches // num_steps > step * num_batches // num_steps
        yield next(batches) if is_due else None


def _make_batch(pairs: PairSet, rows: NDArray[np.int64]) -> PairBatch:
    questions, own = pairs.pairs[rows].T.tolist()
    _, first = np.unique(own, return_index=True)  # of every text, one question names the hard negatives
    hard = pairs.hard_negatives[rows[first]].flatten().tolist()
    texts = list(dict.fromkeys(text for text in (*own, *hard) if text != NO_TEXT))
    column_of = {text: column for column, text in enumerate(texts)}
    is_negative = [
        [pairs.answers[question].isdisjoint(pairs.answers[text]) for text in texts] for question in questions
    ]
    return PairBatch(
        questions=TextBatch.of([pairs.texts[question] for question in questions]),
        texts=TextBatch.of([pairs.texts[text] for text in texts]),
        positives=torch.tensor([column_of[text] for text in own]),
        is_negative=torch.tensor(is_negative),
    )
