"""The trained part of the model over a batch: from the cached states up, or from the tokens without them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from nlu.batching import Batch
from nlu.encoder import SpanEncoder, mean_embedding
from nlu.model import JointModel, JointOutput
from nlu.training.compute import Compute
from nlu.training.dataset import CachedExample, TrainingBatch, make_batches, order_by_length
from nlu.training.pairs import TextBatch

_BATCH_SIZE = 64  # of passes without gradients


def run_trained_part(
    model: JointModel,
    batch: TrainingBatch,
    first_trained_layer: int,
    compute: Compute,
    *,
    token_dropout: float = 0.0,
) -> JointOutput:
    """Run a batch that is on the device of the model; what is frozen makes no gradients.

    The frozen layers and the intent head run in float32, the layers from `first_trained_layer` on and the
    span head in the precision of `compute`. `token_dropout` is the share of tokens blanked below them.
    """
    states = _run_encoder(
        model.encoder, batch.batch, batch.states, first_trained_layer, compute, token_dropout=token_dropout
    )
    return model.read_states(states, batch.batch, spans_in=compute.autocast())


def embed_texts(
    encoder: SpanEncoder,
    texts: TextBatch,
    first_trained_layer: int,
    compute: Compute,
    *,
    token_dropout: float = 0.0,
) -> torch.Tensor:
    """Embed texts that are on the device of the encoder, as `run_trained_part` does: ``(batch, hidden)``."""
    states = _run_encoder(
        encoder, texts.batch, texts.states, first_trained_layer, compute, token_dropout=token_dropout
    )
    return mean_embedding(states, texts.batch.text_mask)


def _run_encoder(  # what a pass depends on
    encoder: SpanEncoder,
    batch: Batch,
    states: torch.Tensor | None,
    first_trained_layer: int,
    compute: Compute,
    *,
    token_dropout: float,
) -> torch.Tensor:
    """Give the last states, ``(batch, seq, hidden)`` float32, from the cached ones or from the tokens."""
    if states is None:
        states = encoder.run_lower(batch, first_trained_layer)
    if token_dropout:
        states = drop_tokens(states, token_dropout)
    with compute.autocast():
        states = encoder.run_upper(states, batch, first_trained_layer)
    return states.float()


def drop_tokens(states: torch.Tensor, rate: float) -> torch.Tensor:
    """Blank `rate` of the tokens of ``(batch, seq, hidden)`` states: the others must tell what they were."""
    kept = torch.rand(states.shape[:2], device=states.device) >= rate  # (batch, seq)
    return states * kept.unsqueeze(-1)


def run_cached(
    model: JointModel, examples: Sequence[CachedExample], first_trained_layer: int, compute: Compute
) -> Iterator[tuple[TrainingBatch, JointOutput]]:
    """Run the trained part over examples in evaluation mode: float32, no gradients, results on the CPU."""
    model.eval()
    for batch in make_batches(examples, batch_size=_BATCH_SIZE, rng=None):
        with torch.no_grad():
            output = run_trained_part(model, batch.to(compute.device), first_trained_layer, compute.exact)
        yield (
            batch,
            JointOutput(
                intent_logits=output.intent_logits.cpu(),
                span_gains=output.span_gains.cpu(),
                embedding=output.embedding.cpu(),
            ),
        )


def embed_cached(
    model: JointModel, examples: Sequence[CachedExample], first_trained_layer: int, compute: Compute
) -> tuple[torch.Tensor, torch.Tensor]:
    """Run the trained part over at least one example, as `run_cached` does.

    Returns:
        Embeddings ``(examples, hidden)`` of unit length and intent logits ``(examples, intents)``, in the
        order of `examples`.
    """
    outputs = [output for _, output in run_cached(model, examples, first_trained_layer, compute)]
    place = np.argsort(order_by_length(examples))  # where the batches have each example
    embeddings = torch.cat([output.embedding for output in outputs])[place]
    logits = torch.cat([output.intent_logits for output in outputs])[place]
    return embeddings, logits


def train_mode(model: JointModel, first_trained_layer: int) -> None:
    """Switch dropout on where something is trained; the frozen layers give what would be cached."""
    model.train()
    train_encoder_mode(model.encoder, first_trained_layer)


def train_encoder_mode(encoder: SpanEncoder, first_trained_layer: int) -> None:
    """Do for an encoder alone what `train_mode` does."""
    encoder.train()
    if not any(parameter.requires_grad for parameter in encoder.embeddings.parameters()):
        encoder.embeddings.eval()
    for layer in encoder.layers[:first_trained_layer]:
        layer.eval()
