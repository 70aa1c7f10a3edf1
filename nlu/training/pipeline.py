"""The straight line of training: examples in, a verified bundle out.

One function per step: prepare, train, calibrate, evaluate, save. A run that is killed in training leaves its
state beside the bundle, in a folder whose name ends in ``.training``, and can go on from there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from nlu.bundle import Bundle, BundleContents, Origin, assemble_bundle, save_bundle
from nlu.calibration import Calibration
from nlu.checkpoint import EncoderCheckpoint
from nlu.data.rasa_nlu import NluData
from nlu.evaluation.figures import countable_figures
from nlu.evaluation.report import EvaluationReport, evaluate
from nlu.interpreter import BundleInterpreter
from nlu.model import JointModel
from nlu.out_of_scope import ScopeScore
from nlu.provenance import hash_code, hash_data
from nlu.training.calibrate import choose_calibration, fit_scope, run_unseen
from nlu.training.compute import Compute, choose_compute
from nlu.training.config import TrainConfig
from nlu.training.cross_fit import run_out_of_fold
from nlu.training.fit import fit_model
from nlu.training.prepare import Parts, Prepared, describe, divide, prepare
from nlu.training.progress import CALIBRATE_AT, Report, RunClock, Steps
from nlu.training.resume import TrainingFolder, TrainingState
from nlu.training.steps import trained_parameters
from nlu.training.validation import EpochResult
from nlu.types import Example


@dataclass(frozen=True, slots=True)
class TrainedBundle:
    """A finished run.

    Attributes:
        bundle_id: name of the bundle.
        path: its folder.
        report: about the held-out examples, or without them the validation split.
        epochs: what came of every epoch, those before a resumption included.
        seconds: how long this process took for everything.
        num_trained_parameters: numbers that training changed, of encoder and heads.
        cache_seconds: how long the frozen layers took, once.
    """

    bundle_id: str
    path: Path
    report: EvaluationReport
    epochs: tuple[EpochResult, ...]
    seconds: float
    num_trained_parameters: int
    cache_seconds: float


def train_bundle(  # noqa: PLR0913  # one call is the whole of training
    data: NluData,
    config: TrainConfig,
    *,
    encoder: EncoderCheckpoint,
    out_path: Path,
    progress: Report,
    held_out: Sequence[Example] | None = None,
    validation: Sequence[Example] | None = None,
    resume: bool = False,
) -> TrainedBundle:
    """Train on `data` and write a bundle to `out_path`.

    On one machine's CPU the same arguments give the same bundle; torch's own generator is left as it was.

    Args:
        data: what the bot learns from; examples of `FALLBACK_INTENT` are only measured, never trained on.
        config: how to train.
        encoder: the base encoder.
        out_path: folder of the bundle; appears whole or not at all.
        progress: told what is being done, with the time left.
        held_out: examples for the report; they never enter training.
        validation: examples that stop training and set thresholds; without, a part of `data` is drawn.
        resume: go on after the last whole epoch of the same run, if it was killed in training.

    Raises:
        DeviceError: the machine lacks the device.
        SourceError, PatternError: an annotation does not fit the tokens; a regular expression is wrong.
        LabelError, ResumeError: there are no examples; the state to go on from is another run's, or broken.
    """
    if not config.retrieval.weight:
        data = replace(data, retrieval_pairs=())  # they are no part of what the bundle is made from
    clock, compute = RunClock(progress), choose_compute(config.device, config.precision)
    parts = divide(data, validation, config, held_out=held_out or ())
    clock.report("prepare", 0.0, describe(parts, is_drawn=validation is None))
    run = _belongs_to(data, parts, config, encoder=encoder, compute=compute)
    folder, start = _open_folder(out_path, run, resume=resume)
    with torch.random.fork_rng(devices=compute.rng_devices):
        torch.manual_seed(config.seed)
        prepared = prepare(data, parts, config, encoder, clock=clock, compute=compute)
        watcher = _Watcher.begin(clock, folder, prepared)
        model, epochs = fit_model(prepared, prepared.splits, watcher=watcher, compute=compute, start=start)
        calibrated = _calibrate(model, prepared, clock=clock, compute=compute)
    contents = _make_contents(model, prepared, data, calibrated)
    bundle, report = _evaluate(contents, encoder, parts, held_out, clock)
    bundle_id = _save(bundle, encoder, Origin(hash_data(data), hash_code(), config.seed), out_path, clock)
    folder.clear()
    num_trained = sum(one.numel() for one in trained_parameters(model).values())
    seconds, caching = clock.elapsed_s, prepared.cache_seconds
    return TrainedBundle(bundle_id, out_path, report, tuple(epochs), seconds, num_trained, caching)


def _open_folder(
    out_path: Path, belongs_to: dict[str, str], *, resume: bool
) -> tuple[TrainingFolder[EpochResult], TrainingState[EpochResult] | None]:
    """Open the folder of the run's state, and load the state or clear the folder."""
    folder = TrainingFolder(out_path.with_name(out_path.name + ".training"), belongs_to, EpochResult)
    start = folder.load() if resume else None
    if start is None:
        folder.clear()
    return folder, start


@dataclass(frozen=True, slots=True, eq=False)
class _Calibrated:
    calibration: Calibration
    scope: ScopeScore


