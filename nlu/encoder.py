"""The pretrained transformer as layers that can be run in two parts, and its sentence embedding.

BERT, MiniLM and SpanBERT are loaded by `nlu.bert`, other checkpoints with `embeddings` and `encoder.layer`
(RoBERTa, ELECTRA …) by transformers; poolers are not used. An uncased encoder may be shown the casing of its
tokens. The embedding is the mean of the token states at unit length: Reimers and Gurevych 2019,
"Sentence-BERT", section 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from nlu.batching import Batch, EncodedText, collate, group_by_length
from nlu.bert import BertSelfAttention, load_bert, read_bert_shape, read_config
from nlu.checkpoint import CheckpointError, EncoderCheckpoint
from nlu.text import NUM_SIGNS, Casing

_MAX_TOKENS = 512
_MAX_PADDED_TOKENS = 4096  # of a pass that only embeds
_OFFSET_FAMILIES = frozenset({"roberta", "xlm-roberta", "camembert"})
_NUM_PROBE_TOKENS = 8
_SIGN_SIZE, _NUM_FILTERS, _FILTER_WIDTH, _SPELLING_DROPOUT = 24, 96, 3, 0.2
_PROBE_TOLERANCE = 1e-3


class SpanEncoder(nn.Module):
    """Token states of a batch; the lower layers may be run apart, since frozen layers give the same twice.

    Attributes:
        casing: a vector per `Casing`, added to the states that enter layer `feature_layer`; None without.
        spelling: makes vectors of the letters of words, added at the same place; None without.
        feature_layer: means nothing without `casing` and `spelling`.
    """

    def __init__(self, embeddings: nn.Module, layers: nn.ModuleList, *, hidden: int, max_tokens: int) -> None:
        super().__init__()
        self.embeddings = embeddings
        self.layers = layers
        self.hidden = hidden
        self.max_tokens = max_tokens
        self.casing: nn.Embedding | None = None
        self.spelling: Spelling | None = None
        self.feature_layer = 0

    @property
    def num_layers(self) -> int:
        """Count the transformer layers."""
        return len(self.layers)

    @property
    def device(self) -> torch.device:
        """Say where the weights are."""
        return next(self.parameters()).device

    def add_casing(self, layer: int) -> None:
        """Add the casing of tokens to the states that enter `layer`; vectors of zeros change nothing yet."""
        table = torch.zeros(len(Casing), self.hidden, device=self.device)
        self.casing = nn.Embedding(len(Casing), self.hidden, _weight=table)
        self.feature_layer = layer

    def add_spelling(self, layer: int) -> None:
        """Add the spelling of words to the states that enter `layer`; weights of zeros change nothing yet.

        Before training they must be drawn, see `Spelling.reset_parameters`.
        """
        self.spelling = Spelling(self.hidden).to(self.device).train(self.training)
        self.feature_layer = layer

    def set_dropout(self, rate: float) -> None:
        """Set the rate of all dropout that the checkpoint's layers do in training."""
        for module in self.modules():
            if isinstance(module, nn.Dropout):
                module.p = rate
            elif isinstance(module, BertSelfAttention):
                module.dropout_rate = rate

    def forward(self, batch: Batch) -> torch.Tensor:
        """Encode `batch`; gives ``(batch, seq, hidden)`` float32."""
        return self.run_upper(self.run_lower(batch, 0), batch, 0)

    def run_lower(self, batch: Batch, num_layers: int) -> torch.Tensor:
        """Run the embeddings and the first `num_layers` layers."""
        return self._run(self.embeddings(batch.ids), batch, range(num_layers))

    def run_upper(self, states: torch.Tensor, batch: Batch, first_layer: int) -> torch.Tensor:
        """Run the layers from `first_layer` on over what `run_lower` gave of the same batch.

        Args:
            states: ``(batch, seq, hidden)``.
            batch: its masks and casing.
            first_layer: the number of layers that were run.
        """
        return self._run(states, batch, range(first_layer, self.num_layers))

    def _with_features(self, states: torch.Tensor, batch: Batch) -> torch.Tensor:
        if self.casing is not None:
            states = states + self.casing(batch.casing)
        if self.spelling is not None:
            states = states + self.spelling(batch.spelling)
        return states

    def _run(self, states: torch.Tensor, batch: Batch, numbers: range) -> torch.Tensor:
        bias = _attention_bias(batch.attention_mask, states.dtype)
        for number in numbers:
            if number == self.feature_layer:
                states = self._with_features(states, batch)
            states = self.layers[number](states, bias)
        return states


