from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from transformers import DistilBertConfig, DistilBertModel, RobertaConfig, RobertaModel

from nlu.batching import collate
from nlu.checkpoint import CheckpointError, EncoderCheckpoint, resolve_encoder
from nlu.encoder import load_encoder, mean_embedding
from tests.fakes_nlu import text_encoder_of, tiny_encoder

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
        whole = encoder.run_upper(lower, batch.attention_mask, 1)

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
