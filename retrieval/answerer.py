"""Answers a customer's question from the FAQ store, suggests questions, or says that there is nothing.

It holds one immutable index with the entries it was built from; new content is a new answerer. The span of an
answer covers its whole passage: a reader that selects the answering words takes its place between retrieving
and answering.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nlu.types import ParsedUtterance
from retrieval.index import FaqIndex, IndexMismatchError
from retrieval.retriever import Retriever
from retrieval.types import (
    Answer,
    Embed,
    FaqEntry,
    FaqFilter,
    FaqOutcome,
    Hit,
    NoAnswer,
    Suggestions,
    content_hash,
)

_NUM_FILTERS = 64  # whose entries are remembered
_ANY = FaqFilter()
_NUM_HITS = 10  # the first for the answer, the next for its lead and for suggestions


def _today() -> date:
    return datetime.now(UTC).date()


@dataclass(frozen=True, slots=True)
class AnswerThresholds:
    """When to answer, when to suggest.

    Chosen by ``python -m benchmarks.faq_retrieval``: base encoder, the starter bot's FAQ, each alternative
    asked while it is left out of the index (758 questions), and 60 questions that the shop cannot answer.
    With `min_confidence` 0.6 the bot answers 59 % of these hard questions, 88 % of the answers are the
    right entry, and 10 % of the foreign questions get one; below `min_dense_score` 0.35 are 5 % of the
    questions and 68 % of the foreign ones.
    """

    min_confidence: float = 0.6  # least calibrated probability that the best entry is the right one
    min_dense_score: float = 0.35  # least dense score in [-1, 1] for a suggestion
    max_suggestions: int = 3


@dataclass(frozen=True, slots=True)
class ConfidenceWeights:
    """A logistic regression: how likely the best hit is right; fitted on the questions named there."""

    dense_score: float = 6.33  # of the best hit
    lead: float = 13.26  # of its dense score over the best other hit
    agreement: float = 0.76  # whether the lexical search has the same first hit
    bias: float = -4.08


class FaqAnswerer:
    """Answers from one index; implements the dialogue core's port `Answerer`. Safe in several threads."""

    def __init__(
        self,
        entries: Sequence[FaqEntry],
        index: FaqIndex,
        embed: Embed,
        thresholds: AnswerThresholds | None = None,
        *,
        today: Callable[[], date] = _today,
    ) -> None:
        """Join an index with its entries.

        Args:
            entries: the FAQ entries that `index` was built from.
            index: their index.
            embed: the encoder of the index, for utterances that another encoder understood.
            thresholds: None for the defaults.
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
        self._today = today
        self._among = lru_cache(maxsize=_NUM_FILTERS)(self._find_among)

    def answer(self, parsed: ParsedUtterance, wanted: FaqFilter = _ANY) -> FaqOutcome:
        """Answer, suggest, or say that there is nothing; embeds the text only if `parsed` does not fit.

        Only entries answer that are valid on the day of `wanted`, by default today.
        """
        if not parsed.text.strip():
            return NoAnswer("the utterance is empty")
        hits = self.retrieve(parsed, wanted)
        if not hits:
            return NoAnswer("the FAQ store has no entry that may answer")
        confidence = confidence_of(hits)
        if confidence >= self._thresholds.min_confidence:
            return self._whole_passage(hits[0].entry_id, confidence)
        return self._suggest(hits)

    def answer_entry(self, entry_id: str) -> FaqOutcome:
        """Answer with one known entry; NoAnswer when it is gone."""
        entry = self._entries.get(entry_id)
        if entry is None:
            return NoAnswer(f"there is no FAQ entry '{entry_id}'")
        if not entry.is_valid_on(self._today()):
            return NoAnswer(f"the FAQ entry '{entry_id}' is not valid today")
        return self._whole_passage(entry_id, 1.0)

    def retrieve(
        self, parsed: ParsedUtterance, wanted: FaqFilter = _ANY, top_k: int = _NUM_HITS
    ) -> list[Hit]:
        """Give the best entries behind `answer`, best first."""
        wanted = wanted if wanted.day is not None else replace(wanted, day=self._today())
        among = self._among(wanted)
        return self._retriever.retrieve(parsed.text, self._embedding(parsed), top_k, among=among)

    def _find_among(self, wanted: FaqFilter) -> frozenset[str] | None:
        """Give the ids that `wanted` accepts; None if it accepts all."""
        accepted = frozenset(entry_id for entry_id, entry in self._entries.items() if wanted.accepts(entry))
        return None if len(accepted) == len(self._entries) else accepted

    def _embedding(self, parsed: ParsedUtterance) -> NDArray[np.float32]:
        if parsed.embedding is not None and parsed.encoder_id == self._retriever.index.encoder_id:
            return parsed.embedding
        embedding: NDArray[np.float32] = self._embed([parsed.text])[0]
        return embedding

    def _whole_passage(self, entry_id: str, confidence: float) -> Answer:
        entry = self._entries[entry_id]
        return Answer(
            entry_id=entry_id,
            question=entry.question,
            passage=entry.passage,
            span_start=0,
            span_end=len(entry.passage),
            source=entry.source,
            confidence=confidence,
        )

    def _suggest(self, hits: Sequence[Hit]) -> FaqOutcome:
        least = self._thresholds.min_dense_score
        close = [hit for hit in hits if hit.dense_score >= least][: self._thresholds.max_suggestions]
        if not close:
            best = max(hit.dense_score for hit in hits)
            return NoAnswer(f"the closest FAQ entry scores {best:.2f}, below {least:.2f}")
        return Suggestions(tuple((hit.entry_id, self._entries[hit.entry_id].question) for hit in close))


_WEIGHTS = ConfidenceWeights()


def confidence_of(hits: Sequence[Hit], weights: ConfidenceWeights = _WEIGHTS) -> float:
    """Give the calibrated probability that the first of `hits` is the entry that was asked for.

    Empty `hits` give 0; a single hit leads by its own score.
    """
    if not hits:
        return 0.0
    best_other = max((hit.dense_score for hit in hits[1:]), default=0.0)
    logit = (
        weights.dense_score * hits[0].dense_score
        + weights.lead * (hits[0].dense_score - best_other)
        + weights.agreement * (hits[0].lexical_rank == 1)
        + weights.bias
    )
    return 1.0 / (1.0 + math.exp(-logit))
