from __future__ import annotations

import numpy as np
import pytest

from nlu.batching import load_tokenizer
from nlu.checkpoint import EncoderCheckpoint
from nlu.reader.pairs import PairEncoder
from nlu.training.reader_data import (
    ReaderPair,
    distinct,
    make_pairs,
    make_reader_batches,
    split_documents,
    swap_names,
    wrong_passages,
)
from nlu.types import AnswerSpan, ReaderExample
from tests.fakes_reader import small_reading


def ask(question: str, passage: str, answer: str, group: str = "g") -> ReaderExample:
    start = passage.index(answer)
    return ReaderExample(question, passage, (AnswerSpan(start, start + len(answer)),), question, group)


@pytest.fixture
def encoder(checkpoint: EncoderCheckpoint) -> PairEncoder:
    return PairEncoder(load_tokenizer(checkpoint), max_tokens=40)


def words_of(pair: ReaderPair) -> list[str]:
    return [pair.window.text[start:end] for start, end in pair.window.offsets if end > start]


def answer_of(pair: ReaderPair) -> str:
    ((first, last),) = pair.spans
    return pair.window.text[pair.window.offsets[first][0] : pair.window.offsets[last][1]]


@pytest.mark.parametrize("seed", range(8))
def test_a_shortened_pair_keeps_question_and_answer(encoder: PairEncoder, seed: int) -> None:
    passage = "hello hi good morning where is my order the blue coat please red shirt"
    ((pair,), _) = make_pairs([ask("my coat", passage, "blue coat")], encoder)

    short = pair.shortened(4, np.random.default_rng(seed))

    assert len(words_of(short)) == 4
    assert answer_of(short) == "blue coat"
    assert short.window.ids[:4].tolist() == pair.window.ids[:4].tolist()
    assert short.window.ids[-1] == pair.window.ids[-1]


def test_a_short_pair_and_a_long_answer_are_not_cut(encoder: PairEncoder) -> None:
    rng = np.random.default_rng(1)
    ((pair,), _) = make_pairs([ask("my coat", "the blue coat is red", "blue coat is")], encoder)

    assert pair.shortened(9, rng) is pair
    assert answer_of(pair.shortened(2, rng)) == "blue coat is"


def test_a_window_without_the_answer_is_left_out_but_not_of_unanswerable_questions(
    encoder: PairEncoder,
) -> None:
    passage = "please " * 60 + "red"
    answerable = ask("my coat", passage, "red")
    unanswerable = ReaderExample("my hat", passage, (), "u", "g")

    of_answerable, _ = make_pairs([answerable], encoder)
    of_unanswerable, _ = make_pairs([unanswerable], encoder)

    assert [bool(pair.spans) for pair in of_answerable] == [True]
    assert len(of_unanswerable) > 2
    assert not any(pair.spans for pair in of_unanswerable)


def test_an_answer_within_a_token_is_named(encoder: PairEncoder) -> None:
    pairs, misaligned = make_pairs([ask("my coat", "the blue coat", "lue")], encoder)

    assert pairs == []
    assert misaligned == ["my coat"]


def test_documents_are_split_whole() -> None:
    train, validation = split_documents(small_reading(), fraction=0.3, rng=np.random.default_rng(2))

    assert len(train) + len(validation) == len(small_reading())
    assert {one.group for one in train}.isdisjoint(one.group for one in validation)
    assert 0.3 <= len(validation) / len(small_reading()) < 0.4


def test_a_single_document_trains() -> None:
    examples = small_reading()[:3]

    assert split_documents(examples, fraction=0.5, rng=np.random.default_rng(2)) == (examples, [])


def test_wrong_passages_are_of_the_document_without_the_answer_and_nearest() -> None:
    asked = ask("when is the shop in Leeds open", "The shop in Leeds is open at 9.", "9")
    near = ask("when is the shop in York open", "The shop in York is open from 10.", "10")
    also = ask("is 9 the limit", "The limit in the shop in Leeds is 9.", "limit")
    other = ask("who", "Somebody else.", "else", group="another document")

    found = wrong_passages([asked, near, also, other], share=0.99, rng=np.random.default_rng(1))

    assert {(one.question, one.passage) for one in found if one.question == asked.question} == {
        (asked.question, near.passage)
    }
    assert all(one.answers == () for one in found)
    assert not any(one.question == "who" for one in found)


def test_swapped_names_stay_in_kind_and_document() -> None:
    leeds = ask("is it open in Leeds at 9", "Leeds opens at 9.", "9")
    york = ask("is it open in York at 10", "York opens at 10.", "10")
    other = ask("is it open in Hull", "Hull.", "Hull", group="another document")

    found = swap_names([leeds, york, other], share=0.99, rng=np.random.default_rng(1))

    assert {one.question for one in found} == {"is it open in York at 9", "is it open in Leeds at 10"}
    assert all(one.answers == () for one in found)


def test_distinct_keeps_the_first_of_each_question_about_a_passage() -> None:
    first = ask("my coat", "the blue coat", "blue")

    assert distinct([first, ask("my coat", "the blue coat", "the blue")]) == [first]


def test_batches_hold_every_pair_once_with_its_targets(encoder: PairEncoder) -> None:
    pairs, _ = make_pairs(small_reading(), encoder)

    batches = list(make_reader_batches(pairs, batch_size=5, rng=np.random.default_rng(1)))

    assert sum(len(batch.batch.ids) for batch in batches) == len(pairs)
    assert sum(int(batch.targets.sum()) for batch in batches) == sum(len(pair.spans) for pair in pairs)
