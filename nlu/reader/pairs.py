"""A question and a passage as one sequence, ``[CLS] question [SEP] passage [SEP]``, for one encoder.

A long passage becomes windows that overlap by a quarter, each with the whole question; of a question that is
too long only the beginning is read. Devlin et al. 2019, "BERT", section 4.2.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from tokenizers import Tokenizer

from nlu.batching import EncodedText, TextEncoder
from nlu.patterns import PatternSet

_MAX_QUESTION_TOKENS = 64  # special tokens included


class PairEncoder:
    """Tokenises questions with passages; safe to share between threads."""

    def __init__(self, tokenizer: Tokenizer, *, max_tokens: int) -> None:
        """Take a tokenizer of its own; `max_tokens` is the most that a sequence has, question included."""
        patterns = PatternSet.compile({}, {})
        num_question_tokens = min(_MAX_QUESTION_TOKENS, max_tokens // 2)
        self._questions = TextEncoder(tokenizer, patterns, max_tokens=num_question_tokens)
        self._passages = TextEncoder(tokenizer, patterns, max_tokens=max_tokens - num_question_tokens)

    def encode(self, questions: Sequence[str], passages: Sequence[str]) -> list[list[EncodedText]]:
        """Join each question with its passage: the windows of every pair, from left to right.

        The offsets of a window are those of the passage; tokens of the question have none.
        """
        asked = dict(zip(questions, self._questions.encode(questions), strict=True)) if questions else {}
        windows = self._passages.encode_windows(passages) if passages else []
        return [
            [_join(asked[question], window) for window in own]
            for question, own in zip(questions, windows, strict=True)
        ]


def _join(question: EncodedText, passage: EncodedText) -> EncodedText:
    """Put a passage without its opening token behind a question."""
    words = (token for token, (start, end) in enumerate(passage.offsets) if end > start)
    first = next(words, 1)  # a passage without words is its closing tokens
    size = len(question) + len(passage) - first
    return EncodedText(
        text=passage.text,
        ids=np.concatenate([question.ids, passage.ids[first:]]),
        offsets=((0, 0),) * len(question) + passage.offsets[first:],
        casing=np.concatenate([question.casing, passage.casing[first:]]),
        spelling=np.concatenate([question.spelling, passage.spelling[first:]]),
        patterns=np.concatenate([question.patterns, passage.patterns[first:]]),
        num_text_tokens=size,
    )
