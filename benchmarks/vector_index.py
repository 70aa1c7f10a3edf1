"""What the approximate index finds and costs, against exact search of the same vectors in the same run.

    SPANDESK_DATA=DIR python -m benchmarks.vector_index [--vectors 1000000] [--part validation] [--hnsw]

Vectors are embeddings of public questions and help passages with noise (see `benchmarks.vector_texts`);
questions that are not among them are asked, with noise as well. Searches run on one core, exact and
approximate in the same run. Recall@10: of the ten closest vectors, the part that is found. Prints rows.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from benchmarks.vector_texts import (
    NOISE,
    embed_texts,
    held_out_questions,
    perturb,
    perturbed_blocks,
    stored_texts,
)
from retrieval.index import FaqIndex, IndexedText, TextKind
from retrieval.vectors import BLOCK_ROWS, RowFilter, build_vectors, search_rows

_TOP = 10
_NUM_CANDIDATES = 256  # rows that `FaqIndex.search` asks for
_NUM_EXACT_QUERIES = 100  # whose exact search is timed; the closest rows of all come from one batch
_FILTERS = (0.1, 0.02, 0.005)  # parts of the rows, drawn at random
_KINDS: tuple[TextKind, ...] = ("question", "alternative", "passage", "passage")
_CACHE = Path("var/benchmarks/vector_index")

Rows = NDArray[np.int64]
Search = Callable[[NDArray[np.float32]], Rows]


@dataclass(frozen=True, slots=True)
class Timed:
    """What a search found for every query, and how long each took: by the clock, and of the processor."""

    found: list[Rows]
    wall_ms: NDArray[np.float64]
    cpu_ms: NDArray[np.float64]

    def __str__(self) -> str:
        wall, cpu = (np.percentile(times, [50, 95]) for times in (self.wall_ms, self.cpu_ms))
        return f"p50 {wall[0]:.2f} ms, p95 {wall[1]:.2f} ms (processor: {cpu[0]:.2f} ms, {cpu[1]:.2f} ms)"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vectors", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=1_000)
    parser.add_argument("--part", choices=("validation", "test"), default="test")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--build-threads", type=int, default=1)
    parser.add_argument("--hnsw", action="store_true", help="build a graph of the same vectors as well")
    args = parser.parse_args()
    data, rng = Path(os.environ["SPANDESK_DATA"]), np.random.default_rng(args.seed)
    stored = embed_texts(stored_texts(data), _CACHE)
    asked = embed_texts(held_out_questions(data, args.part), _CACHE)
    queries = perturb(asked[rng.permutation(len(asked))[: args.queries]], rng)
    exact = faiss.IndexFlatIP(stored.shape[1])
    for block in perturbed_blocks(rng.permutation(stored), args.vectors, rng):
        exact.add(block)
    print(f"{args.vectors} vectors of width {exact.d} from {len(stored)} texts, noise {NOISE};")
    print(f"{len(queries)} {args.part} questions, seed {args.seed}; FAISS {faiss.__version__}\n")
    print("| what | value |\n|---|---|")
    with _building("approximate index", args.build_threads):
        vectors = build_vectors(
            exact.reconstruct_batch, num_rows=exact.ntotal, num_dimensions=exact.d, max_exact_rows=0
        )
    row("size of the approximate index on disk", f"{_file_bytes(vectors) / 2**20:.0f} MiB")
    row("size of the exact index on disk", f"{_file_bytes(exact) / 2**20:.0f} MiB")
    truth = _compare(exact, vectors, queries)
    _compare_filters(exact, vectors, queries, rng)
    _whole_search(vectors, queries)
    if args.hnsw:
        _measure_graph(exact, queries, truth, args.build_threads)
    return 0


def row(what: str, value: str) -> None:
    print(f"| {what} | {value} |", flush=True)


@contextmanager
def _building(what: str, num_threads: int) -> Iterator[None]:
    """Print what building costs; afterwards this thread uses one core."""
    before_bytes, started = _resident_bytes(), time.perf_counter()
    faiss.omp_set_num_threads(num_threads)
    yield
    faiss.omp_set_num_threads(1)
    took_s, grown = time.perf_counter() - started, _resident_bytes() - before_bytes
    row(
        f"building the {what} on {num_threads} thread(s)", f"{took_s:.0f} s, {grown / 2**20:.0f} MiB resident"
    )


def _compare(exact: faiss.Index, vectors: faiss.Index, queries: NDArray[np.float32]) -> Rows:
    """Time both searches, and give the closest rows of every query."""
    flat = _timed(queries[:_NUM_EXACT_QUERIES], lambda query: search_rows(exact, query, _NUM_CANDIDATES))
    cells = _timed(queries, lambda query: search_rows(vectors, query, _NUM_CANDIDATES))
    truth: Rows = exact.search(queries, _TOP)[1]
    row("exact search", str(flat))
    row("approximate search", str(cells))
    row("recall@10", f"{recall_at_10(cells.found, truth):.4f}")
    return truth


def _compare_filters(
    exact: faiss.Index, vectors: faiss.Index, queries: NDArray[np.float32], rng: np.random.Generator
) -> None:
    for part in _FILTERS:
        among = RowFilter.of(
            rng.choice(exact.ntotal, round(part * exact.ntotal), replace=False), exact.ntotal
        )
        allowed = faiss.IndexFlatIP(exact.d)
        allowed.add(exact.reconstruct_batch(among.rows))
        truth = among.rows[allowed.search(queries, _TOP)[1]]
        cells = _timed(
            queries, lambda query, among=among: search_rows(vectors, query, _NUM_CANDIDATES, among)
        )
        row(
            f"among {100 * part:g} % of the rows: recall@10",
            f"{recall_at_10(cells.found, truth):.4f}; {cells}",
        )


def _whole_search(vectors: faiss.Index, queries: NDArray[np.float32]) -> None:
    """Time what the server calls: four texts an entry, candidates grouped and scored exactly."""
    texts = tuple(IndexedText(f"e{place // 4}", _KINDS[place % 4], "") for place in range(vectors.ntotal))
    index = FaqIndex(texts, "base", "", vectors)
    whole = _timed(queries, lambda query: np.array([len(index.search(query, limit=20))]))
    row("`FaqIndex.search` of the 20 best entries, four texts each", str(whole))


def _measure_graph(exact: faiss.Index, queries: NDArray[np.float32], truth: Rows, num_threads: int) -> None:
    graph = faiss.IndexHNSWFlat(exact.d, 32, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = 100
    with _building("HNSW graph (M 32, efConstruction 100)", num_threads):
        for start in range(0, exact.ntotal, BLOCK_ROWS):
            graph.add(exact.reconstruct_n(start, min(BLOCK_ROWS, exact.ntotal - start)))
    row("size of the graph on disk", f"{_file_bytes(graph) / 2**20:.0f} MiB")
    for breadth in (256, 512):
        wide = faiss.SearchParametersHNSW(efSearch=breadth)
        timed = _timed(
            queries,
            lambda query, wide=wide: graph.search(query[None, :], _NUM_CANDIDATES, params=wide)[1][0],
        )
        row(f"HNSW, efSearch {breadth}: recall@10", f"{recall_at_10(timed.found, truth):.4f}; {timed}")


def _timed(queries: NDArray[np.float32], search: Search) -> Timed:
    """Ask one query after the other; the first one twice, to warm up."""
    found: list[Rows] = []
    times = np.empty((2, len(queries)))  # (wall | processor, queries)
    search(queries[0])
    for place, query in enumerate(queries):
        wall, processor = time.perf_counter(), time.thread_time()
        found.append(search(query))
        times[:, place] = time.perf_counter() - wall, time.thread_time() - processor
    return Timed(found, *(1_000 * times))


def recall_at_10(found: Sequence[Rows], truth: Rows) -> float:
    """Give the part of the ten rows of `truth` that are among the first ten found, over all queries."""
    shared = [len(np.intersect1d(a[:_TOP], b[:_TOP])) for a, b in zip(found, truth, strict=True)]
    return sum(shared) / (_TOP * len(truth))


def _file_bytes(index: faiss.Index) -> int:
    sizes: list[int] = []

    def write(part: bytes) -> int:
        sizes.append(len(part))
        return len(part)

    faiss.write_index(index, faiss.PyCallbackIOWriter(write))
    return sum(sizes)


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    raise SystemExit(main())
