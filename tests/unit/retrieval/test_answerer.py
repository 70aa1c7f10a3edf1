import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray

from nlu.reader.types import Reading
from nlu.types import IntentPrediction, ParsedUtterance
from retrieval.answerer import AnswerThresholds, FaqAnswerer
from retrieval.index import IndexMismatchError, build_index
from retrieval.reader import PassageReader
from retrieval.types import Answer, FaqEntry, FaqFilter, NoAnswer, Suggestions
from tests.fakes_retrieval import ENCODER_ID, ENTRIES, embed_words


def _refuse(texts: Sequence[str]) -> NDArray[np.float32]:
    raise AssertionError(f"embedded again: {texts}")


def _answerer(embed: object = _refuse, **thresholds: float) -> FaqAnswerer:
    index = build_index(ENTRIES, embed_words, encoder_id=ENCODER_ID)
    return FaqAnswerer(ENTRIES, index, embed, replace(AnswerThresholds(), **thresholds))  # type: ignore[arg-type]


def _parsed(text: str, encoder_id: str = ENCODER_ID) -> ParsedUtterance:
    embedding = embed_words([text])[0]
    return ParsedUtterance(text, IntentPrediction("ask", 1.0), embedding=embedding, encoder_id=encoder_id)


def test_answer_gives_the_whole_passage_of_a_certain_hit() -> None:
    outcome = _answerer().answer(_parsed("is klarna accepted"))

    passage = ENTRIES[2].passage
    assert isinstance(outcome, Answer)
    assert (outcome.entry_id, outcome.passage, outcome.source) == ("pay-klarna", passage, "/help#pay-klarna")
    assert outcome.passage[outcome.span_start : outcome.span_end] == passage
    assert 0.6 <= outcome.confidence <= 1.0


def _reads(marked: str, score: float) -> PassageReader:
    """A reader that marks `marked` where a passage has it, else its first letter below no answer."""

    def read(questions: Sequence[str], passages: Sequence[str]) -> list[Reading | None]:
        assert len(questions) == len(passages)
        places = [passage.find(marked) for passage in passages]
        return [
            Reading(place, place + len(marked), score, -1.0) if place >= 0 else Reading(0, 1, -9.0, 0.0)
            for place in places
        ]

    return PassageReader(read)


def test_answer_is_the_span_that_was_read() -> None:
    index = build_index(ENTRIES, embed_words, encoder_id=ENCODER_ID)
    answerer = FaqAnswerer(ENTRIES, index, _refuse, reader=_reads("in the UK", 8.0))

    outcome = answerer.answer(_parsed("is klarna accepted"))

    assert isinstance(outcome, Answer)
    assert outcome.passage[outcome.span_start : outcome.span_end] == "in the UK"


def test_answer_is_the_whole_passage_where_the_reader_is_not_sure_enough() -> None:
    index = build_index(ENTRIES, embed_words, encoder_id=ENCODER_ID)
    thresholds = AnswerThresholds(min_confidence=0.0)
    answerer = FaqAnswerer(ENTRIES, index, _refuse, thresholds, reader=_reads("in the UK", 0.5))

    outcome = answerer.answer(_parsed("is klarna accepted"))

    assert isinstance(outcome, Answer)
    assert (outcome.span_start, outcome.span_end) == (0, len(outcome.passage))


def test_a_text_is_embedded_once_for_search_and_reading() -> None:
    embedded: list[str] = []

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        embedded.extend(texts)
        return embed_words(texts)

    index = build_index(ENTRIES, embed_words, encoder_id=ENCODER_ID)
    answerer = FaqAnswerer(ENTRIES, index, embed, reader=_reads("in the UK", 8.0))

    answerer.answer(replace(_parsed("is klarna accepted"), embedding=None))

    assert embedded == ["is klarna accepted"]


def test_answer_suggests_when_no_hit_is_certain() -> None:
    answerer = _answerer(min_confidence=0.999999, min_dense_score=0.1, max_suggestions=1)

    outcome = answerer.answer(_parsed("is klarna accepted"))

    assert outcome == Suggestions((("pay-klarna", "Is Klarna accepted?"),))


def test_answer_says_that_there_is_nothing_close() -> None:
    outcome = _answerer().answer(_parsed("penguins on mars"))

    assert isinstance(outcome, NoAnswer)
    assert "below 0.35" in outcome.reason


@pytest.mark.parametrize("text", ["", "  \n"])
def test_answer_of_an_empty_utterance_is_nothing(text: str) -> None:
    assert _answerer().answer(_parsed(text)) == NoAnswer("the utterance is empty")


def test_answer_of_an_empty_store_is_nothing() -> None:
    index = build_index([], embed_words, encoder_id=ENCODER_ID)

    outcome = FaqAnswerer([], index, _refuse).answer(_parsed("is klarna accepted"))

    assert outcome == NoAnswer("the FAQ store has no entry that may answer")


@pytest.mark.parametrize(
    "parsed",
    [
        _parsed("is klarna accepted", encoder_id="older"),
        replace(_parsed("is klarna accepted"), embedding=None),
    ],
    ids=["another encoder", "no embedding"],
)
def test_answer_embeds_the_text_anew_when_its_embedding_does_not_fit(parsed: ParsedUtterance) -> None:
    embedded: list[str] = []

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        embedded.extend(texts)
        return embed_words(texts)

    outcome = _answerer(embed).answer(parsed)

    assert isinstance(outcome, Answer)
    assert embedded == ["is klarna accepted"]


