"""One run in a process of its own, so that memory and threads are counted for it alone.

Train, measure validation, then (unless recipes are being compared) the test part, once.
`python -m benchmarks.nlu` starts it: `python -m benchmarks.nlu.run SET --seed 1 --data DIR --out DIR`.
"""

from __future__ import annotations

import argparse
import resource
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import torch

from benchmarks.commits import read_commit
from benchmarks.nlu.data import BenchmarkData, Draw, Part, keep_apart
from benchmarks.nlu.measure import measure
from benchmarks.nlu.results import RunName, RunResult, save_result
from benchmarks.nlu.sets import BenchmarkSet, select_sets
from benchmarks.nlu.trainable import Offsets, keep_aligned, keep_known
from nlu.batching import TextEncoder, load_tokenizer
from nlu.bundle import load_bundle
from nlu.checkpoint import EncoderCheckpoint, resolve_encoder
from nlu.data.rasa_nlu import NluData
from nlu.evaluation.page import write_report
from nlu.finetuning.methods import MethodName
from nlu.interpreter import BundleInterpreter
from nlu.patterns import PatternSet
from nlu.training.config import TrainConfig, load_train_config
from nlu.training.pipeline import TrainedBundle, train_bundle
from nlu.training.progress import Progress

_UNLIMITED_TOKENS = 100_000


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the data sets lie and where bundles and results go."""

    data: Path
    out: Path


def main(arguments: Sequence[str] | None = None) -> int:
    args = _parser().parse_args(arguments)
    (benchmark,) = select_sets([args.set])
    name = RunName(benchmark.name, args.method or main_method(benchmark), args.seed, args.validation_only)
    folders = Folders(args.data, args.out)
    result = execute(benchmark, name, folders, encoder=resolve_encoder(), num_jobs=args.jobs)
    print(f"{name}: {save_result(result, args.out)}", file=sys.stderr)
    return 0


def main_method(benchmark: BenchmarkSet) -> str:
    """Name the fine-tuning method that the configuration of a set asks for."""
    return load_train_config(benchmark.main_config_path).finetuning.method


def load_config(benchmark: BenchmarkSet, name: RunName) -> TrainConfig:
    """Read the configuration of a set and give it the method and the seed of the run.

    A run that is about choosing has no folds: recipes are compared on the validation part.
    """
    config = load_train_config(benchmark.config_path(name.method))
    method = next(known for known in get_args(MethodName) if known == name.method)
    if name.is_choosing:
        config = replace(config, calibration=replace(config.calibration, num_folds=0))
    return replace(config, seed=name.seed, finetuning=replace(config.finetuning, method=method))


def execute(
    benchmark: BenchmarkSet,
    name: RunName,
    folders: Folders,
    *,
    encoder: EncoderCheckpoint,
    num_jobs: int = 1,
) -> RunResult:
    """Train and measure; the test part is read after training, and only if `name` is not about choosing.

    `num_jobs` is how many runs share the machine; it is recorded beside the time.
    """
    config = load_config(benchmark, name)
    keeps_all = bool(config.calibration.num_folds)
    data = benchmark.read(folders.data, Draw(name.seed, name.is_choosing, keeps_all))
    train, num_left_out = keep_aligned(data.train, _offsets(encoder))
    trained = _train(replace(data, train=train), config, encoder, folders.out / "bundles" / _stem(name))
    peak_memory_mib = _peak_memory_mib()
    return RunResult(
        name=name,
        metrics=_measure_parts(data, name, trained.path, encoder),
        seconds=trained.seconds,
        peak_memory_mib=peak_memory_mib,
        num_trained_parameters=trained.num_trained_parameters,
        num_train=len(train),
        notes=(*data.notes, f"{num_left_out} training examples with a span within a token are left out"),
        config=config.to_json(),
        commit=read_commit(),
        num_threads=torch.get_num_threads(),
        num_jobs=num_jobs,
    )


def _train(
    data: BenchmarkData, config: TrainConfig, encoder: EncoderCheckpoint, out_path: Path
) -> TrainedBundle:
    """Train with the validation examples that training can hold; the reported part stays whole."""
    apart, _ = keep_apart(data.validation.examples)
    aligned, _ = keep_aligned(apart, _offsets(encoder))
    validation = keep_known(aligned, data.train)
    out_path.parent.mkdir(parents=True, exist_ok=True)
    return train_bundle(
        NluData(data.train, {}, {}, {}, unlabelled=data.unlabelled),
        config,
        encoder=encoder,
        out_path=out_path,
        progress=lambda progress: _report(data.name, config, progress),
        validation=validation,
    )


def _measure_parts(
    data: BenchmarkData, name: RunName, bundle_path: Path, encoder: EncoderCheckpoint
) -> Mapping[str, Mapping[str, float]]:
    """Measure every part that the run may look at; a page about each lies beside the bundle's folder."""
    interpreter = BundleInterpreter(load_bundle(bundle_path, encoder=encoder))
    parts: list[Part] = [data.validation] if data.validation.examples else []
    if not name.is_choosing:
        parts += data.read_test()
    metrics: dict[str, Mapping[str, float]] = {}
    for part in parts:
        metrics[part.name], report = measure(interpreter, part)
        folder = bundle_path.parents[1] / "reports" / _stem(name) / part.name
        write_report(report, folder, title=f"{name}: {part.name}")
    return metrics


def _offsets(encoder: EncoderCheckpoint) -> Offsets:
    tokenizer = load_tokenizer(encoder)
    text_encoder = TextEncoder(tokenizer, PatternSet.compile({}, {}), max_tokens=_UNLIMITED_TOKENS)
    return lambda text: text_encoder.encode([text])[0].offsets


def _report(set_name: str, config: TrainConfig, progress: Progress) -> None:
    left = f", {progress.eta_s:.0f} s left" if progress.eta_s is not None else ""
    run = f"{set_name}, {config.finetuning.method}, seed {config.seed}"
    print(f"{run}: {progress.fraction:4.0%}{left}: {progress.message}", file=sys.stderr, flush=True)


def _stem(name: RunName) -> str:
    return name.path(Path()).stem


def _peak_memory_mib() -> float:
    """Give the greatest resident memory of this process so far; macOS counts bytes, Linux KiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("set")
    parser.add_argument("--method", choices=get_args(MethodName), help="by default the set's own")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--validation-only", action="store_true")
    parser.add_argument("--jobs", type=int, default=1, help="runs that share the machine, for the record")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
