from __future__ import annotations

import numpy as np
import pytest
import torch

from nlu.checkpoint import EncoderCheckpoint
from nlu.reader.bundle import load_reader
from nlu.reader.decode import best_reading, best_span
from nlu.reader.reading import Reader
from nlu.reader.types import Reading
from nlu.training.reader import TrainedReader
from tests.fakes_training_loop import two_words


@pytest.fixture
def reader(trained_reader: TrainedReader, checkpoint: EncoderCheckpoint) -> Reader:
    return Reader(load_reader(trained_reader.path, encoder=checkpoint))


def test_best_span_is_given_in_characters_with_its_lead_over_no_answer() -> None:
    scores = np.full((4, 4), -9.0, dtype=np.float32)
    scores[1, 2] = -0.5

    assert best_span(scores, -2.0, two_words("hello hi")) == Reading(0, 8, score=1.5, null_score=-2.0)


def test_best_reading_of_windows_leads_most() -> None:
    weak, strong = Reading(0, 1, 0.5, -1.0), Reading(5, 9, 2.0, -3.0)

    assert best_reading([weak, None, strong]) is strong
    assert best_reading([None]) is None


def test_reader_marks_the_exact_characters_that_answer(reader: Reader) -> None:
    passage = "the shirt is  navy the coat is red"

    shirt, coat = reader.read(["is my shirt", "is my coat"], [passage, passage])

    assert shirt is not None
    assert coat is not None
    assert passage[shirt.start : shirt.end] == "navy"
    assert passage[coat.start : coat.end] == "red"
    assert shirt.score >= reader.min_score


def test_reader_scores_what_the_passage_does_not_say_below_its_threshold(reader: Reader) -> None:
    (hat,) = reader.read(["is my hat"], ["the shirt is navy the coat is red"])

    assert hat is not None
    assert hat.score < reader.min_score


def test_reader_reads_every_window_of_a_long_passage(reader: Reader) -> None:
    before = "please " * 60
    passage = before + "the shirt is navy the coat is red"

    (found,) = reader.read(["is my coat"], [passage])

    assert found is not None
    assert passage[found.start : found.end] in {"navy", "red"}
    assert found.start > len(before)


@pytest.mark.parametrize("passage", ["", " \n\t"], ids=["empty", "white-space"])
def test_a_passage_without_words_gives_nothing(reader: Reader, passage: str) -> None:
    assert reader.read(["is my hat"], [passage]) == [None]


def test_nothing_to_read_gives_nothing(reader: Reader) -> None:
    assert reader.read([], []) == []


def test_emoji_and_right_to_left_text_keep_their_offsets(reader: Reader) -> None:
    passage = "🙂 שלום é the shirt is navy"

    (found,) = reader.read(["is my shirt \ud83d"], [passage])

    assert found is not None
    assert 0 <= found.start < found.end <= len(passage)


def test_a_reader_in_bfloat16_reads_the_same_within_its_digits(
    reader: Reader, trained_reader: TrainedReader, checkpoint: EncoderCheckpoint
) -> None:
    lower = Reader(load_reader(trained_reader.path, encoder=checkpoint), precision=torch.bfloat16)
    questions, passage = ["is my shirt", "is my coat", "is my hat"], "the shirt is navy the coat is red"

    exact, found = (one.read(questions, [passage] * 3) for one in (reader, lower))

    for wanted, got in zip(exact, found, strict=True):
        assert wanted is not None
        assert got is not None
        assert got.score == pytest.approx(wanted.score, abs=0.5)
        assert got.score != wanted.score
    assert [(one.start, one.end) for one in found[:2] if one] == [
        (one.start, one.end) for one in exact[:2] if one
    ]
