"""Adapts an encoder to questions and the texts that answer them, without intents and entities.

For whoever has help texts only, and for benchmarks. The bundle of a bot learns the same within
`nlu.training.pipeline`; the steps and the fine-tuning methods are those of `nlu.training`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from nlu.batching import TextEncoder, load_tokenizer
from nlu.checkpoint import EncoderCheckpoint
from nlu.encoder import SpanEncoder, embed_encoded, load_encoder
from nlu.finetuning.method import Adapter
from nlu.finetuning.methods import make_method
from nlu.labels import LabelError
from nlu.patterns import PatternSet
from nlu.training.compute import Compute, choose_compute
from nlu.training.config import TrainConfig
from nlu.training.dataset import CachedExample
from nlu.training.descent import descend, optimise_encoder
from nlu.training.epochs import copy_parameters, set_parameters
from nlu.training.forward import embed_texts, train_encoder_mode
from nlu.training.pairs import (
    PairSet,
    TextBatch,
    encode_texts,
    make_pair_batches,
    make_pair_set,
    number_texts,
)
from nlu.training.prepare import run_frozen
from nlu.training.progress import Report, RunClock, Steps
from nlu.training.ranking import Ranked, mean_reciprocal_rank
from nlu.training.steps import loss_of_pairs
from nlu.types import RetrievalPair

_BATCH_SIZE = 64  # of passes without gradients


@dataclass(frozen=True, slots=True)
class RetrievalEpoch:
    """What came of an epoch; epoch 0 is the unchanged encoder, which has no loss yet.

    `mean_reciprocal_rank` is that of the validation questions, 0 without any; higher is better.
    """

    epoch: int
    train_loss: float
    mean_reciprocal_rank: float
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class TunedEncoder:
    """An encoder of the best epoch; safe to share between threads.

    Attributes:
        encoder: with the adapter merged, on the CPU.
        text_encoder: its tokeniser.
        adapter: what was trained, by name.
        epochs: every epoch, from 0.
        best_epoch: the number of the one that was kept.
    """

    encoder: SpanEncoder
    text_encoder: TextEncoder
    adapter: Adapter
    epochs: tuple[RetrievalEpoch, ...]
    best_epoch: int

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed `texts`: ``(texts, hidden)`` float32 rows of unit length."""
        return embed_encoded(self.encoder, self.text_encoder.encode(texts))


def finetune_retrieval(
    pairs: Sequence[RetrievalPair],
    config: TrainConfig,
    *,
    encoder: EncoderCheckpoint,
    validation: Sequence[RetrievalPair],
    progress: Report,
) -> TunedEncoder:
    """Train on `pairs` until the questions of `validation` find their answers no better.

    The texts of `pairs` and of `validation` together are what a question of `validation` is searched in; an
    answer ranks by its nearest text, read as far as `retrieval.max_text_tokens`. If no epoch is better than
    none, the encoder stays as it was. Without `validation` the last epoch counts. Torch's own generator is
    left as it was.

    Args:
        pairs: questions with texts of their answers.
        config: its seed, device, precision, dropouts, cache limit, fine-tuning, optimiser and retrieval
            settings are read; `retrieval.batch_size` is that of a step.
        encoder: the base encoder.
        validation: pairs whose questions are not among `pairs`.
        progress: told what is being done, with the time left.

    Raises:
        LabelError: there are no pairs to train on.
        DeviceError: the machine lacks the device or the precision.
    """
    clock, compute = RunClock(progress), choose_compute(config.device, config.precision)
    with torch.random.fork_rng(devices=compute.rng_devices):
        torch.manual_seed(config.seed)
        run = _prepare(pairs, validation, config, checkpoint=encoder, clock=clock, compute=compute)
        run.train(clock)
    method = make_method(config.finetuning)
    adapter, merged = method.extract(run.encoder), load_encoder(encoder)
    method.merge(merged, adapter)
    text_encoder = TextEncoder(load_tokenizer(encoder), _no_patterns(), max_tokens=merged.max_tokens)
    return TunedEncoder(merged, text_encoder, adapter, tuple(run.epochs), run.best_epoch)


