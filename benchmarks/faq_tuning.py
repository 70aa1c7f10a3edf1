"""How much the FAQ search gains when the query encoder learns from the FAQ's own alternative questions.

Of every entry of a bot's FAQ one alternative is asked; neither training nor the index knows it. Another one
decides when training stops; the index knows it. The base encoder is measured in the same run.
With ``--joint`` the encoder learns from the bot's utterances in the same steps, as in `spandesk train`, with
the pairs and without them.

    python -m benchmarks.faq_tuning
    python -m benchmarks.faq_tuning --joint
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from app.bot.loader import load_bot
from app.bot.training import read_training
from app.commands.context import read_snapshot
from nlu.batching import TextEncoder, load_tokenizer
from nlu.bundle import load_bundle
from nlu.checkpoint import EncoderCheckpoint, resolve_encoder
from nlu.encoder import embed_encoded, load_encoder
from nlu.interpreter import BundleInterpreter
from nlu.patterns import PatternSet
from nlu.training.config import TrainConfig, load_train_config
from nlu.training.pipeline import train_bundle
from nlu.training.progress import Progress
from nlu.training.tune_retrieval import finetune_retrieval
from nlu.types import RetrievalPair
from retrieval.embedder import BatchedEmbedder
from retrieval.importers.read import read_faq
from retrieval.index import build_index
from retrieval.retriever import Retriever
from retrieval.training_pairs import question_pairs, training_pairs
from retrieval.types import Embed, FaqEntry

Question = tuple[str, FaqEntry]
_NUM_RANKED = 100  # entries; below them a question counts as not answered


@dataclass(frozen=True, slots=True)
class Fold:
    """A FAQ with questions left out of it.

    Attributes:
        indexed: the entries without the alternatives that are asked.
        trained: without those that stop training, too.
        asked: questions that nothing knows, with their entries.
        stopping: questions that stop training.
    """

    indexed: Sequence[FaqEntry]
    trained: Sequence[FaqEntry]
    asked: Sequence[Question]
    stopping: Sequence[Question]

    @classmethod
    def of(cls, entries: Sequence[FaqEntry], number: int) -> Fold:
        """Ask the alternative with this number of every entry; the last one of the rest stops training."""
        indexed, asked = _leave_out(entries, number)
        trained, stopping = _leave_out(indexed, -1)
        return cls(indexed, trained, asked, stopping)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bot", type=Path, default=Path("bots/retail"))
    parser.add_argument("--config", type=Path, help="a training configuration; without, the bot's own")
    parser.add_argument("--asked", type=int, default=-1, help="number of the alternative that is asked")
    parser.add_argument("--joint", action="store_true", help="train with the bot's utterances")
    parser.add_argument("--weight", type=float, default=1.0, help="of the retrieval loss in joint training")
    args = parser.parse_args()
    config = load_train_config(args.config) if args.config else read_training(args.bot)
    config = replace(config, retrieval=replace(config.retrieval, weight=args.weight))
    fold, checkpoint = Fold.of(read_faq(args.bot / "faq"), args.asked), resolve_encoder()
    print(f"{len(fold.indexed)} entries, {len(fold.asked)} questions", flush=True)
    _print_quality("base encoder", fold, _base(checkpoint))
    if args.joint:
        _print_quality("utterances alone", fold, _joint(args.bot, (), config, checkpoint))
        pairs = training_pairs(fold.indexed)
        _print_quality("utterances and FAQ", fold, _joint(args.bot, pairs, config, checkpoint))
    else:
        _print_quality("FAQ alone", fold, _tuned(fold, config, checkpoint))
    return 0


def _leave_out(entries: Sequence[FaqEntry], number: int) -> tuple[list[FaqEntry], list[Question]]:
    inside: list[FaqEntry] = []
    questions: list[Question] = []
    for entry in entries:
        if not entry.alternatives:
            inside.append(entry)
            continue
        place = number % len(entry.alternatives)
        kept = entry.alternatives[:place] + entry.alternatives[place + 1 :]
        inside.append(replace(entry, alternatives=kept))
        questions.append((entry.alternatives[place], entry))
    return inside, questions


def _base(checkpoint: EncoderCheckpoint) -> Embed:
    encoder, patterns = load_encoder(checkpoint), PatternSet.compile({}, {})
    text_encoder = TextEncoder(load_tokenizer(checkpoint), patterns, max_tokens=encoder.max_tokens)
    return lambda texts: embed_encoded(encoder, text_encoder.encode(texts))


def _tuned(fold: Fold, config: TrainConfig, checkpoint: EncoderCheckpoint) -> Embed:
    tuned = finetune_retrieval(
        training_pairs(fold.trained),
        config,
        encoder=checkpoint,
        validation=[pair for question, entry in fold.stopping for pair in question_pairs(question, entry)],
        progress=_tell,
    )
    return tuned.embed


def _joint(
    bot_path: Path, pairs: tuple[RetrievalPair, ...], config: TrainConfig, checkpoint: EncoderCheckpoint
) -> Embed:
    snapshot = read_snapshot(load_bot(bot_path))
    with tempfile.TemporaryDirectory() as folder:
        trained = train_bundle(
            replace(snapshot.train, retrieval_pairs=pairs),
            config,
            encoder=checkpoint,
            out_path=Path(folder) / "bundle",
            progress=_tell,
            held_out=snapshot.held_out,
        )
        report = trained.report
        print(
            f"intent accuracy {report.intent_accuracy:.3f}, span F1 {report.spans.f1:.3f} of"
            f" {report.num_examples} held-out utterances, {trained.seconds:.0f} s"
        )
        return BundleInterpreter(load_bundle(trained.path, encoder=checkpoint)).embed


def _print_quality(name: str, fold: Fold, embed: Embed) -> None:
    index = build_index(fold.indexed, BatchedEmbedder(embed), encoder_id=name)
    retriever, rows = Retriever(index), embed([question for question, _ in fold.asked])
    dense, fused = [], []
    for (question, entry), row in zip(fold.asked, rows, strict=True):
        found = [entry_id for entry_id, _ in index.search(row, limit=_NUM_RANKED)]
        dense.append(_reciprocal_rank(found, entry))
        hits = retriever.retrieve(question, row, _NUM_RANKED)
        fused.append(_reciprocal_rank([hit.entry_id for hit in hits], entry))
    for kind, values in (("dense", dense), ("fused", fused)):
        reciprocal = np.asarray(values)
        recalls = [float(np.mean(reciprocal >= 1 / k)) for k in (1, 5)]
        figures = f"recall@1 {recalls[0]:.3f}  recall@5 {recalls[1]:.3f}  MRR {reciprocal.mean():.3f}"
        print(f"{name:20} {kind}  {figures}", flush=True)


def _reciprocal_rank(found: Sequence[str], entry: FaqEntry) -> float:
    return 1 / (found.index(entry.entry_id) + 1) if entry.entry_id in found else 0.0


def _tell(progress: Progress) -> None:
    if "loss" in progress.message:
        print(progress.message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
