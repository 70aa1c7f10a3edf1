"""Retraining, step by step: snapshot, train, evaluate both, gate, register, promote."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from app.db.audit import AuditLog
from app.db.model_store import ModelInfo, ModelStore
from app.db.review_store import ReviewStore
from app.jobs.progress import JobReporter
from app.retraining.gate import Evaluated, Examples, Verdict, judge
from app.retraining.registry import ModelRegistry
from app.retraining.snapshot import Snapshot, build_snapshot
from nlu.data.checks import check_example
from nlu.data.rasa_nlu import NluData
from nlu.data.yaml_source import SourceError
from nlu.training.progress import Report
from nlu.types import Example, ParsedUtterance

_BATCH_SIZE = 32
_SCRATCH_PREFIX = "retrain-"


class Trained(Protocol):
    """What training gives; see `nlu.training.pipeline.TrainedBundle`."""

    @property
    def bundle_id(self) -> str:
        """Name the bundle."""

    @property
    def path(self) -> Path:
        """Say where it was written."""


class Parser(Protocol):
    """A loaded bundle; see `nlu.interpreter.BundleInterpreter`."""

    def parse(self, texts: Sequence[str]) -> list[ParsedUtterance]:
        """Understand texts."""

    def find_misalignment(self, text: str, spans: Sequence[tuple[int, int]]) -> str | None:
        """Say which of the spans could not be trained on, or None."""


Train = Callable[[NluData, Sequence[Example], Path, Report], Trained]
"""Trains on the data and writes a bundle to the path; the examples are for its own report only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What retraining works with."""

    reviews: ReviewStore
    models: ModelStore
    audit: AuditLog
    registry: ModelRegistry
    read_bot_data: Callable[[], NluData]
    train: Train
    load_parser: Callable[[Path], Parser]
    prepare_index: Callable[[Path], None]  # saves the FAQ index for a bundle, so that no server has to
    datasets_path: Path  # keeps every snapshot that something was trained on
    scratch_path: Path  # bundles in the making


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a retraining ended."""

    challenger_id: str
    is_promoted: bool
    message: str
    report: dict[str, Any]


def retrain(workshop: Workshop, reporter: JobReporter) -> Outcome:
    """Run one retraining job to its end; the champion changes only in its last step.

    Raises:
        JobStoppedError: the worker was asked to stop.
    """
    reporter.report("snapshot", 0.01, "joining the bot's data and the corrections")
    champion = workshop.models.champion()
    champion_parser = workshop.load_parser(Path(champion.path)) if champion is not None else None
    snapshot = _take_snapshot(workshop, reporter, champion_parser)
    examples = Examples(snapshot.held_out, snapshot.corrections)
    reporter.report("train", 0.04, f"{len(snapshot.train.examples)} examples")
    challenger_id, challenger_path = _train(workshop, reporter, snapshot)
    reporter.report("evaluate", 0.88, f"both models on {len(snapshot.held_out)} held-out examples")
    theirs = (
        _evaluate(champion.bundle_id, champion_parser, examples) if champion and champion_parser else None
    )
    ours = _evaluate(challenger_id, workshop.load_parser(challenger_path), examples)
    reporter.report("gate", 0.97, "comparing champion and challenger")
    verdict = judge(theirs, ours, examples)
    report = _report(snapshot, champion, challenger_id, verdict)
    _register(workshop, reporter, challenger_path, challenger_id, report)
    return _finish(workshop, reporter, challenger_path, verdict, report)


def _take_snapshot(workshop: Workshop, reporter: JobReporter, parser: Parser | None) -> Snapshot:
    def find_problem(example: Example) -> str | None:
        try:
            check_example(example)
        except SourceError as error:
            return str(error)
        if parser is None:
            return None
        return parser.find_misalignment(example.text, [(span.start, span.end) for span in example.entities])

    snapshot = build_snapshot(
        workshop.read_bot_data(), workshop.reviews.corrected_examples(), find_problem=find_problem
    )
    _save_snapshot(snapshot, workshop.datasets_path)
    _audit(workshop, reporter, "training.snapshot", snapshot.snapshot_id, _describe(snapshot))
    return snapshot


