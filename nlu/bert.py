"""The BERT encoder, from its ``config.json`` and its weights, without the transformers library.

Importing that library takes longer than everything else at the start of a server, and this is all that it is
needed for: MiniLM, BERT and SpanBERT are this architecture. Parameters are named as in the checkpoints.
Devlin et al. 2019, "BERT: Pre-training of Deep Bidirectional Transformers"; Vaswani et al. 2017, section 3.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from nlu.checkpoint import CheckpointError, EncoderCheckpoint

Activation = Callable[[torch.Tensor], torch.Tensor]

_EMPTY = torch.device("meta")  # modules are built without memory; `load_bert` gives them the weights


@dataclass(frozen=True, slots=True)
class BertShape:
    """The sizes of an encoder, named as in ``config.json``; dropout rates are of training only."""

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    max_position_embeddings: int
    type_vocab_size: int = 2
    hidden_act: str = "gelu"
    layer_norm_eps: float = 1e-12
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1


class BertEmbeddings(nn.Module):
    """Sums what a token is and where it stands; every token is of the first segment."""

    def __init__(self, shape: BertShape) -> None:
        super().__init__()
        self.word_embeddings = _empty_table(shape.vocab_size, shape.hidden_size)
        self.position_embeddings = _empty_table(shape.max_position_embeddings, shape.hidden_size)
        self.token_type_embeddings = _empty_table(shape.type_vocab_size, shape.hidden_size)
        self.LayerNorm = nn.LayerNorm(shape.hidden_size, eps=shape.layer_norm_eps, device=_EMPTY)
        self.dropout = nn.Dropout(shape.hidden_dropout_prob)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Embed ``(batch, seq)`` ids: ``(batch, seq, hidden)``."""
        places = self.position_embeddings.weight[: ids.shape[1]] + self.token_type_embeddings.weight[0]
        states: torch.Tensor = self.dropout(self.LayerNorm(self.word_embeddings(ids) + places))
        return states


