"""The pretrained transformer as layers that can be run in two parts, and its sentence embedding.

BERT, MiniLM and SpanBERT are loaded by `nlu.bert`, other checkpoints with `embeddings` and `encoder.layer`
(RoBERTa, ELECTRA …) by transformers; poolers are not used. The embedding is the mean of the token states at
unit length: Reimers and Gurevych 2019, "Sentence-BERT", section 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from nlu.batching import Batch
from nlu.bert import load_bert, read_bert_shape, read_config
from nlu.checkpoint import CheckpointError, EncoderCheckpoint

_MAX_TOKENS = 512


class SpanEncoder(nn.Module):
    """Token states of a batch; the lower layers may be run apart, since frozen layers give the same twice."""

    def __init__(self, embeddings: nn.Module, layers: nn.ModuleList, *, hidden: int, max_tokens: int) -> None:
        super().__init__()
        self.embeddings = embeddings
        self.layers = layers
        self.hidden = hidden
        self.max_tokens = max_tokens

    @property
    def num_layers(self) -> int:
        """Count the transformer layers."""
        return len(self.layers)

    def forward(self, batch: Batch) -> torch.Tensor:
        """Encode `batch`; gives ``(batch, seq, hidden)`` float32."""
        return self.run_upper(self.run_lower(batch, 0), batch.attention_mask, 0)

    def run_lower(self, batch: Batch, num_layers: int) -> torch.Tensor:
        """Run the embeddings and the first `num_layers` layers."""
        states: torch.Tensor = self.embeddings(batch.ids)
        return self._run(states, batch.attention_mask, self.layers[:num_layers])

    def run_upper(self, states: torch.Tensor, attention_mask: torch.Tensor, first_layer: int) -> torch.Tensor:
        """Run the layers from `first_layer` on over the states below it, ``(batch, seq, hidden)``."""
        return self._run(states, attention_mask, self.layers[first_layer:])

    def _run(self, states: torch.Tensor, attention_mask: torch.Tensor, layers: nn.ModuleList) -> torch.Tensor:
        bias = _attention_bias(attention_mask, states.dtype)
        for layer in layers:
            states = layer(states, bias)
        return states


def mean_embedding(states: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    """Average the real tokens of ``(batch, seq, hidden)`` and scale to unit length: ``(batch, hidden)``."""
    weights = attention_mask.unsqueeze(-1).to(states.dtype)  # (batch, seq, 1)
    summed = (states * weights).sum(dim=1)  # (batch, hidden); the length of the sum does not matter
    return nn.functional.normalize(summed, dim=-1)


def load_encoder(checkpoint: EncoderCheckpoint) -> SpanEncoder:
    """Load pretrained weights, frozen and in evaluation mode.

    Raises:
        CheckpointError: the checkpoint is of another family or lacks weights.
    """
    shape = read_bert_shape(read_config(checkpoint))
    if shape is None:
        encoder = _load_with_transformers(checkpoint)
    else:
        body = load_bert(checkpoint, shape)
        max_tokens = min(shape.max_position_embeddings, _MAX_TOKENS)
        encoder = SpanEncoder(body.embeddings, body.layers, hidden=shape.hidden_size, max_tokens=max_tokens)
    return encoder.requires_grad_(requires_grad=False).eval()


def _load_with_transformers(checkpoint: EncoderCheckpoint) -> SpanEncoder:
    body = _load_body(checkpoint)
    embeddings = getattr(body, "embeddings", None)
    layers = getattr(getattr(body, "encoder", None), "layer", None)
    if not isinstance(embeddings, nn.Module) or not isinstance(layers, nn.ModuleList):
        raise CheckpointError(
            f"got an encoder of type '{body.config.model_type}' in {checkpoint.path}, expected the BERT "
            "family (embeddings and encoder.layer); choose another checkpoint"
        )
    return SpanEncoder(
        embeddings, layers, hidden=int(body.config.hidden_size), max_tokens=_max_tokens(body.config)
    )


def _load_body(checkpoint: EncoderCheckpoint) -> Any:
    from transformers import AutoModel

    with _quiet_transformers(), torch.random.fork_rng(devices=[]):  # the unused pooler draws numbers
        try:
            body, report = AutoModel.from_pretrained(
                checkpoint.path, dtype=torch.float32, local_files_only=True, output_loading_info=True
            )
        except (OSError, ValueError) as error:
            raise CheckpointError(
                f"got {checkpoint.path}, expected a checkpoint of the Hugging Face format: {error}"
            ) from error
    missing = sorted(name for name in report["missing_keys"] if not name.startswith("pooler."))
    if missing:
        raise CheckpointError(f"got {checkpoint.path} without the weights {missing[:5]}; expected them all")
    return body


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    """Silence the progress bar and the report about the unused pooler while weights load."""
    from transformers.utils import logging

    transformers_logging: Any = logging
    verbosity = transformers_logging.get_verbosity()
    had_progress_bar = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        if had_progress_bar:
            transformers_logging.enable_progress_bar()


def _max_tokens(config: Any) -> int:
    """RoBERTa's position table begins after its padding index; the others use all of it."""
    offset = int(config.pad_token_id or 0) + 1 if config.model_type in {"roberta", "xlm-roberta"} else 0
    return min(int(config.max_position_embeddings) - offset, _MAX_TOKENS)


def _attention_bias(attention_mask: torch.Tensor, dtype: torch.dtype) -> torch.Tensor | None:
    """Give ``(batch, 1, 1, seq)``: 0 at real tokens, the lowest number elsewhere; None without padding."""
    if bool(attention_mask.all()):
        return None
    bias = torch.zeros(attention_mask.shape, dtype=dtype, device=attention_mask.device)
    return bias.masked_fill(~attention_mask, torch.finfo(dtype).min)[:, None, None, :]
