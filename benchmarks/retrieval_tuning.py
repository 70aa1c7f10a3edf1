"""How much the search gains when its encoder is tuned on a data set's own training questions.

    SPANDESK_DATA=DIR python -m benchmarks.retrieval_tuning [--set NAMES]

Where a set has no training part, five of six of the questions for choosing train and the sixth stops the
training; the test part is that of `benchmarks.retrieval`, searched by the base encoder and by the tuned one
in the same run. Each set is a JSON file under `--out`; one of the same recipe is not computed again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.commits import read_commit
from benchmarks.embedding import BaseEncoder, RememberingEmbedder
from benchmarks.files import find_data_folder
from benchmarks.retrieval.data import Collection, RetrievalData
from benchmarks.retrieval.measure import OURS, measure
from benchmarks.retrieval.sets import ALL, RetrievalSet, select_sets
from benchmarks.tables import Table, table_row, write_table
from nlu.checkpoint import resolve_encoder
from nlu.training.config import load_train_config
from nlu.training.progress import Progress
from nlu.training.tune_retrieval import TunedEncoder, finetune_retrieval
from nlu.types import RetrievalPair
from retrieval.embedder import BatchedEmbedder
from retrieval.training_pairs import question_pairs
from retrieval.types import Embed

_RESULTS = Path(__file__).parents[1] / "docs" / "results.md"
_CONFIG = Path(__file__).parents[1] / "configs" / "benchmarks" / "retrieval_tuning.toml"
_NAMES = ("covidfaq", "dstc11_t5_faq", "feedbackqa", "stackfaq")  # MultiDoc2Dial's halves share dialogues
_STOPPING_SHARE = 6  # one question of so many stops the training
_HEADER = (
    "| data | trained on | R@1, % | R@5, % | MRR, % | MRR before | gain | training |",
    "|---|---|---|---|---|---|---|---|",
)
_TABLE = Table("benchmarks.retrieval_tuning", _HEADER, sorted(_NAMES))
_Parts = tuple[Sequence[Collection], Sequence[Collection]]


def main(arguments: Sequence[str] | None = None) -> int:
    args = _parser().parse_args(arguments)
    data = find_data_folder()
    if data is None:
        return 2
    names = _NAMES if args.set == ALL else args.set.split(",")
    unknown = [name for name in names if name not in _NAMES]
    if unknown:
        print(f"got {', '.join(unknown)}; expected some of {', '.join(_NAMES)}", file=sys.stderr)
        return 2
    chosen = select_sets(names)
    encoder = BaseEncoder()
    base = RememberingEmbedder(encoder, args.out / f"embeddings-{encoder.encoder_id[:12]}.npz")
    rows = [_row(one, _tuned_figures(one, data, args, base)) for one in chosen]
    print("\n".join(rows))
    if not args.validation_only:
        write_table(args.results, _TABLE, rows)
    return 0


def _tuned_figures(
    benchmark: RetrievalSet, data: Path, args: argparse.Namespace, base: Embed
) -> Mapping[str, object]:
    part = "validation" if args.validation_only else "test"
    path = args.out / f"{benchmark.name}.tuned.{part}.{recipe_of(args.config)}.json"
    if path.is_file():
        figures: Mapping[str, object] = json.loads(path.read_text(encoding="utf-8"))
        return figures
    found = benchmark.read(data)
    training, stopping = training_parts(found)
    tuned = _tune(training, stopping, args.config, base, num_turns=benchmark.num_context_turns)
    asked = stopping if args.validation_only else found.read_test()
    embeds: dict[str, Embed] = {"before": base, "after": BatchedEmbedder(tuned.embed)}
    figures = {
        "num_training": sum(len(one.questions) for one in training),
        "seconds": sum(epoch.seconds for epoch in tuned.epochs),
        "best_epoch": tuned.best_epoch,
        "commit": read_commit(),
        **{
            name: measure(asked, embed, encoder_id=name, num_context_turns=benchmark.num_context_turns)[OURS]
            for name, embed in embeds.items()
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return figures


def recipe_of(config: Path) -> str:
    """Name what makes the figures beside data and code: the configuration and the base encoder."""
    return hashlib.sha256(config.read_bytes() + resolve_encoder().sha256.encode()).hexdigest()[:12]


def training_parts(data: RetrievalData) -> _Parts:
    """Give the questions to train on and those that stop the training."""
    if data.read_training is not None:
        return data.read_training(), data.validation
    return (
        [_only(one, stops=False) for one in data.validation],
        [_only(one, stops=True) for one in data.validation],
    )


def _only(collection: Collection, *, stops: bool) -> Collection:
    kept = [
        question
        for place, question in enumerate(collection.questions)
        if (place % _STOPPING_SHARE == _STOPPING_SHARE - 1) == stops
    ]
    return replace(collection, questions=tuple(kept))


def _tune(
    training: Sequence[Collection],
    stopping: Sequence[Collection],
    config: Path,
    base: Embed,
    *,
    num_turns: int,
) -> TunedEncoder:
    return finetune_retrieval(
        nearest_pairs(training, base, num_turns=num_turns),
        load_train_config(config),
        encoder=resolve_encoder(),
        validation=nearest_pairs(stopping, base, num_turns=num_turns),
        progress=_tell,
    )


def nearest_pairs(collections: Sequence[Collection], embed: Embed, *, num_turns: int) -> list[RetrievalPair]:
    """Pair each question with the text of each right entry that is nearest to it already.

    The other pieces of a long passage say other things, and would teach that the question means them.
    """
    found: list[list[RetrievalPair]] = []
    for collection in collections:
        entry_of = {entry.entry_id: entry for entry in collection.entries}
        for question in collection.questions:
            for entry_id in sorted(question.gold):
                pairs = question_pairs(question.with_context(num_turns), entry_of[entry_id])
                found.append([replace(one, answer_id=f"{collection.name}/{entry_id}") for one in pairs])
    texts = list(dict.fromkeys(text for own in found for one in own for text in (one.question, one.text)))
    row_of = dict(zip(texts, embed(texts), strict=True))
    return [max(own, key=lambda one: float(row_of[one.question] @ row_of[one.text])) for own in found if own]


def _row(benchmark: RetrievalSet, figures: Mapping[str, object]) -> str:
    before, after = figures["before"], figures["after"]
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    return table_row(
        [
            benchmark.name,
            f"{figures['num_training']:,} questions",
            *(f"{100 * after[name]:.1f}" for name in ("recall@1", "recall@5", "mrr")),
            f"{100 * before['mrr']:.1f}",
            f"{100 * (after['mrr'] - before['mrr']):+.1f}",
            f"{float(str(figures['seconds'])) / 60:.1f} min",
        ]
    )


def _tell(progress: Progress) -> None:
    if "loss" in progress.message:
        print(progress.message, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--set", default=ALL, help=f"some of {', '.join(_NAMES)} with commas between, or {ALL}"
    )
    parser.add_argument("--config", type=Path, default=_CONFIG, help="a training configuration")
    parser.add_argument("--out", type=Path, default=Path("var/benchmarks/retrieval"), help="JSON, embeddings")
    parser.add_argument("--results", type=Path, default=_RESULTS, help="document with the table")
    parser.add_argument("--validation-only", action="store_true", help="never open a test part: for choosing")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
