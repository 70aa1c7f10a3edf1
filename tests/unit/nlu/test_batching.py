from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.batching import TextEncoder, collate, group_by_length, load_tokenizer
from nlu.checkpoint import EncoderCheckpoint
from nlu.patterns import PatternSet
from nlu.spans import align_span
from nlu.text import Casing
from tests.fakes_nlu import MAX_TOKENS, make_checkpoint, text_encoder_of


def test_offsets_are_characters_of_the_customers_own_text(checkpoint: EncoderCheckpoint) -> None:
    text = "Où est 👍🏽 the RED coat?"

    encoded = text_encoder_of(checkpoint).encode([text])[0]

    pieces = [text[start:end] for start, end in encoded.offsets]
    assert pieces[0] == pieces[-1] == ""
    assert [piece for piece in pieces if piece in {"the", "RED", "coat"}] == ["the", "RED", "coat"]


def test_casing_is_that_of_the_whole_word(checkpoint: EncoderCheckpoint) -> None:
    encoded = text_encoder_of(checkpoint).encode(["Zoe hello FH1"])[0]

    words = [Casing(value) for value in encoded.casing]
    assert words[1:4] == [Casing.TITLE] * 3  # Z, ##o, ##e
    assert words[4] is Casing.LOWER
    assert words[-2] is Casing.LETTERS_AND_DIGITS
    assert words[0] is words[-1] is Casing.NONE


def test_one_text_is_encoded_as_it_is_among_many(checkpoint: EncoderCheckpoint) -> None:
    encoder = text_encoder_of(checkpoint)

    alone, together = encoder.encode(["red coat"])[0], encoder.encode(["hi", "red coat"])[1]

    assert alone.offsets == together.offsets
    assert alone.ids.tolist() == together.ids.tolist()


def test_long_text_is_cut_and_keeps_true_offsets(checkpoint: EncoderCheckpoint) -> None:
    encoded = text_encoder_of(checkpoint).encode(["red " * 5_000])[0]

    assert len(encoded) == MAX_TOKENS
    assert encoded.offsets[MAX_TOKENS - 2] == (4 * (MAX_TOKENS - 3), 4 * (MAX_TOKENS - 3) + 3)


@pytest.mark.parametrize("text", ["", "   ", "\n\t"], ids=["empty", "blanks", "control"])
def test_text_without_words_has_none(checkpoint: EncoderCheckpoint, text: str) -> None:
    assert not text_encoder_of(checkpoint).encode([text])[0].has_words


def test_lone_surrogate_does_not_break_the_tokenizer(checkpoint: EncoderCheckpoint) -> None:
    encoded = text_encoder_of(checkpoint).encode(["red \ud83d coat"])[0]

    assert encoded.offsets[-2] == (6, 10)


def test_chinese_text_has_a_token_per_character(tmp_path: Path) -> None:
    checkpoint = make_checkpoint(tmp_path / "zh", ["我", "的", "订", "单", "在", "哪", "里"])

    encoded = text_encoder_of(checkpoint).encode(["我的订单在哪里"])[0]

    assert align_span(encoded.offsets, 2, 4) == (3, 5)


def test_cased_vocabulary_without_tokenizer_json_is_read(tmp_path: Path) -> None:
    checkpoint = make_checkpoint(tmp_path / "cased", ["Leeds", "leeds"], is_cased=True)
    (checkpoint.path / "tokenizer.json").unlink()
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "Leeds", "leeds"]
    (checkpoint.path / "vocab.txt").write_text("\n".join(tokens) + "\n")
    (checkpoint.path / "tokenizer_config.json").write_text(
        '{"tokenizer_class": "BertTokenizer", "do_lower_case": false}'
    )

    tokenizer = load_tokenizer(checkpoint)

    assert tokenizer.encode("Leeds leeds").ids == [2, 5, 6, 3]


def test_collate_pads_and_masks(checkpoint: EncoderCheckpoint) -> None:
    patterns = PatternSet.compile({"colour": ("red",)}, {})
    encoder = TextEncoder(load_tokenizer(checkpoint), patterns, max_tokens=MAX_TOKENS)

    batch = collate(encoder.encode(["red", "hello red coat"]))

    assert batch.ids.shape == (2, 5)
    assert batch.attention_mask.tolist() == [[True] * 3 + [False] * 2, [True] * 5]
    assert batch.word_mask.tolist()[0] == [False, True, False, False, False]
    assert batch.patterns[0, 1].tolist() == [1.0, 1.0, 1.0]
    assert batch.patterns[1, :, 2].tolist() == [0.0, 0.0, 1.0, 0.0, 0.0]
    assert not batch.ids[0, 3:].any()


@given(st.lists(st.integers(1, 60), max_size=30))
def test_group_by_length_places_every_text_once_within_the_budget(lengths: list[int]) -> None:
    groups = list(group_by_length(lengths, max_cells=100))

    assert sorted(position for group in groups for position in group) == list(range(len(lengths)))
    for group in groups:
        assert len(group) == 1 or len(group) * max(lengths[position] for position in group) <= 100


def test_group_by_length_keeps_short_texts_in_one_batch() -> None:
    assert list(group_by_length([5] * 32, max_cells=4096)) == [list(range(32))]


def test_ids_are_int64(checkpoint: EncoderCheckpoint) -> None:
    assert text_encoder_of(checkpoint).encode(["red"])[0].ids.dtype == np.int64
