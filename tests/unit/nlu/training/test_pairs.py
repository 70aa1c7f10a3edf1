from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from nlu.checkpoint import EncoderCheckpoint
from nlu.training.config import RetrievalSettings
from nlu.training.pairs import PairBatch, make_pair_batches, number_texts, spread_pair_batches
from nlu.types import RetrievalPair
from tests.fakes_pairs import make_pairs, small_pairs

PLAIN = RetrievalSettings(num_hard_negatives=0)


def batches_of(
    checkpoint: EncoderCheckpoint, settings: RetrievalSettings, *, batch_size: int, seed: int = 0
) -> list[PairBatch]:
    pairs = make_pairs(checkpoint, small_pairs(), settings)
    return list(make_pair_batches(pairs, batch_size=batch_size, rng=np.random.default_rng(seed)))


def test_texts_are_numbered_once_whatever_their_order() -> None:
    pairs = small_pairs()

    there, back = number_texts(pairs), number_texts((*pairs[::-1], pairs[0]))

    assert there.texts == back.texts
    assert len(there.texts) == len(set(there.texts)) == 4 * (3 + 2)
    np.testing.assert_array_equal(there.pairs, back.pairs)
    assert len(there.pairs) == len(pairs)


def test_spellings_of_one_text_count_as_one() -> None:
    numbered = number_texts([RetrievalPair("Hello  You", "a", "1"), RetrievalPair("hello you", "a", "1")])

    assert numbered.texts == ("Hello  You", "a")
    assert len(numbered.pairs) == 1


def test_text_of_two_entries_belongs_to_both() -> None:
    numbered = number_texts([RetrievalPair("sign up", "a", "1"), RetrievalPair("sign up", "b", "2")])

    assert numbered.answers == ({"1", "2"}, {"1"}, {"2"})


@pytest.mark.parametrize(
    "pair",
    [RetrievalPair("", "a", "1"), RetrievalPair("a", " ", "1"), RetrievalPair("Same", "same", "1")],
    ids=["empty question", "blank text", "question that is its text"],
)
def test_pair_that_teaches_nothing_is_left_out(pair: RetrievalPair) -> None:
    assert len(number_texts([pair]).pairs) == 0


def test_no_pairs_give_no_texts() -> None:
    numbered = number_texts([])

    assert (numbered.texts, numbered.pairs.shape) == ((), (0, 2))


def test_every_pair_comes_once(checkpoint: EncoderCheckpoint) -> None:
    batches = batches_of(checkpoint, PLAIN, batch_size=5)

    assert [len(one.positives) for one in batches].count(5) == 4
    assert sum(len(one.positives) for one in batches) == len(small_pairs())


def test_questions_of_one_text_share_a_batch(checkpoint: EncoderCheckpoint) -> None:
    batches = batches_of(checkpoint, PLAIN, batch_size=6)

    assert [one.texts.batch.ids.shape[0] for one in batches] == [2, 2, 2, 2]


def test_own_text_and_others_of_its_answer_are_no_negatives(checkpoint: EncoderCheckpoint) -> None:
    (batch,) = batches_of(checkpoint, PLAIN, batch_size=24)

    assert batch.is_negative.shape == (24, 8)
    assert not batch.is_negative.gather(1, batch.positives.unsqueeze(1)).any()
    assert batch.is_negative.sum(dim=1).tolist() == [6] * 24


def test_hard_negatives_join_the_batch(checkpoint: EncoderCheckpoint) -> None:
    settings = RetrievalSettings(num_hard_negatives=1, max_negative_cosine=1.0)

    plain = batches_of(checkpoint, PLAIN, batch_size=3)
    hard = batches_of(checkpoint, settings, batch_size=3)

    assert {one.texts.batch.ids.shape[0] for one in plain} == {1}
    assert {one.texts.batch.ids.shape[0] for one in hard} == {2}
    assert all(one.is_negative.any(dim=1).all() for one in hard)


def test_order_follows_the_generator(checkpoint: EncoderCheckpoint) -> None:
    first, again, other = (batches_of(checkpoint, PLAIN, batch_size=4, seed=seed) for seed in (1, 1, 2))

    assert all(
        torch.equal(one.questions.batch.ids, two.questions.batch.ids)
        for one, two in zip(first, again, strict=True)
    )
    assert any(
        one.questions.batch.ids.shape != two.questions.batch.ids.shape
        or not torch.equal(one.questions.batch.ids, two.questions.batch.ids)
        for one, two in zip(first, other, strict=True)
    )


@pytest.mark.parametrize(
    ("num_steps", "due"),
    [(6, [False, True] * 3), (3, [True] * 3), (2, [True] * 2)],
    ids=["fewer than steps", "as many", "more"],
)
def test_batches_are_spread_over_the_steps(
    checkpoint: EncoderCheckpoint, num_steps: int, due: list[bool]
) -> None:
    pairs = make_pairs(checkpoint, small_pairs(), PLAIN)

    spread = spread_pair_batches(pairs, num_steps=num_steps, batch_size=8, rng=np.random.default_rng(0))

    assert [one is not None for one in spread] == due


def test_long_texts_are_read_as_far_as_the_setting_says(checkpoint: EncoderCheckpoint) -> None:
    pairs = make_pairs(checkpoint, small_pairs(), replace(PLAIN, max_text_tokens=8))

    assert max(len(text.example.encoded) for text in pairs.texts) == 8


def test_one_answer_has_no_negatives(checkpoint: EncoderCheckpoint) -> None:
    alone = tuple(replace(pair, answer_id="only") for pair in small_pairs())
    pairs = make_pairs(checkpoint, alone, RetrievalSettings())

    (batch,) = make_pair_batches(pairs, batch_size=64, rng=np.random.default_rng(0))

    assert not batch.is_negative.any()