def _train(workshop: Workshop, reporter: JobReporter, snapshot: Snapshot) -> tuple[str, Path]:
    out_path = workshop.scratch_path / f"{_SCRATCH_PREFIX}{snapshot.snapshot_id}"
    _forget_other_runs(out_path)
    try:
        report = reporter.part("train", 0.04, 0.88)
        trained = workshop.train(snapshot.train, snapshot.held_out, out_path, report)
        return workshop.registry.adopt(trained.path)
    finally:
        shutil.rmtree(out_path, ignore_errors=True)


def _forget_other_runs(out_path: Path) -> None:
    """Keep what a killed job has trained on the same snapshot, which training goes on with, and no more."""
    for path in out_path.parent.glob(f"{_SCRATCH_PREFIX}*"):
        if not path.name.startswith(out_path.name):
            shutil.rmtree(path, ignore_errors=True)


def _evaluate(bundle_id: str, parser: Parser, examples: Examples) -> Evaluated:
    return Evaluated(
        bundle_id, _parse_all(parser, examples.held_out), _parse_all(parser, examples.corrections)
    )


def _parse_all(parser: Parser, examples: Sequence[Example]) -> list[ParsedUtterance]:
    parsed: list[ParsedUtterance] = []
    for start in range(0, len(examples), _BATCH_SIZE):
        parsed += parser.parse([example.text for example in examples[start : start + _BATCH_SIZE]])
    return parsed


def _register(
    workshop: Workshop, reporter: JobReporter, path: Path, bundle_id: str, report: dict[str, Any]
) -> None:
    figures = {one["metric"]: one["challenger"] for one in report["comparisons"]}
    metrics = figures | {"num_examples": report["dataset"]["num_held_out"], "split": "held_out"}
    origin = f"job:{reporter.job.job_id}"
    workshop.models.register(bundle_id, path=str(path.absolute()), origin=origin, metrics=metrics)


def _finish(
    workshop: Workshop, reporter: JobReporter, path: Path, verdict: Verdict, report: dict[str, Any]
) -> Outcome:
    bundle_id = str(report["challenger_id"])
    detail = {"promotable": verdict.is_promotable, "reasons": list(verdict.reasons)}
    _audit(workshop, reporter, "training.gate", bundle_id, detail)
    reporter.report("promote" if verdict.is_promotable else "gate", 0.99, verdict.reasons[0])
    if verdict.is_promotable:
        workshop.prepare_index(path)
        workshop.models.promote(bundle_id, actor=f"job:{reporter.job.job_id}")
    message = "Promoted: " if verdict.is_promotable else "Not promoted: "
    return Outcome(bundle_id, verdict.is_promotable, message + " ".join(verdict.reasons), report)


def _report(
    snapshot: Snapshot, champion: ModelInfo | None, challenger_id: str, verdict: Verdict
) -> dict[str, Any]:
    return {
        "champion_id": champion.bundle_id if champion is not None else None,
        "challenger_id": challenger_id,
        "dataset": {"snapshot_id": snapshot.snapshot_id, **_describe(snapshot)},
        **verdict.to_json(),
    }


def _describe(snapshot: Snapshot) -> dict[str, object]:
    return {
        "num_train": len(snapshot.train.examples),
        "num_held_out": len(snapshot.held_out),
        "num_corrections_in_train": snapshot.num_corrections_in_train,
        "num_corrections_held_out": snapshot.num_corrections_held_out,
        "skipped_corrections": [f"{skipped.source}: {skipped.reason}" for skipped in snapshot.skipped],
    }


def _save_snapshot(snapshot: Snapshot, datasets_path: Path) -> None:
    datasets_path.mkdir(parents=True, exist_ok=True)
    path = datasets_path / f"{snapshot.snapshot_id}.json"
    partial = path.with_suffix(f".{os.getpid()}.partial")
    partial.write_text(json.dumps(snapshot.to_json(), indent=1), encoding="utf-8")
    partial.replace(path)


def _audit(
    workshop: Workshop, reporter: JobReporter, action: str, target: str, detail: dict[str, object]
) -> None:
    workshop.audit.record(f"job:{reporter.job.job_id}", action, target, detail)
