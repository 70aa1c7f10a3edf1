from __future__ import annotations

import pytest

from nlu.batching import EncodedText, load_tokenizer
from nlu.checkpoint import EncoderCheckpoint
from nlu.reader.pairs import PairEncoder


@pytest.fixture
def encoder(checkpoint: EncoderCheckpoint) -> PairEncoder:
    return PairEncoder(load_tokenizer(checkpoint), max_tokens=24)


def read(window: EncodedText) -> list[str]:
    return [window.text[start:end] for start, end in window.offsets]


def test_a_pair_is_the_question_without_offsets_then_the_passage(encoder: PairEncoder) -> None:
    ((window,),) = encoder.encode(["where is my hat"], ["The red hat"])

    assert read(window) == ["", "", "", "", "", "", "The", "red", "hat", ""]
    assert window.num_text_tokens == len(window) == len(window.ids)
    assert list(window.ids[[0, 5, 9]]) == [
        window.ids[0],
        window.ids[9],
        window.ids[9],
    ]  # [CLS] … [SEP] … [SEP]


def test_a_pair_equals_what_the_tokenizer_makes_of_both(
    encoder: PairEncoder, checkpoint: EncoderCheckpoint
) -> None:
    tokenizer = load_tokenizer(checkpoint)

    ((window,),) = encoder.encode(["my hat"], ["the red hat"])

    assert window.ids.tolist() == tokenizer.encode("my hat", "the red hat").ids


def test_a_long_passage_becomes_windows_with_the_whole_question(encoder: PairEncoder) -> None:
    passage = " ".join(["red", "blue", "green", "hat", "coat"] * 4)

    ((first, *rest),) = encoder.encode(["my hat"], [passage])

    assert rest
    assert all(len(window) <= 24 for window in (first, *rest))
    assert all(window.ids[:4].tolist() == first.ids[:4].tolist() for window in rest)
    assert first.borders[0] == 0
    assert rest[-1].borders[1] == len(passage)


def test_of_a_long_question_the_beginning_is_read(encoder: PairEncoder) -> None:
    ((window,),) = encoder.encode(["hat " * 50], ["red"])

    assert len(window) <= 24
    assert read(window)[-2] == "red"


@pytest.mark.parametrize("passage", ["", "   \n"], ids=["empty", "white-space"])
def test_a_passage_without_words_has_none(encoder: PairEncoder, passage: str) -> None:
    ((window,),) = encoder.encode(["my hat"], [passage])

    assert not window.has_words


def test_no_pairs_give_no_windows(encoder: PairEncoder) -> None:
    assert encoder.encode([], []) == []


def test_offsets_count_code_points_of_the_passage(encoder: PairEncoder) -> None:
    ((window,),) = encoder.encode(["hat"], ["🙂 é red"])

    assert read(window)[-2] == "red"
