"""Texts that look like answers to a question and are not, found once with the unchanged encoder.

Of each other answer only its nearest text counts, so that a long help page does not fill all places. What is
as near as a paraphrase probably answers too and is left out: Qu et al. 2021, "RocketQA", section 3.2, drop
such false negatives as well, there by the word of a cross-encoder.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

NO_TEXT = -1
"""Stands where a question has fewer hard negatives than were asked for."""

_MAX_CELLS = 1 << 24  # of the similarity matrix that are held at once


def mine_hard_negatives(
    embeddings: NDArray[np.float32],
    pairs: NDArray[np.int64],
    answers: Sequence[frozenset[str]],
    *,
    limit: int,
    max_cosine: float,
) -> NDArray[np.int64]:
    """Find for every pair the nearest texts of other answers, at most one of each answer.

    Args:
        embeddings: ``(texts, hidden)`` float32 of unit length, questions among them.
        pairs: ``(pairs, 2)`` numbers of a question and of its text.
        answers: of every text, the answers that it belongs to.
        limit: how many are wanted for each pair.
        max_cosine: nearer texts, to the question or to its text, are not taken.

    Returns:
        ``(pairs, limit)`` numbers of texts, the nearest first; `NO_TEXT` where there are no more.
    """
    found = np.full((len(pairs), limit), NO_TEXT, dtype=np.int64)
    if not limit or not len(pairs):
        return found
    searched = np.unique(pairs[:, 1])
    rows_at_once = max(1, _MAX_CELLS // len(searched))
    for start in range(0, len(pairs), rows_at_once):
        some = pairs[start : start + rows_at_once]
        to_question, to_text = (embeddings[some[:, side]] @ embeddings[searched].T for side in (0, 1))
        nearness = np.where(np.maximum(to_question, to_text) < max_cosine, to_question, -np.inf)
        for row, (question, _) in enumerate(some.tolist()):
            order = searched[np.argsort(-nearness[row], kind="stable")]
            usable = order[: int(np.isfinite(nearness[row]).sum())]
            chosen = _of_other_answers(usable.tolist(), answers, answers[question], limit)
            found[start + row, : len(chosen)] = chosen
    return found


def _of_other_answers(
    candidates: Sequence[int], answers: Sequence[frozenset[str]], own: frozenset[str], limit: int
) -> list[int]:
    """Take from the front of `candidates` those that belong to no answer that is known already."""
    chosen: list[int] = []
    known = set(own)
    for text in candidates:
        if len(chosen) == limit:
            break
        if known.isdisjoint(answers[text]):
            chosen.append(text)
            known |= answers[text]
    return chosen
