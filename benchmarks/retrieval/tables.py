"""Results turned into rows of docs/results.md: the single searches, the product's, and the gain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.retrieval.figures import Figure
from benchmarks.retrieval.measure import BM25, ENCODER, OURS, RANKS, RERANKED, SINGLE
from benchmarks.retrieval.results import SetResult
from benchmarks.retrieval.sets import SETS, RetrievalSet
from benchmarks.tables import Table, table_row, write_table

_HEADER = (
    "| data | part | figure | BM25 | plain encoder | rank fusion | ours | ours - better single | re-ranked"
    " | aim | reached | published |",
    "|---|---|---|---|---|---|---|---|---|---|---|---|",
)
_TABLE = Table("benchmarks.retrieval", _HEADER, [one.name for one in SETS])


def result_rows(results: Iterable[SetResult]) -> list[str]:
    """Give the rows of all data sets that `results` are about, in the order of the table."""
    result_of = {result.set_name: result for result in results}
    return [row for one in SETS if one.name in result_of for row in _rows(one, result_of[one.name])]


def write_rows(path: Path, rows: Sequence[str]) -> None:
    """Put `rows` into the table of a document; rows about other data sets are kept.

    Raises:
        MarkerError: the document has no place for the table.
    """
    write_table(path, _TABLE, rows)


def _rows(benchmark: RetrievalSet, result: SetResult) -> Iterator[str]:
    for part, by_search in result.metrics.items():
        size = f"{part}, {result.num_questions[part]:,} of {result.num_entries[part]:,}"
        for figure in benchmark.figures:
            yield table_row([benchmark.name, size, figure.label, *_cells(figure, by_search)])
            size = part  # once per part


def _cells(figure: Figure, by_search: Mapping[str, Mapping[str, float]]) -> list[str]:
    value_of = {name: metrics[figure.metric] for name, metrics in by_search.items()}
    gain = value_of[OURS] - max(value_of[name] for name in SINGLE)
    best = max(value_of[OURS], value_of.get(RERANKED, 0.0))
    return [
        *(_percent(value_of[name]) for name in (BM25, ENCODER, RANKS, OURS)),
        f"{100 * gain:+.1f}",
        _percent(value_of[RERANKED]) if RERANKED in value_of else "",
        *_aim(figure, value=best, gain=gain),
        figure.published,
    ]


def _aim(figure: Figure, *, value: float, gain: float) -> tuple[str, str]:
    """Write the aim of a figure and whether it is reached; both empty where there is none."""
    if figure.target is not None:
        return f"≥ {_percent(figure.target)}", "yes" if value >= figure.target else "no"
    if figure.min_gain is not None:
        return f"gain ≥ {_percent(figure.min_gain)}", "yes" if gain >= figure.min_gain else "no"
    return "", ""


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"