@dataclass(frozen=True, slots=True, eq=False)
class _Folds:
    """Shows that the models of the folds are being trained; nothing of them is kept."""

    clock: RunClock

    def on_labeller_step(self, steps: Steps, epoch: int) -> None:
        self.clock.report_fold(f"the labeller of a fold: epoch {epoch}, step {steps.done} of {steps.total}")

    def on_step(self, steps: Steps, epoch: int) -> None:
        self.clock.report_fold(f"a model of a fold: epoch {epoch}, step {steps.done} of {steps.total}")

    def on_state(self, state: TrainingState[EpochResult]) -> None:
        """Keep nothing."""

    def on_epoch(self, steps: Steps, result: EpochResult) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class _Watcher:
    """Passes on what the loop does: to the person who waits, and to the folder."""

    clock: RunClock
    folder: TrainingFolder[EpochResult]
    max_epochs: int
    has_validation: bool

    @classmethod
    def begin(cls, clock: RunClock, folder: TrainingFolder[EpochResult], prepared: Prepared) -> _Watcher:
        """Begin to measure steps."""
        clock.start_training()
        return cls(clock, folder, prepared.config.optimiser.max_epochs, len(prepared.splits.validation) > 0)

    def on_labeller_step(self, steps: Steps, epoch: int) -> None:
        self.clock.report_labeller(
            f"a model to judge what nobody annotated: epoch {epoch}, step {steps.done} of {steps.total}"
        )

    def on_step(self, steps: Steps, epoch: int) -> None:
        self.clock.report_step(
            steps, f"epoch {epoch} of at most {self.max_epochs}: step {steps.done} of {steps.total}"
        )

    def on_state(self, state: TrainingState[EpochResult]) -> None:
        self.folder.save(state)

    def on_epoch(self, steps: Steps, result: EpochResult) -> None:
        quality = "no validation"
        if self.has_validation:
            quality = f"intents {result.intent_accuracy:.1%}, spans F1 {result.span_f1:.1%} on validation"
        message = (
            f"epoch {result.epoch} of at most {self.max_epochs}: loss {result.train_loss:.3f}, {quality}"
        )
        self.clock.report_epoch(steps, message)


def _belongs_to(
    data: NluData, parts: Parts, config: TrainConfig, *, encoder: EncoderCheckpoint, compute: Compute
) -> dict[str, str]:
    """Name what a state of training depends on; the order of the examples counts, their places do not."""
    splits = (parts.train, parts.validation)
    examples = [[asdict(replace(example, source="")) for example in split] for split in splits]
    return {
        "configuration": _hash_json(config.to_json()),
        "data set": _hash_json([hash_data(data), examples, list(parts.unlabelled)]),
        "code": hash_code(),
        "encoder": f"{encoder.sha256} {encoder.tokenizer_sha256}",
        "machine": f"{compute}, torch {torch.__version__}",
    }


def _hash_json(document: object) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode("ascii")).hexdigest()


def _calibrate(model: JointModel, prepared: Prepared, *, clock: RunClock, compute: Compute) -> _Calibrated:
    """Choose temperatures and thresholds, out of folds where these are wanted."""
    clock.report("calibrate", CALIBRATE_AT, "temperatures and thresholds")
    splits, settings = prepared.splits, prepared.config.calibration
    scope = fit_scope(model, splits, settings, compute)
    if settings.num_folds:
        outputs = run_out_of_fold(prepared, watcher=_Folds(clock), compute=compute)
    else:
        outputs = run_unseen(model, splits.validation, scope, splits=splits, compute=compute)
    return _Calibrated(choose_calibration(outputs, settings), scope)


def _make_contents(
    model: JointModel, prepared: Prepared, data: NluData, calibrated: _Calibrated
) -> BundleContents:
    config = prepared.config
    heads = {
        name: tensor.detach().cpu().clone()
        for name, tensor in model.state_dict().items()
        if not name.startswith("encoder.")
    }
    return BundleContents(
        label_map=prepared.splits.label_map,
        finetuning=config.finetuning,
        sizes=prepared.sizes,
        calibration=calibrated.calibration,
        synonyms=_learned_synonyms(data.examples) | dict(data.synonyms),
        regexes=data.regexes,
        lookups=data.lookups,
        adapter=prepared.method.extract(model.encoder),
        heads=heads,
        scope_score=config.calibration.scope_score,
        references=calibrated.scope.references(),
        num_neighbours=config.calibration.num_neighbours,
        training=config.to_json(),
        metrics={},
    )


def _save(bundle: Bundle, encoder: EncoderCheckpoint, origin: Origin, out_path: Path, clock: RunClock) -> str:
    clock.report("save", 0.99, str(out_path))
    bundle_id = save_bundle(bundle, encoder, origin, out_path).bundle_id
    clock.report("save", 1.0, bundle_id)
    return bundle_id


def _learned_synonyms(examples: Sequence[Example]) -> dict[str, str]:
    """Collect what annotations stand for; a corrected turn says it nowhere else."""
    return {
        example.text[entity.start : entity.end].lower(): entity.value
        for example in examples
        for entity in example.entities
        if entity.value != example.text[entity.start : entity.end]
    }


def _evaluate(
    contents: BundleContents,
    encoder: EncoderCheckpoint,
    parts: Parts,
    held_out: Sequence[Example] | None,
    clock: RunClock,
) -> tuple[Bundle, EvaluationReport]:
    """Measure the bundle as it will serve, on the CPU, and write the result into it."""
    clock.report("evaluate", 0.94, "measuring on examples that were not trained on")
    bundle = assemble_bundle(contents, encoder, bundle_id="")
    examples = held_out or (*parts.validation, *parts.out_of_scope)
    report = evaluate(BundleInterpreter(bundle).parse, examples)
    metrics = {"split": "held_out" if held_out else "validation", **countable_figures(report)}
    return replace(bundle, contents=replace(contents, metrics=metrics)), report