def _prepare(
    pairs: Sequence[RetrievalPair],
    validation: Sequence[RetrievalPair],
    config: TrainConfig,
    *,
    checkpoint: EncoderCheckpoint,
    clock: RunClock,
    compute: Compute,
) -> _Run:
    """Run the frozen layers once over all texts and apply the method."""
    numbered, held_out = number_texts(pairs), number_texts(validation)
    if not len(numbered.pairs):
        raise LabelError("got no pairs to train on, expected questions with texts that answer them; add some")
    encoder = load_encoder(checkpoint)
    max_tokens = min(encoder.max_tokens, config.retrieval.max_text_tokens)
    method = make_method(config.finetuning)
    clock.report("prepare", 0.0, f"{len(numbered.pairs)} pairs to train, {len(held_out.pairs)} to validate")
    train, unseen = run_frozen(
        [
            encode_texts(texts, checkpoint, _no_patterns(), max_tokens=max_tokens)
            for texts in (numbered.texts, held_out.texts)
        ],
        encoder.to(compute.device),
        method,
        config,
        clock=clock,
        compute=compute,
    )
    first = method.first_trained_layer(encoder)
    encoder.set_dropout(config.encoder_dropout)
    method.prepare(encoder)
    pair_set = make_pair_set(numbered, train, config.retrieval)
    ranked = Ranked.of(numbered, held_out)
    return _Run(encoder, pair_set, [*train, *unseen], ranked, config, compute, first)


@dataclass(slots=True, eq=False)
class _Run:
    """A run under way; `texts` are those of the pairs and of the validation, as `ranked` numbers them."""

    encoder: SpanEncoder
    pairs: PairSet
    texts: Sequence[CachedExample]
    ranked: Ranked
    config: TrainConfig
    compute: Compute
    first_trained_layer: int
    epochs: list[RetrievalEpoch] = field(default_factory=list)
    best_epoch: int = 0

    def train(self, clock: RunClock) -> None:
        """Run epochs and leave the best one's values in the encoder."""
        settings, rng = self.config.optimiser, np.random.default_rng(self.config.seed)
        trained = {name: one for name, one in self.encoder.named_parameters() if one.requires_grad}
        optimiser = optimise_encoder(self.encoder, [], settings)
        best = copy_parameters(trained)
        self.epochs.append(RetrievalEpoch(0, 0.0, self._measure(), clock.elapsed_s))
        clock.start_training()
        while len(self.epochs) <= settings.max_epochs and self._is_improving:
            started_at_s = time.monotonic()
            loss = self._run_epoch(optimiser, rng, clock)
            quality, seconds = self._measure(), time.monotonic() - started_at_s
            self.epochs.append(RetrievalEpoch(len(self.epochs), loss, quality, seconds))
            if quality > self.epochs[self.best_epoch].mean_reciprocal_rank or not self.ranked.has_questions:
                self.best_epoch, best = self.epochs[-1].epoch, copy_parameters(trained)
            clock.report_epoch(
                self._steps(0),
                f"epoch {self.epochs[-1].epoch}: loss {loss:.3f}, validation MRR {quality:.3f}",
            )
        set_parameters(trained, best)

    @property
    def _is_improving(self) -> bool:
        return len(self.epochs) - 1 - self.best_epoch < self.config.optimiser.patience

    def _run_epoch(
        self, optimiser: torch.optim.Optimizer, rng: np.random.Generator, clock: RunClock
    ) -> float:
        train_encoder_mode(self.encoder, self.first_trained_layer)
        losses: list[float] = []
        for batch in make_pair_batches(self.pairs, batch_size=self.config.retrieval.batch_size, rng=rng):
            loss = loss_of_pairs(
                self.encoder,
                batch,
                self.config,
                first_trained_layer=self.first_trained_layer,
                compute=self.compute,
            )
            steps = self._steps(len(losses))
            descend(optimiser, loss, steps.done, num_steps=steps.total, settings=self.config.optimiser)
            losses.append(loss.item())
            clock.report_step(steps, f"epoch {len(self.epochs)}: step {steps.done + 1} of {steps.total}")
        return float(np.mean(losses))

    def _measure(self) -> float:
        if not self.ranked.has_questions:
            return 0.0
        self.encoder.eval()
        rows = [self._embed(start) for start in range(0, len(self.texts), _BATCH_SIZE)]
        return mean_reciprocal_rank(np.concatenate(rows), self.ranked)

    def _embed(self, start: int) -> NDArray[np.float32]:
        batch = TextBatch.of(self.texts[start : start + _BATCH_SIZE]).to(self.compute.device)
        with torch.no_grad():
            rows = embed_texts(self.encoder, batch, self.first_trained_layer, self.compute.exact)
        return rows.cpu().numpy()

    def _steps(self, in_epoch: int) -> Steps:
        per_epoch = -(-len(self.pairs.pairs) // self.config.retrieval.batch_size)
        done = (len(self.epochs) - 1) * per_epoch + in_epoch
        return Steps(done, self.config.optimiser.max_epochs * per_epoch, done)


def _no_patterns() -> PatternSet:
    return PatternSet.compile({}, {})
