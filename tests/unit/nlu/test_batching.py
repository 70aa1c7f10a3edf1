from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import processors

from nlu.batching import TextEncoder, collate, group_by_length, load_tokenizer
from nlu.checkpoint import EncoderCheckpoint
from nlu.patterns import PatternSet
from nlu.spans import align_span
from nlu.text import SPELLING_LENGTH, Casing, spell
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


def padded_signs(word: str) -> list[int]:
    return [*spell(word), *[0] * (SPELLING_LENGTH - len(spell(word)))]


def test_spelling_is_that_of_what_stands_between_blanks(checkpoint: EncoderCheckpoint) -> None:
    encoded = text_encoder_of(checkpoint).encode(["  Zo-1  RED,\thi"])[0]

    pieces = [encoded.text[start:end] for start, end in encoded.offsets]
    assert pieces == ["", "Z", "o", "-", "1", "RED", ",", "hi", ""]
    words = ["Zo-1"] * 4 + ["RED,"] * 2 + ["hi"]
    assert encoded.spelling.tolist()[1:-1] == [padded_signs(word) for word in words]
    assert not encoded.spelling[[0, -1]].any()
    assert encoded.spelling.dtype == np.uint8


def test_spelling_of_a_window_is_that_of_its_own_words(checkpoint: EncoderCheckpoint) -> None:
    text = "".join(f"{word} " for word in ["navy", "hat", "from"] * 40)

    windows = text_encoder_of(checkpoint).encode_windows([text])[0]

    assert len(windows) > 1
    for window in windows:
        words = text[slice(*window.borders)].split()
        assert window.spelling.tolist()[1:-1] == [padded_signs(word) for word in words]


def test_spelling_is_padded_and_leaves_the_context_out(checkpoint: EncoderCheckpoint) -> None:
    batch = collate(text_encoder_of(checkpoint).encode(["red", "hello red coat"], ["hat", ""]))

    assert batch.spelling.shape == (2, 5, SPELLING_LENGTH)
    assert batch.spelling[0, 1].tolist() == padded_signs("red")
    assert not batch.spelling[0, 2:].any()
    assert batch.spelling[1, 3].tolist() == padded_signs("coat")


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


def test_context_follows_the_text_as_a_second_part(checkpoint: EncoderCheckpoint) -> None:
    encoder = TextEncoder(
        load_tokenizer(checkpoint), PatternSet.compile({"colour": ("red",)}, {}), max_tokens=MAX_TOKENS
    )

    alone, asked = encoder.encode(["Red coat", "Red coat"], ["", "which Red hat"])

    cls, sep = alone.ids[0], alone.ids[-1]
    hat = encoder.encode(["which Red hat"])[0]
    assert asked.ids.tolist() == [*alone.ids, *hat.ids[1:]]
    assert asked.ids[[0, 3, -1]].tolist() == [cls, sep, sep]
    assert asked.num_text_tokens == alone.num_text_tokens == len(alone) == 4
    assert asked.offsets[4:] == ((0, 0),) * (len(asked) - 4)
    assert not asked.casing[4:].any()
    assert not asked.spelling[4:].any()
    assert asked.spelling[:4].tolist() == alone.spelling.tolist()
    assert not asked.patterns[4:].any()
    assert asked.patterns[1].any()


def test_batch_says_which_tokens_are_of_the_text(checkpoint: EncoderCheckpoint) -> None:
    batch = collate(text_encoder_of(checkpoint).encode(["red", "red coat hat"], ["order", ""]))

    assert batch.attention_mask.tolist() == [[True] * 5, [True] * 5]
    assert batch.text_mask.tolist() == [[True] * 3 + [False] * 2, [True] * 5]
    assert batch.word_mask.tolist() == [[False, True, False, False, False], [False, True, True, True, False]]


