"""Examples as numbers: labels, aligned spans, a validation split, batches of one length.

An example longer than the encoder reads is trained on as far as that goes, without the windows that parsing
has; an annotation behind that border is an error, never dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from nlu.batching import Batch, EncodedText, TextEncoder, collate
from nlu.data.checks import check_example, source_error
from nlu.labels import LabelMap, SpanLabel
from nlu.model import UNKNOWN_SPAN, Targets
from nlu.spans import AlignmentError, align_span
from nlu.types import Example

MAX_UNLABELLED_TOKENS = 64
_LENGTH_JITTER = 6.0  # tokens; mixes batches well enough and pads little


@dataclass(frozen=True, slots=True, eq=False)
class TrainingExample:
    """An example as numbers.

    Attributes:
        encoded: its tokens.
        intents: ``(num_intents,)`` float32, 1 at the example's intents.
        spans: first token, last token (included) and label of every annotation; None where nobody annotated.
        is_multi_label: whether examples of the data can have several intents.
        weight: how much its intents count in the loss.
    """

    encoded: EncodedText
    intents: torch.Tensor
    spans: tuple[tuple[int, int, int], ...] | None
    is_multi_label: bool = False
    weight: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class CachedExample:
    """An example with what the frozen part of the encoder makes of it.

    Attributes:
        example: the example.
        states: ``(tokens, hidden)`` float32 below the first trained layer, or None to compute them in every
            step.
        teacher: ``(hidden,)`` float32 unit embedding of the unchanged encoder.
        variants: the same utterance with other mentions, see `nlu.training.mentions`; trained on beside it,
            and nothing is judged by them.
    """

    example: TrainingExample
    states: torch.Tensor | None
    teacher: torch.Tensor
    variants: tuple[CachedExample, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class TrainingBatch:
    """Tensors of one step.

    Attributes:
        batch: the tokens.
        states: ``(batch, seq, hidden)`` float32 below the first trained layer, or None where not cached.
        targets: what the outputs should be.
        encoded: the texts.
    """

    batch: Batch
    states: torch.Tensor | None
    targets: Targets
    encoded: tuple[EncodedText, ...]

    def to(self, device: torch.device) -> TrainingBatch:
        """Move all tensors to `device`."""
        states = self.states.to(device) if self.states is not None else None
        return TrainingBatch(self.batch.to(device), states, self.targets.to(device), self.encoded)


def encode_examples(
    examples: Sequence[Example], label_map: LabelMap, text_encoder: TextEncoder
) -> list[TrainingExample]:
    """Turn examples into numbers.

    Raises:
        SourceError: an empty text, or an annotation that overlaps another or does not fit the tokens, with
            file, line and text.
        LabelError: a label that `label_map` does not know.
    """
    if not examples:
        return []
    for example in examples:
        check_example(example)
    encoded = text_encoder.encode(
        [example.text for example in examples], [example.context for example in examples]
    )
    return [_encode(example, text, label_map) for example, text in zip(examples, encoded, strict=True)]


def encode_unlabelled(
    texts: Sequence[str], label_map: LabelMap, text_encoder: TextEncoder
) -> list[TrainingExample]:
    """Turn texts without annotations into examples that have no intent yet and unknown spans.

    Texts without words and those of more than `MAX_UNLABELLED_TOKENS` tokens are left out: a pasted e-mail
    says little about an intent, and the memory of a step grows with the square of its length.
    """
    nothing = torch.zeros(len(label_map.intents))
    return [
        TrainingExample(encoded, nothing, None, label_map.is_multi_label)
        for encoded in text_encoder.encode(texts)
        if encoded.has_words and len(encoded) <= MAX_UNLABELLED_TOKENS
    ]


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


def with_variants(examples: Sequence[CachedExample]) -> list[CachedExample]:
    """Set variants beside their examples; the intents of all of them count as much as the example's alone."""
    return [
        replace(member, example=replace(member.example, weight=one.example.weight / (1 + len(one.variants))))
        for one in examples
        for member in (one, *one.variants)
    ]


def make_batches(
    examples: Sequence[CachedExample], *, batch_size: int, rng: np.random.Generator | None
) -> Iterator[TrainingBatch]:
    """Give all examples once, texts of similar length together; shuffled if there is a generator.

    Without one they come in the order of `order_by_length`.
    """
    jitter = None if rng is None else rng.uniform(-_LENGTH_JITTER, _LENGTH_JITTER, len(examples))
    order = order_by_length(examples, jitter)
    starts: NDArray[np.int64] = np.arange(0, len(order), batch_size)
    for start in rng.permutation(starts) if rng is not None else starts:
        yield _make_batch([examples[position] for position in order[start : start + batch_size]])


def order_by_length(
    examples: Sequence[CachedExample], jitter: NDArray[np.float64] | None = None
) -> NDArray[np.int64]:
    """Give the positions of the examples, the shortest first; `jitter` in tokens is added to the lengths."""
    lengths = np.asarray([len(example.example.encoded) for example in examples], dtype=np.float64)
    return np.argsort(lengths if jitter is None else lengths + jitter, kind="stable")


def pad_states(examples: Sequence[CachedExample]) -> torch.Tensor | None:
    """Pad states to the longest: ``(batch, seq, hidden)``; None where not all are cached."""
    states = [example.states for example in examples if example.states is not None]
    if len(states) < len(examples):
        return None
    return torch.nn.utils.rnn.pad_sequence(states, batch_first=True)


def _make_batch(examples: Sequence[CachedExample]) -> TrainingBatch:
    encoded = tuple(example.example.encoded for example in examples)
    batch = collate(encoded)
    seq = batch.ids.shape[1]
    spans = torch.zeros((len(examples), seq, seq), dtype=torch.int64)
    for row, example in enumerate(examples):
        if example.example.spans is None:
            spans[row] = UNKNOWN_SPAN
        for first, last, label in example.example.spans or ():
            spans[row, first, last] = label + 1
    targets = Targets(
        intents=torch.stack([example.example.intents for example in examples]),
        spans=spans,
        teacher=torch.stack([example.teacher for example in examples]),
        weights=torch.tensor([example.example.weight for example in examples]),
        is_multi_label=examples[0].example.is_multi_label,
    )
    return TrainingBatch(batch, pad_states(examples), targets, encoded)


def _encode(example: Example, encoded: EncodedText, label_map: LabelMap) -> TrainingExample:
    intents = torch.zeros(len(label_map.intents))
    intents[list(label_map.intent_ids(example.intent))] = 1.0
    spans = []
    for annotation in example.entities:
        try:
            first, after = align_span(encoded.offsets, annotation.start, annotation.end)
        except AlignmentError as error:
            remedy = _remedy(encoded, annotation.end)
            raise source_error(example, f"{error}: '{example.text}'; {remedy}") from error
        spans.append((first, after - 1, label_map.span_label_id(SpanLabel.of(annotation))))
    return TrainingExample(encoded, intents, tuple(spans), label_map.is_multi_label)


def _remedy(encoded: EncodedText, end: int) -> str:
    _, read = encoded.borders
    if end > read:
        return f"the encoder reads {read} characters of it; split the example"
    return "annotate whole words"
