"""Answers a customer's question from the FAQ store, suggests questions, or says that there is nothing.

It holds one immutable index with the entries it was built from; new content is a new answerer. The best hits
are read, one decision ranks them, and an answer is the span that the reader marks in the passage of the best.
A question that finds nothing sure ("and to Ireland?") is searched again with what was said before, for better
suggestions; an earlier topic looks too much like evidence to answer from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nlu.reader.types import Reading
from nlu.types import ParsedUtterance
from retrieval.decision import Candidate, rank_candidates
from retrieval.index import FaqIndex, IndexMismatchError
from retrieval.reader import PassageReader, PassageToRead
from retrieval.retriever import Retriever
from retrieval.types import (
    Answer,
    Embed,
    FaqEntry,
    FaqFilter,
    FaqOutcome,
    Hit,
    NoAnswer,
    SearchContext,
    Suggestions,
    content_hash,
)

_NUM_FILTERS = 64  # whose entries are remembered
_ANY = FaqFilter()
NUM_HITS = 10  # the first for the answer, the next for suggestions
_NUM_CANDIDATES = 3  # hits that are read and decided on


def _today() -> date:
    return datetime.now(UTC).date()


@dataclass(frozen=True, slots=True)
class AnswerThresholds:
    """When to answer, when to suggest; ``python -m benchmarks.faq_answers`` shows what they give.

    On the starter bot's calibration questions below `min_dense_score` are few of the questions that the shop
    can answer and most of the foreign ones. Spans above `min_mark_score` overlap
    the wanted one far more often than others. In context a candidate is as near as `min_dense_in_context`
    for nine of ten follow-up questions, and for fewer than half of the questions about something else.
    """

    min_confidence: float = 0.6  # least probability that the best candidate answers
    min_dense_score: float = 0.35  # least dense score in [-1, 1] for a suggestion
    min_dense_in_context: float = 0.42  # least dense score in [-1, 1] of a question with what was said before
    min_mark_score: float = 1.0  # least score of a reading whose span is marked
    max_suggestions: int = 3


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, best first.

    Attributes:
        hits: the entries.
        candidates: the first of `hits`, read, the likeliest first.
        is_in_context: whether what was said before had a part in it; confidences are too high then.
    """

    hits: Sequence[Hit]
    candidates: Sequence[Candidate]
    is_in_context: bool = False

    @property
    def confidence(self) -> float:
        """Give the probability that the likeliest candidate answers; 0 without any."""
        return self.candidates[0].confidence if self.candidates else 0.0


