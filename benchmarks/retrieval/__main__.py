"""How well questions find their help text on public data sets: BM25, the plain encoder, and the product.

`python -m benchmarks.retrieval --set all` runs unattended: each data set is a JSON file, and one that this
very code wrote is not computed again, so it goes on after a kill. After all of them the reader is measured,
as `python -m benchmarks.reading` does alone. SPANDESK_DATA names the folder of the data sets.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import reading
from benchmarks.commits import read_commit
from benchmarks.embedding import BaseEncoder, RememberingEmbedder
from benchmarks.files import find_data_folder
from benchmarks.retrieval.data import Collection, RetrievalData
from benchmarks.retrieval.measure import measure
from benchmarks.retrieval.results import SetResult, is_current, load_result, save_result
from benchmarks.retrieval.sets import ALL, RetrievalSet, UnknownSetError, select_sets
from benchmarks.retrieval.tables import result_rows, write_rows
from retrieval.types import Embed

_RESULTS = Path(__file__).parents[2] / "docs" / "results.md"


@dataclass(frozen=True, slots=True)
class Run:
    """What all data sets of one call share; `commit` names the code, `encoder_id` what is behind `embed`."""

    data: Path
    out: Path
    embed: Embed
    encoder_id: str
    commit: str
    is_choosing: bool


def main(arguments: Sequence[str] | None = None) -> int:
    args = _parser().parse_args(arguments)
    data = find_data_folder()
    if data is None:
        return 2
    try:
        sets = select_sets(args.set.split(","))
    except UnknownSetError as error:
        print(error, file=sys.stderr)
        return 2
    rows = result_rows(_results(sets, _make_run(data, args.out, is_choosing=args.validation_only)))
    print("\n".join(rows))
    if args.validation_only:
        return 0
    write_rows(args.results, rows)
    if args.set == ALL:
        return reading.main(["--out", str(args.out.parent / "reading"), "--results", str(args.results)])
    return 0


def _make_run(data: Path, out: Path, *, is_choosing: bool) -> Run:
    encoder = BaseEncoder()
    embed = RememberingEmbedder(encoder, out / f"embeddings-{encoder.encoder_id[:12]}.npz")
    folder = out / "validation" if is_choosing else out
    return Run(data, folder, embed, encoder.encoder_id, read_commit(), is_choosing)


def _results(sets: Sequence[RetrievalSet], run: Run) -> list[SetResult]:
    return [result for one in sets if (result := compute(one, run)).metrics]


def compute(benchmark: RetrievalSet, run: Run) -> SetResult:
    """Measure one data set, unless the file of this very code is there; choosing never reads the test."""
    stored = load_result(benchmark.name, run.out)
    if stored is not None and is_current(stored, encoder_id=run.encoder_id, commit=run.commit):
        print(f"{benchmark.name}: done before", file=sys.stderr)
        return stored
    data = benchmark.read(run.data)
    parts = _parts(data, is_choosing=run.is_choosing)
    result = SetResult(
        set_name=benchmark.name,
        metrics={
            part: measure(
                collections,
                run.embed,
                encoder_id=run.encoder_id,
                num_context_turns=benchmark.num_context_turns,
            )
            for part, collections in parts.items()
        },
        num_questions={part: sum(len(one.questions) for one in own) for part, own in parts.items()},
        num_entries={part: sum(len(one.entries) for one in own) for part, own in parts.items()},
        notes=data.notes,
        encoder_id=run.encoder_id,
        commit=run.commit,
    )
    print(f"{benchmark.name}: {save_result(result, run.out)}", file=sys.stderr)
    return result


def _parts(data: RetrievalData, *, is_choosing: bool) -> dict[str, Sequence[Collection]]:
    parts: dict[str, Sequence[Collection]] = {"validation": data.validation} if data.validation else {}
    return parts if is_choosing else parts | {"test": data.read_test()}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", default=ALL, help=f"names with commas between, or {ALL}")
    parser.add_argument("--out", type=Path, default=Path("var/benchmarks/retrieval"), help="JSON, embeddings")
    parser.add_argument("--results", type=Path, default=_RESULTS, help="document with the table")
    parser.add_argument("--validation-only", action="store_true", help="never open a test part: for choosing")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
