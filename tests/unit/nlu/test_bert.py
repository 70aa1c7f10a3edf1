from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BertModel

from nlu.batching import collate
from nlu.bert import read_bert_shape
from nlu.checkpoint import CheckpointError, EncoderCheckpoint, resolve_encoder
from nlu.encoder import load_encoder
from tests.fakes_nlu import text_encoder_of, tiny_encoder

TEXTS = ["hello", "i want to return the red coat please"]


@pytest.fixture
def folder(checkpoint: EncoderCheckpoint, tmp_path: Path) -> Path:
    for file in checkpoint.path.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def change_config(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | changes))


@pytest.mark.parametrize("activation", ["gelu", "gelu_new", "relu"])
def test_states_equal_those_of_transformers(folder: Path, activation: str) -> None:
    change_config(folder, hidden_act=activation)
    checkpoint = resolve_encoder(str(folder))
    batch = collate(text_encoder_of(checkpoint).encode(TEXTS))
    body = BertModel.from_pretrained(folder, add_pooling_layer=False).eval()

    with torch.no_grad():
        expected = body(input_ids=batch.ids, attention_mask=batch.attention_mask).last_hidden_state
        states = load_encoder(checkpoint)(batch)

    real = batch.attention_mask
    torch.testing.assert_close(states[real], expected[real], atol=1e-5, rtol=1e-5)


def test_spanbert_layout_is_read(folder: Path, checkpoint: EncoderCheckpoint) -> None:
    """A pickle-free ``pytorch_model.bin`` with a prefix, a head, half precision and the old names."""
    weights = load_file(folder / "model.safetensors")
    old = {
        "bert."
        + name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): (
            tensor.half()
        )
        for name, tensor in weights.items()
    }
    torch.save(old | {"cls.predictions.bias": torch.zeros(3)}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()

    encoder = load_encoder(resolve_encoder(str(folder)))

    expected = tiny_encoder(checkpoint).state_dict()
    for name, tensor in encoder.state_dict().items():
        torch.testing.assert_close(tensor, expected[name].half().float())


def test_loading_needs_neither_transformers_nor_the_compiler(checkpoint: EncoderCheckpoint) -> None:
    code = (
        "import sys; from nlu.checkpoint import resolve_encoder; from nlu.encoder import load_encoder;"
        f"load_encoder(resolve_encoder({str(checkpoint.path)!r}));"
        "sys.exit('transformers' in sys.modules or 'torch._dynamo' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_dropout_acts_in_training_only(checkpoint: EncoderCheckpoint) -> None:
    encoder = tiny_encoder(checkpoint)
    batch = collate(text_encoder_of(checkpoint).encode(TEXTS))

    with torch.no_grad():
        assert torch.equal(encoder(batch), encoder(batch))
        encoder.train()
        assert not torch.equal(encoder(batch), encoder(batch))


@pytest.mark.parametrize(
    "change",
    [{"model_type": "roberta"}, {"position_embedding_type": "relative_key"}, {"hidden_act": "swish"}],
    ids=["type", "positions", "activation"],
)
def test_another_architecture_is_not_read_as_bert(folder: Path, change: dict[str, str]) -> None:
    config = json.loads((folder / "config.json").read_bytes())

    assert read_bert_shape(config) is not None
    assert read_bert_shape(config | change) is None


def test_config_without_sizes_is_refused(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "bert"}')

    with pytest.raises(CheckpointError, match="lacks sizes"):
        load_encoder(resolve_encoder(str(folder)))


@pytest.mark.parametrize("content", ["{", "[]"], ids=["no JSON", "no object"])
def test_unreadable_config_is_refused(folder: Path, content: str) -> None:
    (folder / "config.json").write_text(content)

    with pytest.raises(CheckpointError, match=r"config\.json"):
        load_encoder(resolve_encoder(str(folder)))


def test_weights_of_other_sizes_are_refused(folder: Path) -> None:
    change_config(folder, intermediate_size=64)

    with pytest.raises(CheckpointError, match="do not fit its config.json"):
        load_encoder(resolve_encoder(str(folder)))


def test_missing_weights_are_refused(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    weights.pop("encoder.layer.1.output.dense.weight")
    save_file(weights, folder / "model.safetensors")

    with pytest.raises(CheckpointError, match=r"layers\.1\.output\.dense\.weight"):
        load_encoder(resolve_encoder(str(folder)))


def test_damaged_weight_file_is_refused(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"damaged")

    with pytest.raises(CheckpointError, match="cannot be read"):
        load_encoder(resolve_encoder(str(folder)))


def test_attention_is_float32_under_autocast_on_a_cpu(checkpoint: EncoderCheckpoint) -> None:
    attention = tiny_encoder(checkpoint).layers[0].attention.self
    states = torch.randn(2, 5, 16, generator=torch.Generator().manual_seed(3))
    bias = torch.zeros(2, 1, 1, 5)
    bias[1, ..., 3:] = torch.finfo(torch.float32).min

    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        query, key, value = (
            attention._heads(linear(states)).float()
            for linear in (attention.query, attention.key, attention.value)
        )
        rough = attention(states, bias)
    weights = ((query @ key.transpose(2, 3)) / 8**0.5 + bias).softmax(dim=-1)  # (batch, heads, seq, seq)

    assert rough.dtype == torch.float32
    assert not torch.equal(query, attention._heads(attention.query(states)))  # the maps are in bfloat16
    torch.testing.assert_close(rough, (weights @ value).transpose(1, 2).flatten(2), atol=1e-5, rtol=1e-5)


def test_states_under_autocast_are_close_to_exact_ones(checkpoint: EncoderCheckpoint) -> None:
    encoder, batch = tiny_encoder(checkpoint), collate(text_encoder_of(checkpoint).encode(TEXTS))

    with torch.no_grad():
        exact = encoder(batch)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            rough = encoder(batch).float()

    assert not torch.equal(rough, exact)
    torch.testing.assert_close(rough, exact, atol=0.15, rtol=0.15)
