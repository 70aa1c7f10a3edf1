"""Examples as numbers: labels, aligned spans, a validation split, the states of frozen layers run once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from nlu.batching import Batch, EncodedText, TextEncoder, collate, group_by_length
from nlu.data.yaml_source import SourceError
from nlu.encoder import SpanEncoder, mean_embedding
from nlu.labels import LabelMap, SpanLabel
from nlu.model import Targets
from nlu.spans import AlignmentError, align_span
from nlu.types import Example

_MAX_CACHE_CELLS = 4096
_LENGTH_JITTER = 6.0  # tokens; mixes batches well enough and pads little


@dataclass(frozen=True, slots=True, eq=False)
class TrainingExample:
    """An example as numbers; `spans` holds first token, last token (included) and label."""

    encoded: EncodedText
    intent: int
    spans: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class CachedExample:
    """An example with what the frozen part of the encoder makes of it.

    Attributes:
        example: the example.
        states: ``(tokens, hidden)`` float32 below the first trained layer.
        teacher: ``(hidden,)`` float32 unit embedding of the unchanged encoder.
    """

    example: TrainingExample
    states: torch.Tensor
    teacher: torch.Tensor


@dataclass(frozen=True, slots=True, eq=False)
class TrainingBatch:
    """Tensors of one step; `states` is ``(batch, seq, hidden)`` below the first trained layer."""

    batch: Batch
    states: torch.Tensor
    targets: Targets
    encoded: tuple[EncodedText, ...]


def encode_examples(
    examples: Sequence[Example], label_map: LabelMap, text_encoder: TextEncoder
) -> list[TrainingExample]:
    """Turn examples into numbers.

    Raises:
        SourceError: an annotation that does not fit the tokens, with file, line and text.
    """
    encoded = text_encoder.encode([example.text for example in examples]) if examples else []
    return [_encode(example, text, label_map) for example, text in zip(examples, encoded, strict=True)]


def split_validation(
    examples: Sequence[Example], *, fraction: float, rng: np.random.Generator
) -> tuple[list[Example], list[Example]]:
    """Draw `fraction` of every intent's examples for validation; an intent never loses its only example.

    Corrections are never drawn: what an agent said must be learnt from.
    """
    by_intent: dict[str, list[int]] = {}
    for position, example in enumerate(examples):
        by_intent.setdefault(example.intent, []).append(position)
    chosen: set[int] = set()
    for intent in sorted(by_intent):
        positions = [position for position in by_intent[intent] if not examples[position].is_correction]
        wanted = fraction * len(positions)
        count = int(wanted) + int(rng.random() < wanted - int(wanted))
        chosen.update(rng.permutation(positions)[: max(0, min(count, len(by_intent[intent]) - 1))].tolist())
    train = [example for position, example in enumerate(examples) if position not in chosen]
    return train, [example for position, example in enumerate(examples) if position in chosen]


def cache_states(
    examples: Sequence[TrainingExample], encoder: SpanEncoder, *, first_trained_layer: int
) -> list[CachedExample]:
    """Run the layers below `first_trained_layer` once, and the unchanged rest for the teacher's embedding."""
    cached: dict[int, CachedExample] = {}
    lengths = [len(example.encoded) for example in examples]
    for group in group_by_length(lengths, max_cells=_MAX_CACHE_CELLS):
        batch = collate([examples[position].encoded for position in group])
        with torch.no_grad():
            states = encoder.run_lower(batch, first_trained_layer)
            last = encoder.run_upper(states, batch.attention_mask, first_trained_layer)
            teacher = mean_embedding(last, batch.attention_mask)
        for row, position in enumerate(group):
            own = states[row, : lengths[position]].clone()
            cached[position] = CachedExample(examples[position], own, teacher[row].clone())
    return [cached[position] for position in range(len(examples))]


def make_batches(
    examples: Sequence[CachedExample], *, batch_size: int, rng: np.random.Generator | None
) -> Iterator[TrainingBatch]:
    """Give all examples once, texts of similar length together; shuffled if there is a generator."""
    lengths = np.asarray([len(example.states) for example in examples], dtype=np.float64)
    jitter = (
        rng.uniform(-_LENGTH_JITTER, _LENGTH_JITTER, len(lengths))
        if rng is not None
        else np.zeros(len(lengths))
    )
    order = np.argsort(lengths + jitter, kind="stable")
    starts: NDArray[np.int64] = np.arange(0, len(order), batch_size)
    for start in rng.permutation(starts) if rng is not None else starts:
        yield _make_batch([examples[position] for position in order[start : start + batch_size]])


def _make_batch(examples: Sequence[CachedExample]) -> TrainingBatch:
    encoded = tuple(example.example.encoded for example in examples)
    batch = collate(encoded)
    seq = batch.ids.shape[1]
    spans = torch.zeros((len(examples), seq, seq), dtype=torch.int64)
    for row, example in enumerate(examples):
        for first, last, label in example.example.spans:
            spans[row, first, last] = label + 1
    states = torch.nn.utils.rnn.pad_sequence([example.states for example in examples], batch_first=True)
    targets = Targets(
        intents=torch.tensor([example.example.intent for example in examples]),
        spans=spans,
        teacher=torch.stack([example.teacher for example in examples]),
    )
    return TrainingBatch(batch, states, targets, encoded)


def _encode(example: Example, encoded: EncodedText, label_map: LabelMap) -> TrainingExample:
    spans = []
    for annotation in example.entities:
        try:
            first, after = align_span(encoded.offsets, annotation.start, annotation.end)
        except AlignmentError as error:
            raise _misaligned(example, str(error)) from error
        spans.append((first, after - 1, label_map.span_label_id(SpanLabel.of(annotation))))
    return TrainingExample(encoded, label_map.intent_id(example.intent), tuple(spans))


def _misaligned(example: Example, problem: str) -> SourceError:
    file, _, line = example.source.rpartition(":")
    number = int(line) if line.isdigit() else 1
    return SourceError(file or "example", number, f"{problem}: '{example.text}'; annotate whole words")