def test_answer_entry_gives_a_known_entry_for_certain() -> None:
    outcome = _answerer().answer_entry("delivery-price")

    assert isinstance(outcome, Answer)
    assert (outcome.entry_id, outcome.confidence) == ("delivery-price", 1.0)


def test_answer_entry_says_when_an_entry_is_gone() -> None:
    assert _answerer().answer_entry("gone") == NoAnswer("there is no FAQ entry 'gone'")


def test_answerer_refuses_an_index_of_other_entries() -> None:
    index = build_index(ENTRIES, embed_words, encoder_id=ENCODER_ID)

    with pytest.raises(IndexMismatchError, match="build the index again"):
        FaqAnswerer(ENTRIES[:2], index, embed_words)


def test_answers_from_many_threads_are_the_same() -> None:
    answerer, found = _answerer(), []
    expected = answerer.answer(_parsed("is klarna accepted"))
    threads = [
        threading.Thread(target=lambda: found.append(answerer.answer(_parsed("is klarna accepted"))))
        for _ in range(8)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [expected] * 8


SALE = replace(ENTRIES[2], entry_id="sale", valid_from=date(2026, 6, 1), valid_until=date(2026, 8, 31))


def _on(day: date, *entries: FaqEntry) -> FaqAnswerer:
    index = build_index(entries, embed_words, encoder_id=ENCODER_ID)
    return FaqAnswerer(entries, index, embed_words, today=lambda: day)


@pytest.mark.parametrize(
    ("day", "is_valid"),
    [
        (date(2026, 5, 31), False),
        (date(2026, 6, 1), True),
        (date(2026, 8, 31), True),
        (date(2026, 9, 1), False),
    ],
)
def test_entry_answers_on_its_days_alone(day: date, is_valid: bool) -> None:
    answerer = _on(day, *ENTRIES[:2], SALE)

    for outcome in (answerer.answer(_parsed("is klarna accepted")), answerer.answer_entry("sale")):
        assert isinstance(outcome, Answer) is is_valid


def test_entry_becomes_valid_without_a_new_index() -> None:
    days = [date(2026, 5, 31), date(2026, 6, 1)]
    entries = (*ENTRIES[:2], SALE)
    index = build_index(entries, embed_words, encoder_id=ENCODER_ID)
    answerer = FaqAnswerer(entries, index, embed_words, today=lambda: days.pop(0))

    before, after = (answerer.answer(_parsed("is klarna accepted")) for _ in range(2))

    assert (isinstance(before, Answer), isinstance(after, Answer)) == (False, True)


def test_search_is_among_what_the_filter_accepts() -> None:
    many = [replace(ENTRIES[0], entry_id=f"other-{number}") for number in range(300)]
    german = replace(ENTRIES[0], entry_id="german", language="de-AT", tags=("returns", "web"))
    answerer = _on(date(2026, 1, 1), *many, german)
    asked = _parsed("how long may I return an item")

    for wanted in (
        FaqFilter(language="de"),
        FaqFilter(tags=frozenset({"web"})),
        FaqFilter(None, "de-at", frozenset({"returns"})),
    ):
        assert [hit.entry_id for hit in answerer.search(asked, wanted).hits] == ["german"]
    assert answerer.search(asked, FaqFilter(language="fr")).hits == []
    assert answerer.answer(asked, FaqFilter(language="de-CH")) == NoAnswer(
        "the FAQ store has no entry that may answer"
    )
    assert len(answerer.search(asked, FaqFilter(language="en-GB")).hits) == 10


def test_an_unclear_question_is_searched_with_what_was_said_before() -> None:
    before = ("30 days.", "what is the return deadline, how long may i return an item")
    answerer = _answerer(embed_words)

    alone = answerer.search(_parsed("and when is that"))
    found = answerer.search(_parsed("and when is that"), said_before=before)

    assert not alone.is_in_context
    assert found.is_in_context
    assert found.candidates[0].hit.entry_id == "returns-period"
    assert found.confidence > alone.confidence


def test_what_was_said_before_makes_suggestions_and_never_an_answer() -> None:
    before = ("30 days.", "what is the return deadline, how long may i return an item")
    asked = _parsed("and when is that")
    sure = _answerer(embed_words).search(asked, said_before=before)
    alone = _answerer(embed_words).search(asked)
    between = (sure.confidence + alone.confidence) / 2

    outcome = _answerer(embed_words, min_confidence=between).answer(asked, said_before=before)

    assert isinstance(outcome, Suggestions)
    assert outcome.entries[0][0] == "returns-period"


def test_a_clear_question_has_no_second_search() -> None:
    clear = _parsed("is klarna accepted")

    outcome = _answerer().answer(clear, said_before=("30 days.", "how long may i return an item"))

    assert outcome == _answerer().answer(clear)


def test_something_else_than_before_is_no_follow_up() -> None:
    before = ("30 days.", "what is the return deadline, how long may i return an item")
    other = _parsed("who won the cup on mars")

    found = _answerer(embed_words, min_dense_in_context=0.99).search(other, said_before=before)

    assert found == _answerer(embed_words).search(other)
    assert _answerer(embed_words, min_dense_in_context=0.0).search(other, said_before=before).is_in_context


def test_what_was_said_before_counts_only_where_it_finds_something_surer() -> None:
    answerer = _answerer(embed_words, min_confidence=1.1)
    asked = _parsed("is klarna accepted")

    found = answerer.search(asked, said_before=("penguins live on mars",))

    assert found == answerer.search(asked)
