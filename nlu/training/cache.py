"""What the frozen layers make of every example, run once: a step of training then begins above them.

The states of large data do not fit into memory; above a limit only the teacher's embeddings are kept, and the
frozen layers run in every step. Both give the same numbers up to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch

from nlu.batching import collate, group_by_length
from nlu.encoder import SpanEncoder, mean_embedding
from nlu.training.compute import EXACT_CPU, Compute
from nlu.training.dataset import CachedExample, TrainingExample

_MAX_CACHE_CELLS = 4096  # tokens of a group, padding included
_BYTES_PER_NUMBER = 4  # float32

Watch = Callable[[int, int], None]
"""Told how many of how many examples are done."""


def cache_bytes(examples: Sequence[TrainingExample], hidden: int) -> int:
    """Count the bytes that the states of all examples would take."""
    return sum(len(example.encoded) for example in examples) * hidden * _BYTES_PER_NUMBER


def cache_states(
    examples: Sequence[TrainingExample],
    encoder: SpanEncoder,
    *,
    first_trained_layer: int,
    keep_states: bool = True,
    compute: Compute = EXACT_CPU,
    watch: Watch = lambda _done, _total: None,
) -> list[CachedExample]:
    """Run the layers below `first_trained_layer` once, and the unchanged rest for the teacher's embedding.

    Args:
        examples: what to run.
        encoder: unchanged, on the device of `compute`; the results lie in main memory.
        first_trained_layer: the layer above the states.
        keep_states: False gives examples without states, whose lower layers run in every step.
        compute: where the encoder is; it runs in float32 whatever the precision of training.
        watch: told after every group of examples.
    """
    cached: dict[int, CachedExample] = {}
    for group in group_by_length([len(example.encoded) for example in examples], max_cells=_MAX_CACHE_CELLS):
        rows = _run_group([examples[position] for position in group], encoder, first_trained_layer, compute)
        for position, (states, teacher) in zip(group, rows, strict=True):
            cached[position] = CachedExample(examples[position], states if keep_states else None, teacher)
        watch(len(cached), len(examples))
    return [cached[position] for position in range(len(examples))]


def _run_group(
    examples: Sequence[TrainingExample], encoder: SpanEncoder, first_trained_layer: int, compute: Compute
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Give ``(tokens, hidden)`` states and the ``(hidden,)`` embedding of every example."""
    batch = collate([example.encoded for example in examples]).to(compute.device)
    with torch.no_grad():
        states = encoder.run_lower(batch, first_trained_layer)  # (batch, seq, hidden)
        last = encoder.run_upper(states, batch, first_trained_layer)
        teacher = mean_embedding(last, batch.text_mask).cpu()
    states = states.cpu()
    for row, example in enumerate(examples):
        yield states[row, : len(example.encoded)].clone(), teacher[row].clone()
