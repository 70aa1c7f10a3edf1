"""What it saves to run the frozen layers once: the same training with and without the cache, in turn.

`python -m benchmarks.frozen_cache [--bot DIR] [--epochs N]`
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nlu.checkpoint import resolve_encoder
from nlu.data.rasa_nlu import NluData, read_nlu
from nlu.training.config import TrainConfig
from nlu.training.pipeline import train_bundle

_ROUNDS = 2  # an even number


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of one training: for the frozen layers before the first step, and of every epoch."""

    before_s: float
    epochs_s: tuple[float, ...]

    @property
    def total_s(self) -> float:
        """Add all up."""
        return self.before_s + sum(self.epochs_s)


def time_training(data: NluData, config: TrainConfig) -> Timing:
    """Train once; the bundle is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        trained = train_bundle(
            data,
            config,
            encoder=resolve_encoder(),
            out_path=Path(folder) / "bundle",
            progress=lambda _: None,
        )
    return Timing(trained.cache_seconds, tuple(epoch.seconds for epoch in trained.epochs))


def main(arguments: Sequence[str] | None = None) -> int:
    args = _parser().parse_args(arguments)
    data = read_nlu([args.bot / "data"], root=args.bot)
    cached = TrainConfig()
    cached = replace(
        cached, optimiser=replace(cached.optimiser, max_epochs=args.epochs, patience=args.epochs)
    )
    kinds = {"with": cached, "without": replace(cached, cache_limit_mib=0)}
    timings: dict[str, list[Timing]] = {name: [] for name in kinds}
    for turn in range(_ROUNDS):
        for name, config in sorted(kinds.items(), reverse=turn % 2 == 0):  # neither always goes first
            timings[name].append(time_training(data, config))
    for name, all_of in timings.items():
        epoch_s = statistics.median(second for timing in all_of for second in timing.epochs_s)
        before_s = statistics.median(timing.before_s for timing in all_of)
        print(f"{name} cache: {before_s:.1f} s before the first step, {epoch_s:.2f} s per epoch (median)")
    with_s, without_s = (statistics.median(one.total_s for one in timings[name]) for name in kinds)
    print(f"{len(data.examples)} examples, {args.epochs} epochs: {with_s:.1f} s against {without_s:.1f} s")
    print(f"without / with: {without_s / with_s:.2f}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bot", type=Path, default=Path("bots/retail"), help="folder of a bot")
    parser.add_argument("--epochs", type=int, default=4)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
