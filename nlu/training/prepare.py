"""Everything before the first step: labels, splits, the frozen layers run once, models with a good start."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import torch

from nlu.batching import TextEncoder, load_tokenizer
from nlu.checkpoint import EncoderCheckpoint
from nlu.data.rasa_nlu import NluData
from nlu.encoder import SpanEncoder, load_encoder
from nlu.finetuning.method import FinetuningMethod
from nlu.finetuning.methods import make_method
from nlu.labels import LabelError, LabelMap, split_intent
from nlu.model import HeadSizes, JointModel
from nlu.patterns import PatternSet
from nlu.text import normalise_text
from nlu.training.cache import cache_bytes, cache_states
from nlu.training.compute import Compute
from nlu.training.config import TrainConfig
from nlu.training.dataset import (
    CachedExample,
    TrainingExample,
    encode_examples,
    encode_unlabelled,
    split_validation,
)
from nlu.training.head_start import start_intent_head, start_match_scores
from nlu.training.loop import TrainingSplits
from nlu.training.mentions import swap_mentions
from nlu.training.pairs import encode_texts, make_pair_set, number_texts
from nlu.training.progress import CACHE_AT, RunClock
from nlu.types import FALLBACK_INTENT, Example

_BYTES_PER_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Parts:
    """The examples by what they are for; those out of scope only measure, they train nothing.

    `unlabelled` are other texts, each once.
    """

    train: Sequence[Example]
    validation: Sequence[Example]
    out_of_scope: Sequence[Example]
    unlabelled: Sequence[str] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """What training, calibration and the bundle need.

    Attributes:
        config: how to train.
        checkpoint: the base encoder.
        splits: examples with their states, and the label map.
        unlabelled: texts that nobody annotated, with their states and without intents.
        parts: the same as examples, and those out of scope.
        pattern_names: those of the regular expressions, in their order.
        method: the fine-tuning method.
        sizes: shapes of the heads.
        cache_seconds: how long the frozen layers and the teacher took.
    """

    config: TrainConfig
    checkpoint: EncoderCheckpoint
    splits: TrainingSplits
    unlabelled: Sequence[CachedExample]
    parts: Parts
    pattern_names: tuple[str, ...]
    method: FinetuningMethod
    sizes: HeadSizes
    cache_seconds: float


def divide(
    data: NluData,
    validation: Sequence[Example] | None,
    config: TrainConfig,
    *,
    held_out: Sequence[Example] = (),
) -> Parts:
    """Split the examples; nothing is drawn where `validation` is given or folds take its place.

    Of the examples out of scope those of `validation` are measured, or without it all. Of the
    unlabelled texts those remain that no example has, none of `held_out` either.
    """
    known, unknown = _by_scope(data.examples)
    unlabelled = _distinct(data.unlabelled, (*data.examples, *(validation or ()), *held_out))
    if validation is not None:
        return Parts(known, *_by_scope(validation), unlabelled)
    rng = np.random.default_rng(config.seed)
    fraction = 0.0 if config.calibration.num_folds else config.validation_fraction
    train, drawn = split_validation(known, fraction=fraction, rng=rng)
    return Parts(train, drawn, unknown, unlabelled)


def describe(parts: Parts, *, is_drawn: bool) -> str:
    """Say how many examples there are, and which intents cannot be validated."""
    message = f"{len(parts.train)} examples to train, {len(parts.validation)} to validate"
    if parts.out_of_scope:
        message += f", {len(parts.out_of_scope)} out of scope to measure"
    if parts.unlabelled:
        message += f", {len(parts.unlabelled)} without labels"
    counts = Counter(example.intent for example in (*parts.train, *parts.validation))
    single = sorted(intent for intent, count in counts.items() if count == 1)
    if is_drawn and single:
        message += f"; a single example, trained and never validated: {', '.join(single)}"
    return message


def prepare(
    data: NluData,
    parts: Parts,
    config: TrainConfig,
    checkpoint: EncoderCheckpoint,
    *,
    clock: RunClock,
    compute: Compute,
) -> Prepared:
    """Encode the examples and run the frozen layers.

    Raises:
        LabelError: there is no example with an intent.
        SourceError: an annotation does not fit the tokens.
        PatternError: a regular expression is wrong.
    """
    if not parts.train:
        raise LabelError("got no examples with an intent to train on, expected at least one; add examples")
    label_map = LabelMap.from_examples((*parts.train, *_with_single_intents(parts.validation)))
    patterns = PatternSet.compile(data.regexes, data.lookups)
    encoder = load_encoder(checkpoint)
    text_encoder = TextEncoder(load_tokenizer(checkpoint), patterns, max_tokens=encoder.max_tokens)
    numbered = number_texts(data.retrieval_pairs)
    max_pair_tokens = min(encoder.max_tokens, config.retrieval.max_text_tokens)
    rng = np.random.default_rng(config.seed)
    variants = swap_mentions(parts.train, num_variants=config.num_variants, rng=rng)
    encoded = [
        encode_examples(parts.train, label_map, text_encoder),
        encode_examples([one for own in variants for one in own], label_map, text_encoder),
        encode_examples(parts.validation, label_map, text_encoder),
        encode_unlabelled(parts.unlabelled, label_map, text_encoder),
        encode_texts(numbered.texts, checkpoint, patterns, max_tokens=max_pair_tokens),
    ]
    method = make_method(config.finetuning)
    started_at_s = clock.elapsed_s
    cached = run_frozen(encoded, encoder.to(compute.device), method, config, clock=clock, compute=compute)
    train, varied, validation, unlabelled, texts = cached
    first = method.first_trained_layer(encoder)
    pairs = make_pair_set(numbered, texts, config.retrieval) if texts else None
    return Prepared(
        config=config,
        checkpoint=checkpoint,
        splits=TrainingSplits(_attach(train, varied, variants), validation, label_map, first, pairs),
        unlabelled=unlabelled,
        parts=parts,
        pattern_names=tuple(sorted(data.regexes)),
        method=method,
        sizes=_head_sizes(label_map, patterns, config),
        cache_seconds=clock.elapsed_s - started_at_s,
    )


def run_frozen(
    encoded: Sequence[Sequence[TrainingExample]],
    encoder: SpanEncoder,
    method: FinetuningMethod,
    config: TrainConfig,
    *,
    clock: RunClock,
    compute: Compute,
) -> list[list[CachedExample]]:
    """Run the frozen layers over all parts at once; gives the parts."""
    together = [example for part in encoded for example in part]
    first = method.first_trained_layer(encoder)
    mib = cache_bytes(together, encoder.hidden) / _BYTES_PER_MIB
    keep_states = not method.trains_embeddings and mib <= config.cache_limit_mib
    plan = f"kept in {mib:.0f} MiB" if keep_states else "and in every step"
    clock.report(
        "cache", CACHE_AT, f"{first} frozen layers of {encoder.num_layers} once, {plan}; on {compute}"
    )
    cached = cache_states(
        together,
        encoder,
        first_trained_layer=first,
        keep_states=keep_states,
        compute=compute,
        watch=clock.report_caching,
    )
    rest = iter(cached)
    return [list(islice(rest, len(part))) for part in encoded]


def build_model(prepared: Prepared, train: Sequence[CachedExample]) -> JointModel:
    """Load the encoder afresh, start the heads from `train` and apply the method.

    Numbers are drawn from torch's generator.
    """
    encoder = load_encoder(prepared.checkpoint)
    encoder.set_dropout(prepared.config.encoder_dropout)
    model = JointModel(encoder, prepared.sizes)
    _start_heads(model, train, prepared.splits.label_map, prepared.pattern_names, prepared.config)
    prepared.method.prepare(encoder)
    return model


def _with_single_intents(examples: Sequence[Example]) -> list[Example]:
    """Take combinations of intents apart: what was not trained together is no candidate together."""
    return [replace(example, intent=atom) for example in examples for atom in split_intent(example.intent)]


def _by_scope(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    known = [example for example in examples if example.intent != FALLBACK_INTENT]
    unknown = [replace(example, entities=()) for example in examples if example.intent == FALLBACK_INTENT]
    return known, unknown


def _distinct(texts: Sequence[str], examples: Sequence[Example]) -> list[str]:
    """Give every text once, in alphabetical order, without those that an example has."""
    seen = {normalise_text(example.text) for example in examples}
    by_key = {normalise_text(text): text for text in sorted(texts, reverse=True)}  # the first of each stays
    return [by_key[key] for key in sorted(set(by_key) - seen)]


def _attach(
    train: Sequence[CachedExample], varied: Sequence[CachedExample], variants: Sequence[Sequence[Example]]
) -> list[CachedExample]:
    """Give every example its own of the variants, which lie behind each other."""
    rest = iter(varied)
    return [
        replace(one, variants=tuple(islice(rest, len(own)))) for one, own in zip(train, variants, strict=True)
    ]


def _head_sizes(label_map: LabelMap, patterns: PatternSet, config: TrainConfig) -> HeadSizes:
    return HeadSizes(
        num_intents=len(label_map.intents),
        num_span_labels=len(label_map.span_labels),
        num_patterns=patterns.num_features,
        span_size=config.heads.span_size,
        dropout=config.heads.dropout,
    )


def _start_heads(
    model: JointModel,
    examples: Sequence[CachedExample],
    label_map: LabelMap,
    pattern_names: Sequence[str],
    config: TrainConfig,
) -> None:
    start_intent_head(
        model.intent_head.linear,
        torch.stack([example.teacher for example in examples]),
        torch.stack([example.example.intents for example in examples]),
        weights=torch.tensor([example.example.weight for example in examples]),
        penalty=config.heads.start_penalty,
        is_multi_label=label_map.is_multi_label,
    )
    plain = [label.entity if not (label.role or label.group) else "" for label in label_map.span_labels]
    start_match_scores(model.span_head.match_scores, plain, pattern_names)
