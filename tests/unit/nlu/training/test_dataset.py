from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from nlu.batching import collate
from nlu.checkpoint import EncoderCheckpoint
from nlu.data.yaml_source import SourceError
from nlu.encoder import mean_embedding
from nlu.labels import LabelMap
from nlu.training.cache import cache_states
from nlu.training.dataset import (
    CachedExample,
    encode_examples,
    make_batches,
    split_validation,
    with_variants,
)
from nlu.types import EntityAnnotation, Example
from tests.fakes_nlu import MAX_TOKENS, example, small_data, text_encoder_of, tiny_encoder

EXAMPLES = small_data().examples


def cached(checkpoint: EncoderCheckpoint) -> list[CachedExample]:
    label_map = LabelMap.from_examples(EXAMPLES)
    encoded = encode_examples(EXAMPLES, label_map, text_encoder_of(checkpoint))
    return cache_states(encoded, tiny_encoder(checkpoint), first_trained_layer=1)


def test_spans_become_first_and_last_token(checkpoint: EncoderCheckpoint) -> None:
    examples = [example("the [red](colour) [coat](product)", "return")]

    encoded = encode_examples(examples, LabelMap.from_examples(examples), text_encoder_of(checkpoint))[0]

    assert encoded.spans == ((2, 2, 0), (3, 3, 1))


def test_annotation_inside_a_word_is_an_error_with_its_place(checkpoint: EncoderCheckpoint) -> None:
    wrong = Example("the red coat", "return", (EntityAnnotation(4, 6, "colour", "re"),), "data/nlu.yml:12")
    label_map = LabelMap.from_examples([wrong])

    with pytest.raises(SourceError, match=r"^data/nlu\.yml:12: .*end 6.*'the red coat'"):
        encode_examples([wrong], label_map, text_encoder_of(checkpoint))


def test_misaligned_annotation_of_no_file_is_named_by_its_text(checkpoint: EncoderCheckpoint) -> None:
    wrong = Example("the red coat", "return", (EntityAnnotation(4, 6, "colour", "re"),))

    with pytest.raises(SourceError, match=r"^the example 'the red coat':1: .*annotate whole words"):
        encode_examples([wrong], LabelMap.from_examples([wrong]), text_encoder_of(checkpoint))


def test_split_keeps_one_example_of_every_intent() -> None:
    examples = [Example("only one", "rare"), *(Example(f"text {n}", "common") for n in range(20))]

    train, validation = split_validation(examples, fraction=0.3, rng=np.random.default_rng(1))

    assert Counter(one.intent for one in validation) == {"common": 6}
    assert {one.intent for one in train} == {"rare", "common"}
    assert len(train) + len(validation) == 21


def test_split_never_draws_corrections_for_validation() -> None:
    corrections = [Example(f"said {n}", "common", is_correction=True) for n in range(30)]
    examples = [*(Example(f"text {n}", "common") for n in range(10)), *corrections]

    train, validation = split_validation(examples, fraction=0.5, rng=np.random.default_rng(1))

    assert len(validation) == 5
    assert set(corrections) <= set(train)


def test_split_of_the_same_seed_is_the_same() -> None:
    first, second = (split_validation(EXAMPLES, fraction=0.2, rng=np.random.default_rng(4)) for _ in range(2))

    assert first == second


def test_cached_states_are_those_below_the_trained_layer(checkpoint: EncoderCheckpoint) -> None:
    encoder, examples = tiny_encoder(checkpoint), cached(checkpoint)
    longest = max(examples, key=lambda one: len(one.example.encoded))
    batch = collate([longest.example.encoded])
    assert longest.states is not None

    with torch.no_grad():
        states = encoder.run_upper(longest.states.unsqueeze(0), batch, 1)

    embedding = mean_embedding(states, batch.text_mask)[0]
    torch.testing.assert_close(embedding, longest.teacher, atol=1e-5, rtol=1e-5)


def test_batches_hold_every_example_once(checkpoint: EncoderCheckpoint) -> None:
    examples = cached(checkpoint)

    batches = list(make_batches(examples, batch_size=8, rng=np.random.default_rng(1)))

    texts = Counter(encoded.text for batch in batches for encoded in batch.encoded)
    assert texts == Counter(one.text for one in EXAMPLES)
    assert {len(batch.encoded) for batch in batches} <= {8, len(EXAMPLES) % 8}


def test_batches_follow_the_generator(checkpoint: EncoderCheckpoint) -> None:
    examples = cached(checkpoint)

    orders = [
        [encoded.text for batch in make_batches(examples, batch_size=8, rng=rng) for encoded in batch.encoded]
        for rng in (np.random.default_rng(1), np.random.default_rng(1), np.random.default_rng(2))
    ]

    assert orders[0] == orders[1] != orders[2]


def test_batch_marks_labels_in_their_cells(checkpoint: EncoderCheckpoint) -> None:
    batch = next(make_batches(cached(checkpoint)[-1:], batch_size=4, rng=None))

    assert batch.targets.spans.nonzero().tolist() == [[0, 2, 2], [0, 4, 4]]
    assert batch.states is not None
    assert batch.states.shape == (1, batch.batch.ids.shape[1], 16)


def test_intents_are_one_or_several_hot(checkpoint: EncoderCheckpoint) -> None:
    examples = [Example("hello", "greet+ask"), Example("hi", "greet")]
    label_map = LabelMap.from_examples(examples)

    encoded = encode_examples(examples, label_map, text_encoder_of(checkpoint))

    assert label_map.intents == ("ask", "greet")
    assert [one.intents.tolist() for one in encoded] == [[1, 1], [0, 1]]
    assert all(one.is_multi_label for one in encoded)


def test_context_is_encoded(checkpoint: EncoderCheckpoint) -> None:
    examples = [Example("red", "inform", context="colour"), Example("red", "inform")]

    asked, plain = encode_examples(examples, LabelMap.from_examples(examples), text_encoder_of(checkpoint))

    assert len(asked.encoded) > len(plain.encoded) == asked.encoded.num_text_tokens


def test_annotation_behind_what_the_encoder_reads_is_an_error(checkpoint: EncoderCheckpoint) -> None:
    text = "hello " * MAX_TOKENS + "red"
    colour = EntityAnnotation(len(text) - 3, len(text), "colour", "red")
    long = Example(text, "greet", (colour,), "data/nlu.yml:7")

    with pytest.raises(SourceError, match=r"^data/nlu\.yml:7: .*the encoder reads \d+ characters"):
        encode_examples([long], LabelMap.from_examples([long]), text_encoder_of(checkpoint))


def test_example_and_its_variants_count_as_much_as_the_example_alone(checkpoint: EncoderCheckpoint) -> None:
    first, second, third, *_ = cached(checkpoint)
    heavy = replace(first, example=replace(first.example, weight=0.6), variants=(second, third))

    trained = with_variants([heavy, second])

    assert [one.example.encoded.text for one in trained] == [
        one.example.encoded.text for one in (first, second, third, second)
    ]
    assert [one.example.weight for one in trained] == pytest.approx([0.2, 0.2, 0.2, 1.0])
