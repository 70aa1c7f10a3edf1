"""How well the reader marks answers on public data sets, and how long it takes.

    SPANDESK_DATA=DIR python -m benchmarks.reading [--set NAMES] [--reader DIR]

Scores are counted as SQuAD's evaluation does. The least score of an answer is the reader's own, chosen on
validation documents; where every question has an answer, all are answered. Each set is a JSON file under
`--out`, and one that the same reader wrote is not computed again. Writes the table of docs/results.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.files import find_data_folder
from benchmarks.tables import Table, table_row, write_table
from nlu.data.squad import read_squad
from nlu.evaluation.answers import AnswerQuality, choose_best_f1_score, measure_answers
from nlu.reader.reading import Reader
from nlu.serving import load_serving_reader
from nlu.training.reader import judge
from nlu.types import ReaderExample
from retrieval.shipped import SHIPPED_READER

_RESULTS = Path(__file__).parents[1] / "docs" / "results.md"
_ALL = "all"
_SAMPLE = 2_000
_BLOCK = 256
_HEADER = (
    "| data | questions | EM, % | F1, % | no-answer accuracy, % | aim | reached | compare with |",
    "|---|---|---|---|---|---|---|---|",
)


@dataclass(frozen=True, slots=True)
class ReadingSet:
    """A test part: where it lies, what is to be reached, in %, and what others reached.

    `sample` is how many of its questions are drawn (with a fixed seed); None for all.
    """

    name: str
    path: str
    aim_f1: float | None = None
    aim_no_answer: float | None = None
    sample: int | None = None
    published: str = ""


SETS = (
    ReadingSet(
        "squad-v1.1",
        "squad/dev-v1.1.json",
        sample=_SAMPLE,
        aim_f1=82.0,
        published="small encoders trained on all 87,599 questions; here 11,877 were to be had",
    ),
    ReadingSet(
        "squad-v2.0",
        "squad/dev-v2.0.half.json",
        sample=_SAMPLE,
        aim_f1=72.0,
        aim_no_answer=75.0,
        published="deepset/minilm-uncased-squad2, twelve layers, all 130,319 questions: F1 79.5",
    ),
    ReadingSet("policyqa", "policyqa/test.json", sample=_SAMPLE),
    ReadingSet("squadshifts-amazon", "squadshifts/amazon_reviews_v1.0.json", sample=_SAMPLE),
    ReadingSet("squadshifts-wiki", "squadshifts/new_wiki_v1.0.json", sample=_SAMPLE),
)
_TABLE = Table("benchmarks.reading", _HEADER, [one.name for one in SETS])


def main(arguments: Sequence[str] | None = None) -> int:
    args = _parser().parse_args(arguments)
    data = find_data_folder()
    if data is None:
        return 2
    reader = load_serving_reader(args.reader)
    if args.latency:
        print(_latency(reader))
        return 0
    names = args.set.split(",")
    chosen = [one for one in SETS if _ALL in names or one.name in names]
    rows = [
        _row(one, _measure(one, reader, data, args.out, whole=args.whole), whole=args.whole) for one in chosen
    ]
    print("\n".join(rows))
    write_table(args.results, _TABLE, rows)
    return 0


def _measure(benchmark: ReadingSet, reader: Reader, data: Path, out: Path, *, whole: bool) -> AnswerQuality:
    part = "whole" if whole or benchmark.sample is None else f"{benchmark.sample}"
    path = out / f"{benchmark.name}.{part}.{reader.reader_id}.json"
    if path.is_file():
        return AnswerQuality(**json.loads(path.read_text(encoding="utf-8")))
    examples = read_squad(data / benchmark.path)
    if benchmark.sample is not None and not whole:
        drawn = np.random.default_rng(1).permutation(len(examples))[: benchmark.sample]
        examples = [examples[place] for place in drawn]
    quality = _judge_all(examples, reader, lambda done: _report(benchmark.name, done, len(examples)))
    out.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(quality)) + "\n", encoding="utf-8")
    return quality


def _judge_all(
    examples: Sequence[ReaderExample], reader: Reader, watch: Callable[[int], None]
) -> AnswerQuality:
    judged = []
    for start in range(0, len(examples), _BLOCK):
        judged += judge(reader, examples[start : start + _BLOCK])
        watch(len(judged))
    has_unanswerable = any(not one.answers for one in examples)
    if has_unanswerable:
        best = measure_answers(judged, min_score=choose_best_f1_score(judged))
        print(f"with the threshold that suits this set best: F1 {100 * best.f1:.1f}", file=sys.stderr)
    return measure_answers(judged, min_score=reader.min_score if has_unanswerable else float("-inf"))


def _report(name: str, done: int, total: int) -> None:
    print(f"{name}: {done} of {total}", file=sys.stderr, flush=True)


def _row(benchmark: ReadingSet, quality: AnswerQuality, *, whole: bool) -> str:
    has_unanswerable = quality.num_answerable < quality.num_questions
    wanted = [
        (benchmark.aim_f1, quality.f1, "F1"),
        (benchmark.aim_no_answer, quality.no_answer_accuracy, "no answer"),
    ]
    aims = [(f"{name} ≥ {aim:.0f}", 100 * value >= aim) for aim, value, name in wanted if aim is not None]
    drawn = " drawn" if benchmark.sample and not whole else ""
    return table_row(
        [
            benchmark.name,
            f"{quality.num_questions:,}{drawn}",
            f"{100 * quality.exact_match:.1f}",
            f"{100 * quality.f1:.1f}",
            f"{100 * quality.no_answer_accuracy:.1f}" if has_unanswerable else "",
            ", ".join(aim for aim, _ in aims),
            ("yes" if all(reached for _, reached in aims) else "no") if aims else "",
            benchmark.published,
        ]
    )


def _latency(reader: Reader) -> str:
    """Time three passages of 120 words for one question, as a turn does."""
    words = (
        "Orders placed before noon leave our warehouse in the north of the country on the same day. " * 9
    ).split()
    passages = [" ".join([f"Shop {number}:", *words[:118]]) for number in range(3)]
    times_ms = []
    for _ in range(60):
        started_at_s = time.perf_counter()
        reader.read(["when does an order leave if i buy it in the morning?"] * 3, passages)
        times_ms.append(1_000 * (time.perf_counter() - started_at_s))
    p50, p95 = np.percentile(times_ms[10:], [50, 95])
    return f"three passages of 120 words: p50 {p50:.0f} ms, p95 {p95:.0f} ms"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", default=_ALL, help=f"names with commas between, or {_ALL}")
    parser.add_argument("--reader", type=Path, default=SHIPPED_READER)
    parser.add_argument("--whole", action="store_true", help="ask all questions, not only those drawn")
    parser.add_argument("--latency", action="store_true", help="print how long three passages take, and stop")
    parser.add_argument("--out", type=Path, default=Path("var/benchmarks/reading"))
    parser.add_argument("--results", type=Path, default=_RESULTS, help="document with the table")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