class FaqAnswerer:
    """Answers from one index; implements the dialogue core's port `Answerer`. Safe in several threads."""

    def __init__(
        self,
        entries: Sequence[FaqEntry],
        index: FaqIndex,
        embed: Embed,
        thresholds: AnswerThresholds | None = None,
        *,
        reader: PassageReader | None = None,
        today: Callable[[], date] = _today,
    ) -> None:
        """Join an index with its entries.

        Args:
            entries: the FAQ entries that `index` was built from.
            index: their index.
            embed: the encoder of the index, for utterances that another encoder understood.
            thresholds: None for the defaults.
            reader: selects the words that answer; None answers with whole passages.
            today: tells which entries are valid.

        Raises:
            IndexMismatchError: the index was built from other entries.
        """
        found = content_hash(entries)
        if found != index.content_hash:
            raise IndexMismatchError(
                "content of the FAQ store",
                got=found,
                expected=f"{index.content_hash} of the index",
                remedy="build the index again with `spandesk index build`",
            )
        self._entries = {entry.entry_id: entry for entry in entries}
        self._retriever = Retriever(index)
        self._embed = embed
        self._thresholds = thresholds or AnswerThresholds()
        self._reader = reader
        self._today = today
        self._among = lru_cache(maxsize=_NUM_FILTERS)(self._find_among)

    def answer(
        self, parsed: ParsedUtterance, wanted: FaqFilter = _ANY, *, said_before: Sequence[str] = ()
    ) -> FaqOutcome:
        """Answer, suggest, or say that there is nothing; embeds the text only if `parsed` does not fit.

        Only entries answer that are valid on the day of `wanted`, by default today. `said_before` are the
        utterances before the question, the latest first.
        """
        if not parsed.text.strip():
            return NoAnswer("the utterance is empty")
        found = self.search(parsed, wanted, said_before=said_before)
        if not found.hits:
            return NoAnswer("the FAQ store has no entry that may answer")
        if found.confidence >= self._thresholds.min_confidence and not found.is_in_context:
            return self._answer_with(found.candidates[0])
        ranked = [candidate.hit for candidate in found.candidates]
        return self._suggest([*ranked, *found.hits[len(ranked) :]])

    def answer_entry(self, entry_id: str) -> FaqOutcome:
        """Answer with one known entry; NoAnswer when it is gone."""
        entry = self._entries.get(entry_id)
        if entry is None:
            return NoAnswer(f"there is no FAQ entry '{entry_id}'")
        if not entry.is_valid_on(self._today()):
            return NoAnswer(f"the FAQ entry '{entry_id}' is not valid today")
        return _answer(entry, 0, len(entry.passage), 1.0)

    def search(
        self,
        parsed: ParsedUtterance,
        wanted: FaqFilter = _ANY,
        *,
        top_k: int = NUM_HITS,
        said_before: Sequence[str] = (),
    ) -> Found:
        """Find the `top_k` best entries behind `answer`, and read and rank the first of them.

        What was said before counts only where the question alone finds nothing sure, and where it helps.
        """
        parsed = self._embedded(parsed)
        wanted = wanted if wanted.day is not None else replace(wanted, day=self._today())
        found = self._search(parsed, wanted, top_k, None)
        if not (found.hits and said_before) or found.confidence >= self._thresholds.min_confidence:
            return found
        in_context = self._search(parsed, wanted, top_k, self._context(parsed.text, said_before))
        nearest = max((one.hit.dense_score for one in in_context.candidates), default=0.0)
        is_follow_up = nearest >= self._thresholds.min_dense_in_context
        if not is_follow_up or in_context.confidence <= found.confidence:
            return found
        return replace(in_context, is_in_context=True)

    def entry(self, entry_id: str) -> FaqEntry:
        """Give an entry that a hit names."""
        return self._entries[entry_id]

    def _search(
        self, parsed: ParsedUtterance, wanted: FaqFilter, top_k: int, context: SearchContext | None
    ) -> Found:
        among = self._among(wanted)
        hits = self._retriever.retrieve(
            parsed.text, self._embedding(parsed), top_k, among=among, context=context
        )
        chosen = hits[:_NUM_CANDIDATES]
        candidates = rank_candidates(parsed, chosen, self._read(parsed, chosen))
        return Found(hits, candidates)

    def _context(self, question: str, said_before: Sequence[str]) -> SearchContext:
        text = "\n".join(said_before)
        embedding: NDArray[np.float32] = self._embed([f"{question}\n{text}"])[0]
        return SearchContext(text, embedding)

    def _read(self, parsed: ParsedUtterance, hits: Sequence[Hit]) -> list[Reading | None]:
        if self._reader is None:
            return [None] * len(hits)
        embedding, index = self._embedding(parsed), self._retriever.index
        passages = [
            PassageToRead(self._entries[hit.entry_id].passage, index.best_piece(embedding, hit.entry_id))
            for hit in hits
        ]
        return self._reader.read(parsed.text, passages)

    def _find_among(self, wanted: FaqFilter) -> frozenset[str] | None:
        """Give the ids that `wanted` accepts; None if it accepts all."""
        accepted = frozenset(entry_id for entry_id, entry in self._entries.items() if wanted.accepts(entry))
        return None if len(accepted) == len(self._entries) else accepted

    def _embedded(self, parsed: ParsedUtterance) -> ParsedUtterance:
        """Give `parsed` with an embedding of the encoder of the index, so that it is made once at most."""
        encoder_id = self._retriever.index.encoder_id
        return replace(parsed, embedding=self._embedding(parsed), encoder_id=encoder_id)

    def _embedding(self, parsed: ParsedUtterance) -> NDArray[np.float32]:
        if parsed.embedding is not None and parsed.encoder_id == self._retriever.index.encoder_id:
            return parsed.embedding
        embedding: NDArray[np.float32] = self._embed([parsed.text])[0]
        return embedding

    def _answer_with(self, candidate: Candidate) -> Answer:
        """Answer with the span that was read, or the whole passage where the reader is not sure enough."""
        entry, reading = self._entries[candidate.hit.entry_id], candidate.reading
        if reading is None or reading.score < self._thresholds.min_mark_score:
            return _answer(entry, 0, len(entry.passage), candidate.confidence)
        return _answer(entry, reading.start, reading.end, candidate.confidence)

    def _suggest(self, hits: Sequence[Hit]) -> FaqOutcome:
        least = self._thresholds.min_dense_score
        close = [hit for hit in hits if hit.dense_score >= least][: self._thresholds.max_suggestions]
        if not close:
            best = max(hit.dense_score for hit in hits)
            return NoAnswer(f"the closest FAQ entry scores {best:.2f}, below {least:.2f}")
        return Suggestions(tuple((hit.entry_id, self._entries[hit.entry_id].question) for hit in close))


def _answer(entry: FaqEntry, start: int, end: int, confidence: float) -> Answer:
    return Answer(
        entry_id=entry.entry_id,
        question=entry.question,
        passage=entry.passage,
        span_start=start,
        span_end=end,
        source=entry.source,
        confidence=confidence,
    )
