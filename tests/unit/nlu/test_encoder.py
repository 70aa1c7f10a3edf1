from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import (
    BertConfig,
    BertModel,
    BertTokenizer,
    DistilBertConfig,
    DistilBertModel,
    ElectraConfig,
    ElectraModel,
    MPNetConfig,
    MPNetModel,
    PreTrainedModel,
    RobertaConfig,
    RobertaModel,
    RobertaPreLayerNormConfig,
    RobertaPreLayerNormModel,
)

from nlu.batching import TextEncoder, collate, load_tokenizer
from nlu.bert import BertSelfAttention
from nlu.checkpoint import CheckpointError, EncoderCheckpoint, resolve_encoder
from nlu.encoder import SpanEncoder, Spelling, load_encoder, mean_embedding
from nlu.finetuning.prompt import PromptSettings, SoftPrompt
from nlu.text import SPELLING_LENGTH, Casing, spell
from tests.fakes_nlu import MAX_TOKENS, NO_PATTERNS, SPECIAL_TOKENS, text_encoder_of, tiny_encoder

TEXTS = ["hello", "i want to return the red coat please"]


def copy_checkpoint(checkpoint: EncoderCheckpoint, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for file in checkpoint.path.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def test_roberta_is_loaded_by_transformers(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    folder = copy_checkpoint(checkpoint, tmp_path / "encoder")
    config = RobertaConfig(
        vocab_size=150,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=50,
    )
    body = RobertaModel(config, add_pooling_layer=False).eval()
    body.save_pretrained(folder)
    encoder = load_encoder(resolve_encoder(str(folder)))
    batch = collate(text_encoder_of(checkpoint).encode(TEXTS[1:]))

    with torch.no_grad():
        expected = body(input_ids=batch.ids).last_hidden_state
        states = encoder(batch)

    assert encoder.max_tokens == 48
    torch.testing.assert_close(states, expected, atol=1e-5, rtol=1e-5)


def test_electra_with_narrow_embeddings_gives_the_states_of_transformers(
    checkpoint: EncoderCheckpoint, tmp_path: Path
) -> None:
    folder = copy_checkpoint(checkpoint, tmp_path / "encoder")
    config = ElectraConfig(
        vocab_size=150,
        embedding_size=8,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=50,
    )
    body = ElectraModel(config).eval()
    body.save_pretrained(folder)
    encoder = load_encoder(resolve_encoder(str(folder)))
    batch = collate(text_encoder_of(checkpoint).encode(TEXTS))

    with torch.no_grad():
        expected = body(input_ids=batch.ids, attention_mask=batch.attention_mask).last_hidden_state
        states = encoder(batch)
        SoftPrompt(PromptSettings(num_tokens=2, num_layers=1)).prepare(encoder)

    real = batch.attention_mask
    torch.testing.assert_close(states[real], expected[real], atol=1e-5, rtol=1e-5)


TINY_SIZES = {
    "vocab_size": 150,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (lambda: MPNetModel(MPNetConfig(**TINY_SIZES)), "type 'mpnet' .*'tuple' object"),
        (
            lambda: RobertaPreLayerNormModel(RobertaPreLayerNormConfig(**TINY_SIZES)),
            "type 'roberta-prelayernorm' .*its states differ by",
        ),
    ],
    ids=["relative positions", "normalises after the layers"],
)
def test_layers_that_need_more_than_states_are_refused(
    checkpoint: EncoderCheckpoint, tmp_path: Path, body: Callable[[], PreTrainedModel], problem: str
) -> None:
    folder = copy_checkpoint(checkpoint, tmp_path / "encoder")
    body().save_pretrained(folder)

    with pytest.raises(CheckpointError, match=problem):
        load_encoder(resolve_encoder(str(folder)))


def write_old_checkpoint(folder: Path, tokens: list[str], *, is_cased: bool) -> BertModel:
    """Write a random BERT without pooler as SpanBERT is published: a vocabulary file and pickled weights."""
    vocabulary = [*SPECIAL_TOKENS, *tokens]
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=MAX_TOKENS,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(11)
        body = BertModel(config, add_pooling_layer=False).eval()
    torch.save(
        {f"bert.{name}": tensor for name, tensor in body.state_dict().items()}, folder / "pytorch_model.bin"
    )
    config.save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    settings = {"tokenizer_class": "BertTokenizer", "do_lower_case": not is_cased}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return body


def encoder_and_texts(folder: Path) -> tuple[SpanEncoder, TextEncoder]:
    checkpoint = resolve_encoder(str(folder))
    text_encoder = TextEncoder(load_tokenizer(checkpoint), NO_PATTERNS, max_tokens=MAX_TOKENS)
    return load_encoder(checkpoint), text_encoder


def test_spanbert_layout_gives_the_states_of_transformers(tmp_path: Path) -> None:
    """Cased, no pooler: capitals are tokens of their own, from the text to the states."""
    tokens = ["Leeds", "leeds", "to", "Send", "##s", "it", "."]
    body = write_old_checkpoint(tmp_path, tokens, is_cased=True)
    reference = BertTokenizer.from_pretrained(tmp_path)
    encoder, text_encoder = encoder_and_texts(tmp_path)
    texts = ["Send it to Leeds.", "leeds"]

    batch = collate(text_encoder.encode(texts))
    with torch.no_grad():
        expected = body(**reference(texts, padding=True, return_tensors="pt")).last_hidden_state
        states = encoder(batch)

    assert batch.ids.tolist() == [[2, 8, 10, 7, 5, 11, 3], [2, 6, 3, 0, 0, 0, 0]]
    real = batch.attention_mask
    torch.testing.assert_close(states[real], expected[real], atol=1e-5, rtol=1e-5)


def test_chinese_vocabulary_has_a_token_and_its_place_per_character(tmp_path: Path) -> None:
    body = write_old_checkpoint(tmp_path, [*"我的订单在哪里𠀀，？", "app", "##s"], is_cased=False)
    encoder, text_encoder = encoder_and_texts(tmp_path)
    text = "我的𠀀订单，Apps 在哪里？"

    encoded = text_encoder.encode([text])[0]
    with torch.no_grad():
        states = encoder(collate([encoded]))
        expected = body(input_ids=torch.from_numpy(encoded.ids)[None]).last_hidden_state

    pieces = [text[start:end] for start, end in encoded.offsets]
    assert pieces == ["", *"我的𠀀订单，", "App", "s", *"在哪里？", ""]
    assert 1 not in encoded.ids  # none is unknown
    assert encoded.casing[7] == encoded.casing[8] == Casing.TITLE
    torch.testing.assert_close(states, expected, atol=1e-5, rtol=1e-5)


def test_encoder_knows_where_its_weights_are(checkpoint: EncoderCheckpoint) -> None:
    assert tiny_encoder(checkpoint).device == torch.device("cpu")


def test_padding_does_not_change_states(checkpoint: EncoderCheckpoint) -> None:
    text_encoder, encoder = text_encoder_of(checkpoint), tiny_encoder(checkpoint)

    with torch.no_grad():
        padded = encoder(collate(text_encoder.encode(TEXTS)))[0, :3]
        alone = encoder(collate(text_encoder.encode(TEXTS[:1])))[0]

    torch.testing.assert_close(padded, alone, atol=1e-5, rtol=1e-5)


def test_two_parts_equal_one_run(checkpoint: EncoderCheckpoint) -> None:
    batch, encoder = collate(text_encoder_of(checkpoint).encode(TEXTS)), tiny_encoder(checkpoint)

    with torch.no_grad():
        lower = encoder.run_lower(batch, 1)
        whole = encoder.run_upper(lower, batch, 1)

    assert torch.equal(whole, encoder(batch))


def test_loaded_encoder_is_frozen_and_silent(
    checkpoint: EncoderCheckpoint, capfd: pytest.CaptureFixture[str]
) -> None:
    encoder = tiny_encoder(checkpoint)

    assert not any(parameter.requires_grad for parameter in encoder.parameters())
    assert not encoder.training
    assert capfd.readouterr() == ("", "")


def test_mean_embedding_averages_real_tokens_to_unit_length() -> None:
    states = torch.tensor([[[3.0, 0.0], [3.0, 8.0], [100.0, 100.0]]])
    mask = torch.tensor([[True, True, False]])

    torch.testing.assert_close(mean_embedding(states, mask), torch.tensor([[0.6, 0.8]]))


def test_encoder_of_another_family_is_refused(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    folder = copy_checkpoint(checkpoint, tmp_path / "encoder")
    config = DistilBertConfig(vocab_size=50, dim=16, n_layers=1, n_heads=2, hidden_dim=32)
    DistilBertModel(config).save_pretrained(folder)

    with pytest.raises(CheckpointError, match="type 'distilbert'"):
        load_encoder(resolve_encoder(str(folder)))


def test_folder_that_is_no_checkpoint_is_refused(checkpoint: EncoderCheckpoint, tmp_path: Path) -> None:
    folder = copy_checkpoint(checkpoint, tmp_path / "encoder")
    (folder / "config.json").write_text(json.dumps({"model_type": "nobody"}))

    with pytest.raises(CheckpointError, match="Hugging Face format"):
        load_encoder(resolve_encoder(str(folder)))


def drawn_spelling(hidden: int = 16) -> Spelling:
    """All weights drawn, so that nothing is hidden by a zero."""
    spelling, rng = Spelling(hidden).eval(), torch.Generator().manual_seed(3)
    for parameter in spelling.parameters():
        torch.nn.init.normal_(parameter, generator=rng)
    return spelling


def signs_of(*words: str) -> torch.Tensor:
    rows = [[*spell(word), *[0] * (SPELLING_LENGTH - len(spell(word)))] for word in words]
    return torch.tensor([rows], dtype=torch.uint8)  # (1, words, signs)


def test_spelling_is_the_strongest_response_over_the_letters() -> None:
    spelling, signs = drawn_spelling(), signs_of("FH-1", "hat")

    with torch.no_grad():
        vectors = spelling(signs)
        table = torch.nn.functional.pad(spelling.signs[signs[0, 0].long()], (0, 0, 1, 1))  # a blank around
        responses = [
            (spelling.filters * table[place : place + 3].T).sum(dim=(1, 2)) + spelling.bias
            for place in range(SPELLING_LENGTH)
        ]
        expected = spelling.output @ torch.stack(responses).amax(dim=0).relu()

    assert vectors.shape == (1, 2, 16)
    torch.testing.assert_close(vectors[0, 0], expected, atol=1e-3, rtol=1e-4)


def test_spelling_starts_as_no_change_and_can_learn() -> None:
    spelling = Spelling(16).eval()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        spelling.reset_parameters()

    vectors = spelling(signs_of("FH-1", "hat"))
    vectors.sum().backward()

    assert not vectors.any()
    assert spelling.output.grad is not None
    assert spelling.output.grad.any()


def test_spelling_enters_at_its_layer(checkpoint: EncoderCheckpoint) -> None:
    batch, encoder = collate(text_encoder_of(checkpoint).encode(TEXTS)), tiny_encoder(checkpoint)
    encoder.add_spelling(1)
    encoder.spelling = drawn_spelling()

    with torch.no_grad():
        lower = encoder.run_lower(batch, 1)
        by_hand = tiny_encoder(checkpoint).run_upper(lower + encoder.spelling(batch.spelling), batch, 1)

        assert torch.equal(lower, tiny_encoder(checkpoint).run_lower(batch, 1))
        assert torch.equal(encoder(batch), by_hand)
        assert not torch.allclose(encoder(batch), tiny_encoder(checkpoint)(batch), atol=1e-3)


def test_added_spelling_without_training_changes_nothing(checkpoint: EncoderCheckpoint) -> None:
    batch, encoder = collate(text_encoder_of(checkpoint).encode(TEXTS)), tiny_encoder(checkpoint)

    encoder.add_spelling(1)

    with torch.no_grad():
        assert torch.equal(encoder(batch), tiny_encoder(checkpoint)(batch))


def test_dropout_of_a_checkpoint_is_set_everywhere(checkpoint: EncoderCheckpoint) -> None:
    encoder = tiny_encoder(checkpoint)

    encoder.set_dropout(0.25)

    modules = list(encoder.modules())
    rates = [one.p for one in modules if isinstance(one, torch.nn.Dropout)]
    rates += [one.dropout_rate for one in modules if isinstance(one, BertSelfAttention)]
    assert len(rates) == 1 + 2 * 3  # the embeddings; attention, its output and the feed-forward part
    assert set(rates) == {0.25}


@pytest.mark.parametrize(("rate", "is_random"), [(0.0, False), (0.5, True)])
def test_dropout_acts_in_training_alone(checkpoint: EncoderCheckpoint, rate: float, is_random: bool) -> None:
    batch, encoder = collate(text_encoder_of(checkpoint).encode(TEXTS)), tiny_encoder(checkpoint)
    encoder.set_dropout(rate)

    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        served, trained = encoder.eval()(batch), encoder.train()(batch)

    assert torch.equal(served, tiny_encoder(checkpoint)(batch))
    assert torch.allclose(served, trained, atol=1e-5) is not is_random
