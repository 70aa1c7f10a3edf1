"""The straight line of a reader's training: examples in, a verified reader out.

Split by document, make unanswerable pairs, train, choose the null threshold on validation, save. A run that
is killed goes on after its last whole epoch.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import nn

from nlu.batching import load_tokenizer
from nlu.checkpoint import EncoderCheckpoint
from nlu.encoder import load_encoder
from nlu.evaluation.answers import AnswerQuality, Judged, choose_min_score, measure_answers
from nlu.finetuning.method import FinetuningMethod
from nlu.finetuning.methods import make_method
from nlu.provenance import READER_MODULES, hash_code, hash_reading
from nlu.reader.bundle import ReaderBundle, ReaderContents, assemble_reader, save_reader
from nlu.reader.model import ReaderModel, reading_loss
from nlu.reader.pairs import PairEncoder
from nlu.reader.reading import Reader
from nlu.stored import copy_heads
from nlu.training.compute import Compute, choose_compute
from nlu.training.config import OptimiserSettings
from nlu.training.descent import descend, optimise_encoder
from nlu.training.epochs import run_epochs, set_parameters
from nlu.training.progress import CALIBRATE_AT, Report, RunClock, Steps
from nlu.training.quick_pass import quicken
from nlu.training.reader_config import ReaderConfig
from nlu.training.reader_data import (
    ReaderBatch,
    ReaderPair,
    distinct,
    make_pairs,
    make_reader_batches,
    split_documents,
)
from nlu.training.resume import TrainingFolder, TrainingState
from nlu.training.unanswerable import ask_opposites, swap_names, wrong_passages
from nlu.types import ReaderExample

Begin = Literal["anew", "resume", "finish"]

_NUM_VALIDATED = 400  # examples that every epoch is judged by; the threshold is chosen on all


class ReaderTrainingError(Exception):
    """Data that no reader can be trained on."""


@dataclass(frozen=True, slots=True)
class ReaderEpoch:
    """What an epoch made of the reader; `f1` and `exact_match` of answerable validation questions."""

    epoch: int
    train_loss: float
    f1: float
    exact_match: float
    seconds: float


@dataclass(frozen=True, slots=True)
class TrainedReader:
    """A finished run; `misaligned` are the sources of examples left out, see `make_pairs`."""

    reader_id: str
    path: Path
    quality: AnswerQuality
    epochs: tuple[ReaderEpoch, ...]
    misaligned: tuple[str, ...]
    num_trained_parameters: int
    seconds: float


def train_reader(
    examples: Sequence[ReaderExample],
    config: ReaderConfig,
    *,
    encoder: EncoderCheckpoint,
    out_path: Path,
    progress: Report,
    begin: Begin = "anew",
) -> TrainedReader:
    """Train on `examples` and write a reader to `out_path`; torch's own generator is left as it was.

    Args:
        examples: questions with passages; some documents, whole, are drawn from them for validation.
        config: how to train.
        encoder: the base encoder.
        out_path: folder of the reader; appears whole or not at all.
        progress: told what is being done, with the time left.
        begin: ``resume`` goes on after the last whole epoch of the same run, if it was killed in training;
            ``finish`` takes the best of its epochs and trains no other.

    Raises:
        DeviceError: the machine lacks the device or the precision.
        ReaderTrainingError: there is no answerable example to train on, or no epoch to finish with.
        ResumeError: the state to go on from is another run's, or broken.
    """
    clock, compute = RunClock(progress), choose_compute(config.device, config.precision)
    folder = TrainingFolder(
        out_path.with_name(out_path.name + ".training"), _belongs_to(examples, config, encoder), ReaderEpoch
    )
    start = _load_start(folder, begin)
    with torch.random.fork_rng(devices=compute.rng_devices):
        torch.manual_seed(config.seed)
        trainee, misaligned = _prepare(examples, config, encoder, compute)
        clock.report("prepare", 0.05, f"{len(trainee.pairs)} pairs to train; on {compute}")
        clock.start_training()
        if begin == "finish" and start is not None:
            set_parameters(trainee.kept_parameters(), start.best)
            epochs = list(start.results)
        else:
            watcher = _Watcher(clock, folder, config.optimiser.max_epochs)
            epochs = run_epochs(trainee, watcher, seed=config.seed, start=start)
    clock.report("calibrate", CALIBRATE_AT, f"threshold on {len(trainee.validation)} examples")
    contents, quality = _calibrate(trainee, encoder, num_epochs=len(epochs))
    reader_id = save_reader(contents, encoder, out_path, data_hash=hash_reading(examples), seed=config.seed)
    folder.clear()
    clock.report("save", 1.0, reader_id)
    num_trained = sum(one.numel() for one in trainee.trained_parameters().values())
    return TrainedReader(
        reader_id, out_path, quality, tuple(epochs), tuple(misaligned), num_trained, clock.elapsed_s
    )


def judge(reader: Reader, examples: Sequence[ReaderExample]) -> list[Judged]:
    """Let a reader answer `examples`."""
    readings = reader.read([one.question for one in examples], [one.passage for one in examples])
    return [
        Judged(
            predicted="" if reading is None else example.passage[reading.start : reading.end],
            references=tuple(example.passage[span.start : span.end] for span in example.answers),
            score=float("-inf") if reading is None else reading.score,
        )
        for example, reading in zip(examples, readings, strict=True)
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Trainee:
    """The model with its data; implements `nlu.training.epochs.Trainee`."""

    model: ReaderModel
    method: FinetuningMethod
    config: ReaderConfig
    pairs: Sequence[ReaderPair]
    validation: Sequence[ReaderExample]
    pair_encoder: PairEncoder
    optimiser: torch.optim.Optimizer
    compute: Compute

    @property
    def settings(self) -> OptimiserSettings:
        return self.config.optimiser

    @property
    def num_batches(self) -> int:
        return -(-len(self.pairs) // self.settings.batch_size)

    @property
    def can_validate(self) -> bool:
        return bool(self.validation)

    def batches(self, epoch: int, rng: np.random.Generator) -> Iterator[ReaderBatch]:
        pairs = self.pairs
        if epoch <= self.config.num_short_epochs:
            pairs = [pair.shortened(self.config.short_passage_tokens, rng) for pair in pairs]
        return make_reader_batches(pairs, batch_size=self.settings.batch_size, rng=rng)

    def step(self, batch: ReaderBatch, number: int, num_steps: int) -> float:
        self.model.train()
        device = self.compute.device
        with self.compute.autocast():
            output = self.model(batch.batch.to(device))
        loss = reading_loss(output, batch.targets.to(device))
        descend(self.optimiser, loss, number, num_steps=num_steps, settings=self.settings)
        return loss.item()

    def validate(self, epoch: int, train_loss: float, started_at_s: float) -> ReaderEpoch:
        answerable = [one for one in self.validation if one.answers][:_NUM_VALIDATED]
        quality = measure_answers(judge(self._reader(), answerable))
        seconds = time.monotonic() - started_at_s
        return ReaderEpoch(epoch, train_loss, quality.f1, quality.exact_match, seconds)

    def score(self, result: ReaderEpoch) -> float:
        return result.f1

    def trained_parameters(self) -> Mapping[str, nn.Parameter]:
        return {name: one for name, one in self.model.named_parameters() if one.requires_grad}

    def kept_parameters(self) -> Mapping[str, nn.Parameter]:
        return self.trained_parameters()

    def contents(self) -> ReaderContents:
        return ReaderContents(
            finetuning=self.config.finetuning,
            sizes=self.config.sizes,
            max_tokens=self.config.max_tokens,
            min_score=0.0,
            adapter=self.method.extract(self.model.encoder),
            heads=copy_heads(self.model),
            training=self.config.to_json(),
            metrics={},
        )

    def _reader(self) -> Reader:
        return Reader(ReaderBundle("", self.contents(), self.model.eval(), self.pair_encoder))


@dataclass(frozen=True, slots=True, eq=False)
class _Watcher:
    """Passes on what the loop does: to the person who waits, and to the folder."""

    clock: RunClock
    folder: TrainingFolder[ReaderEpoch]
    max_epochs: int

    def on_step(self, steps: Steps, epoch: int) -> None:
        message = f"epoch {epoch} of at most {self.max_epochs}: step {steps.done} of {steps.total}"
        self.clock.report_step(steps, message)

    def on_state(self, state: TrainingState[ReaderEpoch]) -> None:
        self.folder.save(state)

    def on_epoch(self, steps: Steps, result: ReaderEpoch) -> None:
        quality = f"F1 {result.f1:.1%}, exact {result.exact_match:.1%} on validation"
        message = (
            f"epoch {result.epoch} of at most {self.max_epochs}: loss {result.train_loss:.3f}, {quality}"
        )
        self.clock.report_epoch(steps, message)


def _load_start(folder: TrainingFolder[ReaderEpoch], begin: Begin) -> TrainingState[ReaderEpoch] | None:
    start = None if begin == "anew" else folder.load()
    if start is None and begin == "finish":
        raise ReaderTrainingError(
            "got no whole epoch of a killed run, expected one to finish with; train first"
        )
    if start is None:
        folder.clear()
    return start


def _prepare(
    examples: Sequence[ReaderExample], config: ReaderConfig, checkpoint: EncoderCheckpoint, compute: Compute
) -> tuple[_Trainee, list[str]]:
    rng = np.random.default_rng(config.seed)
    train, validation = split_documents(distinct(examples), fraction=config.validation_fraction, rng=rng)
    validation = [validation[place] for place in rng.permutation(len(validation))]
    unanswerable = [_make_unanswerable(part, config, rng) for part in (train, validation)]
    encoder = load_encoder(checkpoint)
    encoder.set_dropout(config.encoder_dropout)
    max_tokens = min(config.max_tokens, encoder.max_tokens)
    pair_encoder = PairEncoder(load_tokenizer(checkpoint), max_tokens=max_tokens)
    pairs, misaligned = make_pairs([*train, *unanswerable[0]], pair_encoder)
    if not any(pair.spans for pair in pairs):
        raise ReaderTrainingError(
            f"got {len(examples)} examples of {len({one.group for one in examples})} documents, none of them "
            "left to train on with an answer; expected answerable questions of two documents at least"
        )
    model = ReaderModel(encoder, config.sizes)
    method = make_method(config.finetuning)
    method.prepare(encoder)
    quicken(encoder)
    model.to(compute.device)
    heads = [*model.span_head.parameters(), *model.null_head.parameters()]
    optimiser = optimise_encoder(encoder, heads, config.optimiser)
    validation = [*validation, *unanswerable[1]]
    trainee = _Trainee(model, method, config, pairs, validation, pair_encoder, optimiser, compute)
    return trainee, misaligned


def _make_unanswerable(
    examples: Sequence[ReaderExample], config: ReaderConfig, rng: np.random.Generator
) -> list[ReaderExample]:
    return [
        *wrong_passages(examples, share=config.wrong_passage_share, rng=rng),
        *swap_names(examples, share=config.swapped_name_share, rng=rng),
        *ask_opposites(examples, share=config.opposite_share, rng=rng),
    ]


def _calibrate(
    trainee: _Trainee, checkpoint: EncoderCheckpoint, *, num_epochs: int
) -> tuple[ReaderContents, AnswerQuality]:
    """Choose the least score of an answer, and measure with it, on the reader as it will serve."""
    contents = trainee.contents()
    judged = judge(Reader(assemble_reader(contents, checkpoint)), trainee.validation)
    chosen = choose_min_score(judged)
    min_score = chosen if np.isfinite(chosen) else 0.0
    quality = measure_answers(judged, min_score=min_score)
    metrics = {"split": "validation", "num_epochs": num_epochs, **_countable(quality)}
    return replace(contents, min_score=min_score, metrics=metrics), quality


def _countable(quality: AnswerQuality) -> dict[str, float]:
    return {name: value for name, value in asdict(quality).items() if np.isfinite(value)}


def _belongs_to(
    examples: Sequence[ReaderExample], config: ReaderConfig, encoder: EncoderCheckpoint
) -> dict[str, str]:
    settings = json.dumps(config.to_json(), sort_keys=True).encode("ascii")
    return {
        "configuration": hashlib.sha256(settings).hexdigest(),
        "data set": hash_reading(examples),
        "code": hash_code(READER_MODULES),
        "encoder": f"{encoder.sha256} {encoder.tokenizer_sha256}",
        "torch": torch.__version__,
    }
