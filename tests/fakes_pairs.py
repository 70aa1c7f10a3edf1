"""Retrieval pairs that a tiny encoder can learn, and what it makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nlu.checkpoint import EncoderCheckpoint
from nlu.training.cache import cache_states
from nlu.training.config import RetrievalSettings, TrainConfig
from nlu.training.pairs import PairSet, encode_texts, make_pair_set, number_texts
from nlu.types import RetrievalPair
from tests.fakes_nlu import MAX_TOKENS, NO_PATTERNS, tiny_config, tiny_encoder

_QUESTIONS = {
    "track": ("where is my parcel", "track my order", "track the parcel"),
    "return": ("i want to return", "send back the shirt", "return the coat please"),
    "swap": ("swap red for blue", "swap the hat", "i want a green shirt"),
    "greet": ("hello", "hi", "good morning"),
}
_TEXTS = {
    "track": ("where is it", "where is it order parcel is the parcel"),
    "return": ("return a coat", "return a coat send back to"),
    "swap": ("swap a shirt", "swap a shirt red blue navy green"),
    "greet": ("hello hello", "hello hello good morning please"),
}


def small_pairs() -> tuple[RetrievalPair, ...]:
    """Give four answers with three questions and two texts each."""
    return tuple(
        RetrievalPair(question, text, answer_id)
        for answer_id, questions in _QUESTIONS.items()
        for question in questions
        for text in _TEXTS[answer_id]
    )


def make_pairs(
    checkpoint: EncoderCheckpoint,
    pairs: Sequence[RetrievalPair],
    settings: RetrievalSettings,
    *,
    first_trained_layer: int = 1,
) -> PairSet:
    """Number, encode and cache."""
    numbered = number_texts(pairs)
    encoded = encode_texts(
        numbered.texts, checkpoint, NO_PATTERNS, max_tokens=min(MAX_TOKENS, settings.max_text_tokens)
    )
    cached = cache_states(encoded, tiny_encoder(checkpoint), first_trained_layer=first_trained_layer)
    return make_pair_set(numbered, cached, settings)


def tuning_config(*, max_epochs: int = 12) -> TrainConfig:
    """Give settings with which the tiny encoder learns pairs."""
    config = tiny_config(max_epochs=max_epochs)
    return replace(config, retrieval=RetrievalSettings(weight=1.0, batch_size=8, temperature=0.1))