class BertSelfAttention(nn.Module):
    """Attention of several heads over the tokens of a text."""

    def __init__(self, shape: BertShape) -> None:
        super().__init__()
        self.num_heads = shape.num_attention_heads
        self.dropout_rate = shape.attention_probs_dropout_prob
        self.query = nn.Linear(shape.hidden_size, shape.hidden_size, device=_EMPTY)
        self.key = nn.Linear(shape.hidden_size, shape.hidden_size, device=_EMPTY)
        self.value = nn.Linear(shape.hidden_size, shape.hidden_size, device=_EMPTY)

    def forward(self, states: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        """Mix ``(batch, seq, hidden)``; `bias` is added to the scores, see `nlu.encoder`."""
        query, key, value = (self._heads(map_(states)) for map_ in (self.query, self.key, self.value))
        if states.device.type == "cpu":  # torch's backward pass in bfloat16 is five times slower there
            query, key, value = query.float(), key.float(), value.float()
        with torch.autocast(states.device.type, enabled=False):
            attended = nn.functional.scaled_dot_product_attention(
                query,
                key,
                value,
                attn_mask=None if bias is None else bias.to(query.dtype),
                dropout_p=self.dropout_rate if self.training else 0.0,
            )  # (batch, heads, seq, hidden / heads)
        return attended.transpose(1, 2).flatten(2)

    def _heads(self, states: torch.Tensor) -> torch.Tensor:
        batch, seq, hidden = states.shape
        return states.view(batch, seq, self.num_heads, hidden // self.num_heads).transpose(1, 2)


class BertResidual(nn.Module):
    """A linear map whose result is added to what came before, then normalised."""

    def __init__(self, num_inputs: int, shape: BertShape) -> None:
        super().__init__()
        self.dense = nn.Linear(num_inputs, shape.hidden_size, device=_EMPTY)
        self.LayerNorm = nn.LayerNorm(shape.hidden_size, eps=shape.layer_norm_eps, device=_EMPTY)
        self.dropout = nn.Dropout(shape.hidden_dropout_prob)

    def forward(self, inputs: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
        """Map `inputs` and add them to `before`, ``(batch, seq, hidden)``."""
        states: torch.Tensor = self.LayerNorm(self.dropout(self.dense(inputs)) + before)
        return states


class BertAttention(nn.Module):
    """Self-attention with its residual map."""

    def __init__(self, shape: BertShape) -> None:
        super().__init__()
        self.self = BertSelfAttention(shape)
        self.output = BertResidual(shape.hidden_size, shape)

    def forward(self, states: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        """Attend over ``(batch, seq, hidden)``."""
        attended: torch.Tensor = self.output(self.self(states, bias), states)
        return attended


class BertIntermediate(nn.Module):
    """The widening half of the feed-forward network."""

    def __init__(self, shape: BertShape) -> None:
        super().__init__()
        self.dense = nn.Linear(shape.hidden_size, shape.intermediate_size, device=_EMPTY)
        self.activation = _ACTIVATIONS[shape.hidden_act]

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Widen ``(batch, seq, hidden)`` to ``(batch, seq, intermediate)``."""
        return self.activation(self.dense(states))


class BertLayer(nn.Module):
    """Attention, then the feed-forward network."""

    def __init__(self, shape: BertShape) -> None:
        super().__init__()
        self.attention = BertAttention(shape)
        self.intermediate = BertIntermediate(shape)
        self.output = BertResidual(shape.intermediate_size, shape)

    def forward(self, states: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        """Transform ``(batch, seq, hidden)``."""
        attended = self.attention(states, bias)
        transformed: torch.Tensor = self.output(self.intermediate(attended), attended)
        return transformed


class BertBody(nn.Module):
    """Embeddings and layers under the names of `nlu.encoder.SpanEncoder`."""

    def __init__(self, shape: BertShape) -> None:
        super().__init__()
        self.embeddings = BertEmbeddings(shape)
        self.layers = nn.ModuleList(BertLayer(shape) for _ in range(shape.num_hidden_layers))


def read_bert_shape(config: dict[str, Any]) -> BertShape | None:
    """Read the sizes from a checkpoint's configuration, or None when it is not plainly BERT."""
    is_bert = (
        config.get("model_type") == "bert"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and config.get("hidden_act", "gelu") in _ACTIVATIONS
    )
    if not is_bert:
        return None
    try:
        return BertShape(**{key: config[key] for key in BertShape.__dataclass_fields__ if key in config})
    except TypeError as error:
        raise CheckpointError(
            f"got a config.json that lacks sizes ({error}); get the checkpoint again"
        ) from error


def load_bert(checkpoint: EncoderCheckpoint, shape: BertShape) -> BertBody:
    """Build the encoder and give it the checkpoint's weights in float32.

    Raises:
        CheckpointError: weights are missing or of other sizes.
    """
    body = BertBody(shape)
    expected = body.state_dict()
    weights = {name: tensor for name, tensor in _read_weights(checkpoint.path).items() if name in expected}
    missing = sorted(set(expected) - set(weights))
    if missing:
        raise CheckpointError(
            f"got {checkpoint.path} without the weights {missing[:5]}, expected all of them; get it again"
        )
    wrong = [name for name, tensor in weights.items() if tensor.shape != expected[name].shape]
    if wrong:
        raise CheckpointError(
            f"got {checkpoint.path} whose weights {wrong[:5]} do not fit its config.json; get it again"
        )
    body.load_state_dict(weights, assign=True)
    return body


def _read_weights(folder: Path) -> dict[str, torch.Tensor]:
    path = folder / "model.safetensors"
    try:
        if path.is_file():
            weights = load_file(path)
        else:
            weights = torch.load(folder / "pytorch_model.bin", map_location="cpu", weights_only=True)
    except (SafetensorError, RuntimeError) as error:
        raise CheckpointError(f"got {folder} whose weights cannot be read ({error}); get it again") from error
    return {_our_name(name): tensor.to(torch.float32, copy=True) for name, tensor in weights.items()}


def _our_name(name: str) -> str:
    """Drop the prefix of checkpoints with a head; old ones call the normalisation gamma and beta."""
    name = name.removeprefix("bert.").replace("encoder.layer.", "layers.")
    return name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")


def read_config(checkpoint: EncoderCheckpoint) -> dict[str, Any]:
    """Read ``config.json``.

    Raises:
        CheckpointError: it is missing or no JSON object.
    """
    path = checkpoint.path / "config.json"
    try:
        config = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CheckpointError(f"got no readable {path} ({error}), expected a whole checkpoint") from error
    if not isinstance(config, dict):
        raise CheckpointError(f"got {path} that is no JSON object, expected a whole checkpoint")
    return config


def _empty_table(num_rows: int, hidden: int) -> nn.Embedding:
    """Make an embedding without drawing numbers: drawing without memory loads torch's compiler, a second."""
    return nn.Embedding(num_rows, hidden, _weight=torch.empty(num_rows, hidden, device=_EMPTY))


def _tanh_gelu(states: torch.Tensor) -> torch.Tensor:
    return nn.functional.gelu(states, approximate="tanh")


_ACTIVATIONS: dict[str, Activation] = {
    "gelu": nn.functional.gelu,
    "gelu_new": _tanh_gelu,
    "gelu_pytorch_tanh": _tanh_gelu,
    "relu": nn.functional.relu,
}
