"""BM25 over stemmed words (English): finds the names and rare words that embeddings blur.

Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond"; Lucene's variant.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache, partial

import bm25s
import numpy as np
import snowballstemmer
from numpy.typing import NDArray

_WORD = re.compile(r"[^\W_]+")
_FUNCTION_WORDS = (
    "a about am an and any are as at be been but by can could did do does for from get had has have how i"
    " if in into is it its me my no not of on or our should so such than that the their then there these"
    " they this to too very was we were what when where which who why will with would you your"
)
_STOP_WORDS = frozenset(_FUNCTION_WORDS.split())
_NUM_FILTERS = 16  # kept: the day turns rarely, and customers share a few languages and tags


class LexicalIndex:
    """An immutable BM25 index of documents by id; safe to search from several threads."""

    def __init__(self, documents: Sequence[tuple[str, str]]) -> None:
        """Index `documents`, pairs of id and text; ids are unique."""
        self._ids = [document_id for document_id, _ in documents]
        positions = {document_id: place for place, document_id in enumerate(self._ids)}
        self._mask_of = lru_cache(maxsize=_NUM_FILTERS)(partial(_mask, positions))
        self._bm25 = bm25s.BM25(backend="numpy")
        if documents:
            stemmed = split_words([text for _, text in documents])
            self._bm25.index(stemmed, show_progress=False)

    def search(
        self, question: str, *, limit: int, among: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """Give at most `limit` ids whose documents share words with `question`, with BM25 scores, best first.

        Equal scores keep the order of the documents. `among` are the ids to search; None for all.
        """
        if not self._ids:
            return []
        words = [word for word in split_words([question])[0] if word in self._bm25.vocab_dict]
        if not words:
            return []
        scores = self._bm25.get_scores(words)  # (documents,)
        if among is not None:
            scores = np.where(self._mask_of(frozenset(among)), scores, 0.0)
        return [(self._ids[place], float(scores[place])) for place in _best_positions(scores, limit)]


def _mask(positions: Mapping[str, int], among: frozenset[str]) -> NDArray[np.bool_]:
    """Say of every document whether its id is in `among`: ``(documents,)``."""
    mask = np.zeros(len(positions), dtype=np.bool_)
    mask[[positions[one] for one in among if one in positions]] = True
    return mask


def _best_positions(scores: NDArray[np.float32], limit: int) -> NDArray[np.int64]:
    """Give the positions of the `limit` highest scores above 0, best first, equal ones in their order."""
    wanted = np.flatnonzero(scores > 0.0)
    if len(wanted) > limit:
        least = np.partition(scores[wanted], -limit)[-limit]
        above, equal = wanted[scores[wanted] > least], wanted[scores[wanted] == least]
        wanted = np.concatenate([above, equal[: limit - len(above)]])
    best: NDArray[np.int64] = wanted[np.argsort(-scores[wanted], kind="stable")][:limit]
    return best


def split_words(texts: Iterable[str]) -> list[list[str]]:
    """Split texts into case-folded stems without function words."""
    stemmer = snowballstemmer.stemmer("english")  # not thread-safe, hence one for each call
    stems: dict[str, str] = {}
    split: list[list[str]] = []
    for text in texts:
        words = [word for word in _WORD.findall(text.casefold()) if word not in _STOP_WORDS]
        for word in words:
            if word not in stems:
                stems[word] = stemmer.stemWord(word)
        split.append([stems[word] for word in words])
    return split
