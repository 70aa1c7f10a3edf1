from __future__ import annotations

from dataclasses import replace

import pytest

from nlu.types import RetrievalPair
from retrieval.index import embedded_texts
from retrieval.training_pairs import question_pairs, training_pairs
from retrieval.types import FaqEntry, FaqStatus

ENTRY = FaqEntry("track", "Where is my parcel?", "On its way.\n\nOr with you.", ("parcel gone", "track it"))
PIECES = ("Where is my parcel?\nOn its way.", "Where is my parcel?\nOr with you.")


def test_alternative_meets_the_question_and_every_piece_of_the_passage() -> None:
    assert question_pairs("track it", ENTRY) == [
        RetrievalPair("track it", text, "track") for text in ("Where is my parcel?", *PIECES)
    ]


def test_question_meets_the_passage_alone() -> None:
    assert question_pairs(ENTRY.question, ENTRY) == [
        RetrievalPair("Where is my parcel?", text, "track") for text in PIECES
    ]


def test_texts_are_those_that_the_index_embeds() -> None:
    embedded = {text for _, text in embedded_texts([ENTRY])}

    assert {pair.text for pair in training_pairs([ENTRY])} <= embedded


def test_every_question_of_every_entry_is_paired() -> None:
    other = replace(ENTRY, entry_id="other", alternatives=())

    pairs = training_pairs([ENTRY, other])

    assert len(pairs) == 2 + 3 + 3 + 2
    assert {pair.answer_id for pair in pairs} == {"track", "other"}


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_only_published_entries_teach(status: FaqStatus) -> None:
    assert training_pairs([replace(ENTRY, status=status)]) == ()


def test_empty_faq_has_no_pairs() -> None:
    assert training_pairs([]) == ()


def test_entry_with_only_a_title_meets_its_alternatives() -> None:
    titles = replace(ENTRY, passage="", alternatives=("track it",))

    assert RetrievalPair("track it", ENTRY.question, "track") in training_pairs([titles])


def test_what_customers_asked_is_paired_too_once_and_with_entries_that_are_there() -> None:
    asked = [
        ("track", "where has it got to"),
        ("track", "track it"),
        ("gone", "hello"),
        ("track", "parcel gone"),
    ]

    more = set(training_pairs([ENTRY], asked)) - set(training_pairs([ENTRY]))

    assert {(pair.question, pair.answer_id) for pair in more} == {("where has it got to", "track")}
    assert len(training_pairs([ENTRY], asked)) == len(training_pairs([ENTRY])) + 3
