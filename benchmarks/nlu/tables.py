"""Runs turned into rows of docs/results.md: mean and spread over seeds beside target and published figure.

Rows of data sets that were not run stay as they are, so that one set can be repeated alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import mean, stdev

from benchmarks.nlu.figures import TRAINING_MINUTES, Figure
from benchmarks.nlu.results import RunResult
from benchmarks.nlu.sets import SETS, BenchmarkSet
from benchmarks.tables import Table, table_row, write_table

SETS_MARKER = "benchmarks.nlu"
METHODS_MARKER = "benchmarks.methods"

_SETS_HEADER = (
    "| data | figure | mean ± deviation | seeds | target | reached | published | training | memory |",
    "|---|---|---|---|---|---|---|---|---|",
)
_METHODS_HEADER = (
    "| data | method | figure | mean ± deviation | seeds | trained parameters | training | memory |",
    "|---|---|---|---|---|---|---|---|",
)
_VALIDATION = "validation"
_TEST = "test"
_USUAL_METHOD = "lora"


def set_rows(results: Iterable[RunResult]) -> list[str]:
    """Give the rows of all data sets that `results` are about; results of one method each."""
    return [row for benchmark, runs in _by_set(results) for row in _rows_of_set(benchmark, runs)]


def method_rows(benchmark: BenchmarkSet, results: Iterable[RunResult], methods: Sequence[str]) -> list[str]:
    """Compare methods on one set by its first figure, in the given order."""
    runs_of = defaultdict(list)
    for result in results:
        if result.name.set_name == benchmark.name:
            runs_of[result.name.method].append(result)
    return [_method_row(benchmark, method, runs_of[method]) for method in methods if runs_of[method]]


def write_rows(path: Path, marker: str, rows: Sequence[str]) -> None:
    """Put `rows` into the table of a document; rows about other data sets are kept.

    Raises:
        MarkerError: the document has no place for the table.
    """
    header = _SETS_HEADER if marker == SETS_MARKER else _METHODS_HEADER
    write_table(path, Table(marker, header, [benchmark.name for benchmark in SETS]), rows)


def _by_set(results: Iterable[RunResult]) -> Iterator[tuple[BenchmarkSet, list[RunResult]]]:
    runs_of = defaultdict(list)
    for result in results:
        runs_of[result.name.set_name].append(result)
    for benchmark in SETS:
        if runs_of[benchmark.name]:
            yield benchmark, runs_of[benchmark.name]


def _rows_of_set(benchmark: BenchmarkSet, runs: Sequence[RunResult]) -> Iterator[str]:
    cost = [_minutes(runs), _memory(runs)]
    for figure in benchmark.figures:
        values = _values(figure, runs)
        if values:
            yield table_row([_data(benchmark, runs), _label(figure, runs), *_cells(figure, values), *cost])
            cost = ["", ""]  # once per data set


def _data(benchmark: BenchmarkSet, runs: Sequence[RunResult]) -> str:
    method = runs[0].name.method
    return benchmark.name if method == _USUAL_METHOD else f"{benchmark.name} ({method})"


def _label(figure: Figure, runs: Sequence[RunResult]) -> str:
    """Say beside a time how many threads the runs had, and how many processes shared the machine."""
    if figure.metric != TRAINING_MINUTES:
        return figure.label
    label, timed = figure.label, _fastest_way(runs)
    if timed[0].num_threads is not None:
        label += f", {timed[0].num_threads} threads"
    return label if timed[0].num_jobs == 1 else f"{label}, {timed[0].num_jobs} processes at once"


def _fastest_way(runs: Sequence[RunResult]) -> list[RunResult]:
    """Choose the runs that a time is about: alone on the machine if any was, and with the most threads."""
    alone = [run for run in runs if run.num_jobs == min(run.num_jobs for run in runs)]
    return [run for run in alone if run.num_threads == max(alone, key=_threads).num_threads]


def _threads(run: RunResult) -> int:
    return run.num_threads or 0


def _cells(figure: Figure, values: Sequence[float]) -> list[str]:
    sign = "≤" if figure.is_limit else "≥"
    target = f"{sign} {figure.show(figure.target)}" if figure.target is not None else ""
    reached = {None: "", True: "yes", False: "no"}[figure.is_reached(mean(values))]
    return [_spread(figure, values), str(len(values)), target, reached, figure.reference]


def _method_row(benchmark: BenchmarkSet, method: str, runs: Sequence[RunResult]) -> str:
    figure = benchmark.figures[0]
    values = _values(figure, runs)
    parameters = f"{runs[0].num_trained_parameters:,}"
    score = [_spread(figure, values), str(len(values))] if values else ["", "0"]
    return table_row(
        [benchmark.name, method, figure.label, *score, parameters, _minutes(runs), _memory(runs)]
    )


def _values(figure: Figure, runs: Sequence[RunResult]) -> list[float]:
    """Collect the figure of every run that has it; runs about choosing show their validation part."""
    if figure.metric == TRAINING_MINUTES:
        return [run.seconds / 60 for run in _fastest_way(runs)]
    parts = [
        run.metrics.get(_VALIDATION if run.name.is_choosing and figure.part == _TEST else figure.part, {})
        for run in runs
    ]
    return [part[figure.metric] for part in parts if figure.metric in part]


def _spread(figure: Figure, values: Sequence[float]) -> str:
    shown = figure.show(mean(values))
    return f"{shown} ± {figure.show(stdev(values))}" if len(values) > 1 else shown


def _minutes(runs: Sequence[RunResult]) -> str:
    return f"{mean(run.seconds for run in _fastest_way(runs)) / 60:.1f} min"


def _memory(runs: Sequence[RunResult]) -> str:
    return f"{max(run.peak_memory_mib for run in runs):.0f} MiB"
