"""Searches go on while the FAQ content is swapped: each meets one content, whole."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, cast

from app.serving.understanding import ServedModel, Understanding
from nlu.types import IntentPrediction, ParsedUtterance
from retrieval.answerer import FaqAnswerer
from retrieval.index import build_index
from retrieval.types import Answer, FaqEntry, FaqOutcome, NoAnswer, Suggestions
from tests.fakes_retrieval import ENCODER_ID, ENTRIES, embed_words

_NUM_SEARCHES = 200
_QUESTION = ParsedUtterance("is klarna accepted", IntentPrediction("ask", 1.0))


class _NoInterpreter:
    bundle_id = "bundle"


def _served(*entries: FaqEntry) -> ServedModel:
    index = build_index(entries, embed_words, encoder_id=ENCODER_ID)
    answerer = FaqAnswerer(entries, index, embed_words)
    return ServedModel(cast(Any, _NoInterpreter()), answerer, index.content_hash)


def _searches_while_swapping(*contents: ServedModel) -> list[FaqOutcome]:
    understanding, is_done = Understanding(contents[0]), threading.Event()

    def swap() -> None:
        place = 0
        while not is_done.is_set():
            place += 1
            understanding.swap(contents[place % len(contents)])

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        with ThreadPoolExecutor(max_workers=8) as searchers:
            return list(searchers.map(lambda _: understanding.answer(_QUESTION), range(_NUM_SEARCHES)))
    finally:
        is_done.set()
        swapper.join()
        understanding.close()


def test_no_search_fails_or_mixes_contents_during_a_swap() -> None:
    old = ENTRIES[2]
    new = replace(
        old, passage="Klarna is no longer accepted.", source="/new", question="Is Klarna accepted now?"
    )

    outcomes = _searches_while_swapping(_served(*ENTRIES[:2], old), _served(new, *ENTRIES[:2]))

    whole = {(one.question, one.passage, one.source) for one in (old, new)}
    seen = {(one.question, one.passage, one.source) for one in outcomes if isinstance(one, Answer)}
    assert len(outcomes) == _NUM_SEARCHES
    assert all(isinstance(one, Answer) for one in outcomes)
    assert seen == whole


def test_entry_that_is_deleted_meanwhile_is_answered_whole_or_not_at_all() -> None:
    outcomes = _searches_while_swapping(_served(*ENTRIES), _served(*ENTRIES[:2]), _served())

    answers = {one.passage for one in outcomes if isinstance(one, Answer)}
    assert answers == {ENTRIES[2].passage}
    assert {type(one) for one in outcomes} <= {Answer, Suggestions, NoAnswer}
    assert any(isinstance(one, NoAnswer) for one in outcomes)