def test_without_context_all_real_tokens_are_of_the_text(checkpoint: EncoderCheckpoint) -> None:
    batch = collate(text_encoder_of(checkpoint).encode(["red", "hello red coat"]))

    assert batch.text_mask.tolist() == batch.attention_mask.tolist()


@pytest.mark.parametrize(
    ("num_words", "num_context_tokens"),
    [(5, 32), (20, MAX_TOKENS - 20 - 3), (44, 1), (45, 0), (46, 0), (100, 0)],
    ids=["limit", "what is left", "one", "no room for its end", "full", "windows"],
)
def test_context_is_cut_before_the_text_is(
    checkpoint: EncoderCheckpoint, num_words: int, num_context_tokens: int
) -> None:
    encoder, text = text_encoder_of(checkpoint), "red " * num_words

    encoded = encoder.encode([text], ["hat " * 60])[0]

    separator = int(num_context_tokens > 0)
    assert len(encoded) == encoded.num_text_tokens + num_context_tokens + separator
    assert encoded.num_text_tokens == min(num_words, MAX_TOKENS - 2) + 2


def test_windows_overlap_and_keep_true_offsets(checkpoint: EncoderCheckpoint) -> None:
    text = "".join(f"{word} " for word in ["navy", "hat", "from"] * 40)

    windows = text_encoder_of(checkpoint).encode_windows([text])[0]

    borders = [window.borders for window in windows]
    assert borders[0][0] == 0
    assert borders[-1][1] == len(text.rstrip())
    assert all(right[0] < left[1] < right[1] for left, right in pairwise(borders))
    for window in windows:
        assert len(window) <= MAX_TOKENS
        words = [text[start:end] for start, end in window.offsets[1:-1]]
        assert words == text[slice(*window.borders)].split()


def test_the_first_window_is_what_encode_gives(checkpoint: EncoderCheckpoint) -> None:
    encoder, texts = text_encoder_of(checkpoint), ["red " * 200, "hi"]

    first = [windows[0] for windows in encoder.encode_windows(texts)]

    assert [one.ids.tolist() for one in encoder.encode(texts)] == [one.ids.tolist() for one in first]


def test_a_pair_has_the_special_tokens_of_the_tokenizer(checkpoint: EncoderCheckpoint) -> None:
    tokenizer = load_tokenizer(checkpoint)
    ids = {token: tokenizer.token_to_id(token) for token in ("[CLS]", "[SEP]")}
    tokenizer.post_processor = processors.RobertaProcessing(
        ("[SEP]", ids["[SEP]"]), ("[CLS]", ids["[CLS]"]), trim_offsets=False, add_prefix_space=False
    )

    encoded = TextEncoder(tokenizer, PatternSet((), ()), max_tokens=MAX_TOKENS).encode(["red"], ["hat"])[0]

    red, hat = tokenizer.token_to_id("red"), tokenizer.token_to_id("hat")
    sep = ids["[SEP]"]
    assert encoded.ids.tolist() == [ids["[CLS]"], red, sep, sep, hat, sep]


@pytest.fixture(scope="module", params=[False, True], ids=["uncased", "cased"])
def letters_encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TextEncoder:
    """Know letters that the tokenizer takes apart, so that tokens share characters."""
    words = ["\u1112\u1161\u11ab", "e\u0301\u0323", "\u05e9\u05c1"]
    folder = tmp_path_factory.mktemp("letters")
    return text_encoder_of(make_checkpoint(folder, words, is_cased=request.param))


@settings(max_examples=80, deadline=None)
@given(st.text(st.characters(codec=None), max_size=60))
def test_offsets_of_any_text_are_in_range_and_in_order(letters_encoder: TextEncoder, text: str) -> None:
    encoded = letters_encoder.encode([text])[0]

    words = [(start, end) for start, end in encoded.offsets if end > start]
    assert all(0 <= start < end <= len(text) for start, end in words)
    assert all(left[0] <= right[0] and left[1] <= right[1] for left, right in pairwise(words))


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