class Spelling(nn.Module):
    """Letters of a word to a vector: the strongest responses of a convolution over them.

    It tells an uncased encoder of capitals, and any encoder of endings, codes and misspellings. Ma and Hovy
    2016, "End-to-end Sequence Labeling via Bi-directional LSTM-CNNs-CRF", section 2.1.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.signs = nn.Parameter(torch.zeros(NUM_SIGNS, _SIGN_SIZE))
        self.filters = nn.Parameter(torch.zeros(_NUM_FILTERS, _SIGN_SIZE, _FILTER_WIDTH))
        self.bias = nn.Parameter(torch.zeros(_NUM_FILTERS))
        self.output = nn.Parameter(torch.zeros(hidden, _NUM_FILTERS))
        self.dropout = nn.Dropout(_SPELLING_DROPOUT)

    def reset_parameters(self) -> None:
        """Draw signs and filters; the output map stays zero."""
        nn.init.normal_(self.signs)
        nn.init.xavier_uniform_(self.filters)

    def forward(self, spelling: torch.Tensor) -> torch.Tensor:
        """Map ``(batch, seq, signs)`` numbers: ``(batch, seq, hidden)``."""
        batch, seq, length = spelling.shape
        signs = self.signs[spelling.long()].view(batch * seq, length, _SIGN_SIZE).transpose(1, 2)
        responses = nn.functional.conv1d(signs, self.filters, self.bias, padding=_FILTER_WIDTH // 2)
        strongest = nn.functional.relu(responses.amax(dim=2)).view(batch, seq, _NUM_FILTERS)
        vectors: torch.Tensor = nn.functional.linear(self.dropout(strongest), self.output)
        return vectors


def mean_embedding(states: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    """Average the real tokens of ``(batch, seq, hidden)`` and scale to unit length: ``(batch, hidden)``."""
    weights = attention_mask.unsqueeze(-1).to(states.dtype)  # (batch, seq, 1)
    summed = (states * weights).sum(dim=1)  # (batch, hidden); the length of the sum does not matter
    return nn.functional.normalize(summed, dim=-1)


def embed_encoded(encoder: SpanEncoder, encoded: Sequence[EncodedText]) -> NDArray[np.float32]:
    """Embed texts that are tokenised, with an encoder on the CPU: ``(texts, hidden)`` rows of unit length."""
    rows = np.zeros((len(encoded), encoder.hidden), dtype=np.float32)
    for group in group_by_length([len(text) for text in encoded], max_cells=_MAX_PADDED_TOKENS):
        batch = collate([encoded[position] for position in group])
        with torch.inference_mode():
            rows[group] = mean_embedding(encoder(batch), batch.text_mask).numpy()
    return rows


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
    projection = getattr(
        body, "embeddings_project", None
    )  # small ELECTRA embeds more narrowly than it thinks
    if isinstance(projection, nn.Linear):
        embeddings = nn.Sequential(embeddings, projection)
    encoder = SpanEncoder(
        embeddings, layers, hidden=int(body.config.hidden_size), max_tokens=_max_tokens(body.config)
    )
    _verify_layers(body, encoder, checkpoint)
    return encoder


def _verify_layers(body: Any, encoder: SpanEncoder, checkpoint: EncoderCheckpoint) -> None:
    """Refuse families whose layers take more than the states below, such as relative positions."""
    ids = torch.arange(_NUM_PROBE_TOKENS).unsqueeze(0)
    with torch.no_grad():
        expected = body(input_ids=ids).last_hidden_state
        try:
            states = encoder.embeddings(ids)
            for layer in encoder.layers:
                states = layer(states, None)
        except (AttributeError, RuntimeError, TypeError, ValueError) as error:
            raise _other_family(body, checkpoint, str(error)) from error
    difference = float((states - expected).abs().max())
    if not difference <= _PROBE_TOLERANCE:
        raise _other_family(body, checkpoint, f"its states differ by {difference:.2g}")


def _other_family(body: Any, checkpoint: EncoderCheckpoint, problem: str) -> CheckpointError:
    return CheckpointError(
        f"got an encoder of type '{body.config.model_type}' in {checkpoint.path}, expected the BERT family, "
        f"whose layers need nothing but the states below ({problem}); choose another checkpoint"
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
    """The position table of RoBERTa and its kin begins after the padding index; the others use all of it."""
    offset = int(config.pad_token_id or 0) + 1 if config.model_type in _OFFSET_FAMILIES else 0
    return min(int(config.max_position_embeddings) - offset, _MAX_TOKENS)


def _attention_bias(attention_mask: torch.Tensor, dtype: torch.dtype) -> torch.Tensor | None:
    """Give ``(batch, 1, 1, seq)``: 0 at real tokens, the lowest number elsewhere; None without padding."""
    if bool(attention_mask.all()):
        return None
    bias = torch.zeros(attention_mask.shape, dtype=dtype, device=attention_mask.device)
    return bias.masked_fill(~attention_mask, torch.finfo(dtype).min)[:, None, None, :]
