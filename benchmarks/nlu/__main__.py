"""Quality of understanding on public data sets, side by side with published figures.

`python -m benchmarks.nlu --set all` runs unattended: each run is a process and a JSON file, and a run whose
file is there is not repeated, so it goes on after a kill. SPANDESK_DATA names the folder of the data sets.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from benchmarks.files import find_data_folder
from benchmarks.nlu.results import RunName, RunResult, is_done, load_result
from benchmarks.nlu.run import Folders, load_config, main_method
from benchmarks.nlu.sets import ALL, BenchmarkSet, UnknownSetError, select_sets
from benchmarks.nlu.tables import METHODS_MARKER, SETS_MARKER, method_rows, set_rows, write_rows
from nlu.finetuning.methods import MethodName

_RESULTS = Path(__file__).parents[2] / "docs" / "results.md"
_METHODS: tuple[str, ...] = get_args(MethodName)
_METHODS_SET = "clinc150"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run, in this order; without `methods` every set is run with the one of its configuration.

    Without `seeds` every set has as many as it is worth, from 1 on.
    """

    sets: tuple[BenchmarkSet, ...]
    methods: tuple[str, ...]
    seeds: tuple[int, ...]
    is_choosing: bool

    def runs(self) -> list[tuple[BenchmarkSet, RunName]]:
        """List all runs, a whole data set after the other."""
        return [
            (benchmark, RunName(benchmark.name, method, seed, self.is_choosing))
            for benchmark in self.sets
            for method in self.methods or (main_method(benchmark),)
            for seed in self.seeds or range(1, benchmark.num_seeds + 1)
        ]


def main(arguments: Sequence[str] | None = None) -> int:
    args = _parser().parse_args(arguments)
    data = find_data_folder()
    if data is None:
        return 2
    try:
        plan = make_plan(args)
    except UnknownSetError as error:
        print(error, file=sys.stderr)
        return 2
    failed = run_all(plan, Folders(data, args.out), num_jobs=args.jobs)
    rows, marker = _rows(plan, _finished(plan, args.out), by_method=args.methods)
    print("\n".join(rows))
    if not plan.is_choosing and args.method is None:
        write_rows(args.results, marker, rows)
    for name in failed:
        print(f"{name}: failed", file=sys.stderr)
    return 1 if failed else 0


def make_plan(args: argparse.Namespace) -> Plan:
    """Choose the runs.

    Raises:
        UnknownSetError: a name that no data set has.
    """
    names = args.set or (_METHODS_SET if args.methods else ALL)
    seeds = args.seeds or ("1" if args.methods else "")
    return Plan(
        sets=select_sets(names.split(",")),
        methods=_METHODS if args.methods else (args.method,) if args.method else (),
        seeds=tuple(int(seed) for seed in seeds.split(",") if seed),
        is_choosing=args.validation_only,
    )


def run_all(plan: Plan, folders: Folders, *, num_jobs: int = 1) -> list[RunName]:
    """Run what is not done yet, each in a process; gives the runs that failed, the others go on.

    `num_jobs` processes run at once and share the processors: small models gain little from a second thread.
    """
    due = []
    for benchmark, name in plan.runs():
        if is_done(name, load_config(benchmark, name), folders.out):
            print(f"{name}: done before", file=sys.stderr)
        else:
            due.append(name)
    with ThreadPoolExecutor(max_workers=num_jobs) as pool:
        codes = list(pool.map(lambda name: _run(name, folders, num_jobs), due))
    return [name for name, code in zip(due, codes, strict=True) if code != 0]


def _run(name: RunName, folders: Folders, num_jobs: int) -> int:
    num_threads = max(1, _count_processors() // num_jobs)
    environment = os.environ | {"OMP_NUM_THREADS": str(num_threads)}
    command = command_of(name, folders, num_jobs)
    return subprocess.run(command, check=False, env=environment).returncode


def _count_processors() -> int:
    """Count those that this process may use, which are sometimes fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def command_of(name: RunName, folders: Folders, num_jobs: int) -> list[str]:
    """Give the command of a single run."""
    command = [sys.executable, "-m", "benchmarks.nlu.run", name.set_name]
    command += ["--method", name.method, "--seed", str(name.seed)]
    command += ["--data", str(folders.data), "--out", str(folders.out), "--jobs", str(num_jobs)]
    return command + (["--validation-only"] if name.is_choosing else [])


def _finished(plan: Plan, folder: Path) -> list[RunResult]:
    """Read the results of the plan's configurations; one of an older configuration is none of this series."""
    return [
        load_result(name.path(folder))
        for benchmark, name in plan.runs()
        if is_done(name, load_config(benchmark, name), folder)
    ]


def _rows(plan: Plan, results: Iterable[RunResult], *, by_method: bool) -> tuple[list[str], str]:
    if by_method:
        results = list(results)
        rows = [row for benchmark in plan.sets for row in method_rows(benchmark, results, plan.methods)]
        return rows, METHODS_MARKER
    return set_rows(results), SETS_MARKER


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"got {number}, expected at least 1")
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", help=f"names or families with commas between, or {ALL}")
    parser.add_argument("--seeds", help="numbers with commas between; else 1,2,3, with --methods 1")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--method", choices=_METHODS, help="instead of each set's own; rows are only printed")
    which.add_argument("--methods", action="store_true", help="compare all methods on one set")
    parser.add_argument(
        "--jobs", type=_at_least_one, default=1, help="runs at once, each with its share of the cores"
    )
    parser.add_argument("--out", type=Path, default=Path("var/benchmarks/nlu"), help="JSON files and bundles")
    parser.add_argument("--results", type=Path, default=_RESULTS, help="document with the tables")
    parser.add_argument("--validation-only", action="store_true", help="never open a test part: for choosing")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
