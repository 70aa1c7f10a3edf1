"""The straight line of training: examples in, a verified bundle out.

One function per step: split, encode, cache frozen layers, start the heads, train, calibrate, evaluate, save.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from nlu.batching import TextEncoder, load_tokenizer
from nlu.bundle import Bundle, BundleContents, Origin, assemble_bundle, save_bundle
from nlu.calibration import Calibration, Thresholds, softmax
from nlu.checkpoint import EncoderCheckpoint
from nlu.data.rasa_nlu import NluData
from nlu.encoder import load_encoder
from nlu.evaluation.calibration import fit_temperature, threshold_above, threshold_below
from nlu.evaluation.report import EvaluationReport, evaluate
from nlu.finetuning.lora import Lora
from nlu.interpreter import BundleInterpreter
from nlu.labels import LabelMap
from nlu.model import HeadSizes, JointModel, span_cells
from nlu.out_of_scope import NeighbourDistance
from nlu.patterns import PatternSet
from nlu.provenance import hash_code, hash_data
from nlu.training.config import CalibrationSettings, TrainConfig
from nlu.training.dataset import CachedExample, cache_states, encode_examples, split_validation
from nlu.training.head_start import start_intent_head, start_match_scores
from nlu.training.loop import EpochResult, TrainingSplits, run_cached, train_loop
from nlu.training.progress import Progress, Report
from nlu.types import Example

_LIKELY_GAIN = -6.0  # spans below are surely unlabelled and tell nothing about the span temperature


@dataclass(frozen=True, slots=True)
class TrainedBundle:
    """A finished run; `report` is about the held-out examples, or the validation split without them."""

    bundle_id: str
    path: Path
    report: EvaluationReport
    epochs: tuple[EpochResult, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Prepared:
    label_map: LabelMap
    patterns: PatternSet
    splits: TrainingSplits
    validation: Sequence[Example]
    first_trained_layer: int


@dataclass(frozen=True, slots=True, eq=False)
class _ValidationOutputs:
    """What the trained model says about the validation split, and all embeddings of the training split."""

    intent_logits: NDArray[np.float32]
    intents: NDArray[np.int64]
    span_logits: NDArray[np.float32]
    spans: NDArray[np.int64]
    embeddings: NDArray[np.float32]
    references: NDArray[np.float32]


def train_bundle(
    data: NluData,
    config: TrainConfig,
    *,
    encoder: EncoderCheckpoint,
    out_path: Path,
    progress: Report,
    held_out: Sequence[Example] | None = None,
) -> TrainedBundle:
    """Train on `data` and write a bundle to `out_path`.

    The same data, configuration and code on one machine give the same bundle. torch's global generator is
    left as it was.

    Args:
        data: examples to train on, with the bot's synonyms, lookups and regexes.
        config: how to train.
        encoder: the base encoder.
        out_path: folder of the bundle; appears whole or not at all.
        progress: told what is being done, with the time left.
        held_out: examples for the report; they never enter training.

    Raises:
        SourceError: an annotation does not fit the tokens.
        LabelError: there are no examples.
        PatternError: a regular expression is wrong.
    """
    clock = _Clock(progress)
    clock.report("prepare", 0.0, f"{len(data.examples)} examples")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        model, prepared = _prepare(data, config, encoder, clock)
        epochs = train_loop(
            model,
            prepared.splits,
            config,
            first_trained_layer=prepared.first_trained_layer,
            on_epoch=clock.report_epoch,
        )
    clock.report("calibrate", 0.92, "temperatures and thresholds")
    contents = _make_contents(model, prepared, data, config)
    clock.report("evaluate", 0.94, "measuring on examples that were not trained on")
    bundle = assemble_bundle(contents, encoder, bundle_id="")
    report = evaluate(BundleInterpreter(bundle).parse, held_out or prepared.validation)
    clock.report("save", 0.99, str(out_path))
    metrics: dict[str, object] = {"split": "held_out" if held_out else "validation", **report.summary()}
    origin = Origin(hash_data(data), hash_code(), config.seed)
    manifest = save_bundle(_with_metrics(bundle, metrics), encoder, origin, out_path)
    clock.report("save", 1.0, f"bundle {manifest.bundle_id}")
    return TrainedBundle(manifest.bundle_id, out_path, report, tuple(epochs))


class _Clock:
    """Turns fractions of the run into reports with the time left."""

    def __init__(self, progress: Report, now: Callable[[], float] = time.monotonic) -> None:
        self._progress = progress
        self._now = now
        self._started_at_s = now()

    def report(self, stage: str, fraction: float, message: str) -> None:
        elapsed_s = self._now() - self._started_at_s
        eta_s = elapsed_s * (1.0 - fraction) / fraction if fraction > 0 else None
        self._progress(Progress(stage, fraction, eta_s, message))

    def report_epoch(self, result: EpochResult, max_epochs: int) -> None:
        message = (
            f"epoch {result.epoch} of at most {max_epochs}: loss {result.train_loss:.3f}, "
            f"intents {result.intent_accuracy:.1%}, spans F1 {result.span_f1:.1%} on validation"
        )
        self.report("train", 0.1 + 0.8 * result.epoch / max_epochs, message)


def _prepare(
    data: NluData, config: TrainConfig, checkpoint: EncoderCheckpoint, clock: _Clock
) -> tuple[JointModel, _Prepared]:
    """Load the encoder, split and encode the examples, run the frozen layers, start the heads."""
    label_map = LabelMap.from_examples(data.examples)
    patterns = PatternSet.compile(data.regexes, data.lookups)
    rng = np.random.default_rng(config.seed)
    train, validation = split_validation(data.examples, fraction=config.validation_fraction, rng=rng)
    encoder = load_encoder(checkpoint)
    text_encoder = TextEncoder(load_tokenizer(checkpoint), patterns, max_tokens=encoder.max_tokens)
    method = Lora(config.lora)
    first = method.first_trained_layer(encoder)
    clock.report("cache", 0.05, f"running the {first} frozen layers of {encoder.num_layers} once")
    splits = TrainingSplits(
        *(
            cache_states(encode_examples(part, label_map, text_encoder), encoder, first_trained_layer=first)
            for part in (train, validation)
        )
    )
    model = JointModel(encoder, _head_sizes(label_map, patterns, config))
    _start_heads(model, splits.train, config)
    start_match_scores(
        model.span_head.match_scores,
        [label.entity if not (label.role or label.group) else "" for label in label_map.span_labels],
        sorted(data.regexes),
    )
    method.prepare(encoder)
    return model, _Prepared(label_map, patterns, splits, validation, first)


def _head_sizes(label_map: LabelMap, patterns: PatternSet, config: TrainConfig) -> HeadSizes:
    return HeadSizes(
        num_intents=len(label_map.intents),
        num_span_labels=len(label_map.span_labels),
        num_patterns=patterns.num_features,
        span_size=config.heads.span_size,
        dropout=config.heads.dropout,
    )


def _start_heads(model: JointModel, examples: Sequence[CachedExample], config: TrainConfig) -> None:
    start_intent_head(
        model.intent_head.linear,
        torch.stack([example.teacher for example in examples]),
        torch.tensor([example.example.intent for example in examples]),
        penalty=config.heads.start_penalty,
    )


def _make_contents(
    model: JointModel, prepared: _Prepared, data: NluData, config: TrainConfig
) -> BundleContents:
    outputs = _run_validation(model, prepared)
    heads = {
        name: tensor.clone() for name, tensor in model.state_dict().items() if not name.startswith("encoder.")
    }
    return BundleContents(
        label_map=prepared.label_map,
        lora=config.lora,
        sizes=_head_sizes(prepared.label_map, prepared.patterns, config),
        calibration=_calibrate(outputs, config.calibration),
        synonyms=_learned_synonyms(data.examples) | dict(data.synonyms),
        regexes=data.regexes,
        lookups=data.lookups,
        adapter=Lora(config.lora).extract(model.encoder),
        heads=heads,
        references=outputs.references,
        num_neighbours=config.calibration.num_neighbours,
        training=config.to_json(),
        metrics={},
    )


def _learned_synonyms(examples: Sequence[Example]) -> dict[str, str]:
    """Collect what annotations stand for; a corrected turn says it nowhere else."""
    return {
        example.text[entity.start : entity.end].lower(): entity.value
        for example in examples
        for entity in example.entities
        if entity.value != example.text[entity.start : entity.end]
    }


def _run_validation(model: JointModel, prepared: _Prepared) -> _ValidationOutputs:
    first = prepared.first_trained_layer
    logits, intents, cells, labels, embeddings = [], [], [], [], []
    for batch, output in run_cached(model, prepared.splits.validation, first):
        logits.append(output.intent_logits)
        intents.append(batch.targets.intents)
        embeddings.append(output.embedding)
        gains = output.span_gains.permute(0, 2, 3, 1)  # (batch, seq, seq, num_labels)
        padded = torch.nn.functional.pad(gains, (1, 0))  # class 0 is no label, with gain 0
        likely = (gains > _LIKELY_GAIN).any(dim=-1) | (batch.targets.spans > 0)
        chosen = likely & span_cells(batch.batch.word_mask)
        cells.append(padded[chosen])
        labels.append(batch.targets.spans[chosen])
    references = [output.embedding for _, output in run_cached(model, prepared.splits.train, first)]
    half = _stack(references, model.encoder.hidden).astype(np.float16)  # as the bundle stores them
    return _ValidationOutputs(
        intent_logits=_stack(logits, len(prepared.label_map.intents)),
        intents=_stack(intents).astype(np.int64),
        span_logits=_stack(cells, len(prepared.label_map.span_labels) + 1),
        spans=_stack(labels).astype(np.int64),
        embeddings=_stack(embeddings, model.encoder.hidden),
        references=half.astype(np.float32),
    )


def _stack(tensors: Sequence[torch.Tensor], *row_shape: int) -> NDArray[np.float32]:
    joined = torch.cat(list(tensors)) if tensors else torch.zeros((0, *row_shape))
    return np.asarray(joined.numpy())


def _calibrate(outputs: _ValidationOutputs, settings: CalibrationSettings) -> Calibration:
    """Choose temperatures and thresholds; without validation examples nothing is ever refused."""
    intent_temperature = fit_temperature(outputs.intent_logits, outputs.intents)
    span_temperature = fit_temperature(outputs.span_logits, outputs.spans)
    thresholds = Thresholds()
    if len(outputs.intents):
        confidences = softmax(outputs.intent_logits, intent_temperature)
        is_right = confidences.argmax(axis=1) == outputs.intents
        scores = NeighbourDistance(outputs.references, settings.num_neighbours).score(outputs.embeddings)
        thresholds = Thresholds(
            min_confidence=threshold_below(
                confidences.max(axis=1)[is_right], false_alarm_rate=settings.unsure_rate
            ),
            min_margin=settings.min_margin,
            max_out_of_scope_score=threshold_above(scores, false_alarm_rate=settings.out_of_scope_rate),
        )
    return Calibration(intent_temperature, span_temperature, thresholds)


def _with_metrics(bundle: Bundle, metrics: dict[str, object]) -> Bundle:
    return replace(bundle, contents=replace(bundle.contents, metrics=metrics))
