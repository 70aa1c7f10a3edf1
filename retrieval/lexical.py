"""BM25 over stemmed words (English): finds the names and rare words that embeddings blur.

Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond"; Lucene's variant.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

import bm25s
import snowballstemmer

_WORD = re.compile(r"[^\W_]+")
_FUNCTION_WORDS = (
    "a about am an and any are as at be been but by can could did do does for from get had has have how i"
    " if in into is it its me my no not of on or our should so such than that the their then there these"
    " they this to too very was we were what when where which who why will with would you your"
)
_STOP_WORDS = frozenset(_FUNCTION_WORDS.split())


class LexicalIndex:
    """An immutable BM25 index of documents by id; safe to search from several threads."""

    def __init__(self, documents: Sequence[tuple[str, str]]) -> None:
        """Index `documents`, pairs of id and text; ids are unique."""
        self._ids = [document_id for document_id, _ in documents]
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
        scores = [float(score) for score in self._bm25.get_scores(words)]
        wanted = [
            position
            for position, own in enumerate(self._ids)
            if scores[position] > 0.0 and (among is None or own in among)
        ]
        best = sorted(wanted, key=lambda position: -scores[position])[:limit]
        return [(self._ids[position], scores[position]) for position in best]


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
