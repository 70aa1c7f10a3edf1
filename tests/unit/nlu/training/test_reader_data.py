from __future__ import annotations

from collections import Counter
from dataclasses import replace

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
)
from nlu.types import ReaderExample
from tests.fakes_reader import ask, small_reading


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


def test_every_collection_gives_its_share_for_validation() -> None:
    large = [replace(one, group=f"large {one.group}", collection="large.json") for one in small_reading() * 5]
    small = [replace(one, collection="small.yml") for one in small_reading()]

    for seed in range(5):
        _, validation = split_documents([*large, *small], fraction=0.2, rng=np.random.default_rng(seed))

        drawn = Counter(one.collection for one in validation)
        assert drawn["large.json"] == len(large) / 4  # three whole documents of twelve
        assert drawn["small.yml"] == len(small) / 4


def test_a_document_of_two_collections_is_on_one_side() -> None:
    answerable = [replace(one, collection="with.json") for one in small_reading()]
    more = [replace(one, question="is my glove", collection="without.json") for one in small_reading()]

    train, validation = split_documents([*answerable, *more], fraction=0.3, rng=np.random.default_rng(2))

    assert {one.collection for one in validation} == {"with.json", "without.json"}
    assert {one.group for one in train}.isdisjoint(one.group for one in validation)


def test_a_single_document_trains() -> None:
    examples = small_reading()[:3]

    assert split_documents(examples, fraction=0.5, rng=np.random.default_rng(2)) == (examples, [])


def test_distinct_keeps_the_first_of_each_question_about_a_passage() -> None:
    first = ask("my coat", "the blue coat", "blue")

    assert distinct([first, ask("my coat", "the blue coat", "the blue")]) == [first]


def test_batches_hold_every_pair_once_with_its_targets(encoder: PairEncoder) -> None:
    pairs, _ = make_pairs(small_reading(), encoder)

    batches = list(make_reader_batches(pairs, batch_size=5, rng=np.random.default_rng(1)))

    assert sum(len(batch.batch.ids) for batch in batches) == len(pairs)
    assert sum(int(batch.targets.sum()) for batch in batches) == sum(len(pair.spans) for pair in pairs)
