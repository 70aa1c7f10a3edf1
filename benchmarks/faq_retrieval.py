"""How well the FAQ search finds what customers mean.

Every alternative of the starter bot's FAQ is asked while it is left out of the index (in folds: the first
alternative of all entries, then the second, …). Uses the base encoder.

    python -m benchmarks.faq_retrieval
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.embedding import BaseEncoder, RememberingEmbedder
from retrieval.evaluation import RankedQuestion, mean_reciprocal_rank, recall_at
from retrieval.importers.read import read_faq
from retrieval.index import build_index
from retrieval.retriever import Retriever
from retrieval.types import Embed, FaqEntry

_NUM_HITS = 10


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faq", type=Path, default=Path("bots/retail/faq"))
    args = parser.parse_args()
    entries, embed = read_faq(args.faq), RememberingEmbedder(BaseEncoder())
    asked = _ask_alternatives(entries, embed)
    print(f"{len(entries)} entries, {len(asked)} questions")
    for k in (1, 3, 5, 10):
        print(f"recall@{k}: {recall_at(asked, k):.3f}")
    print(f"mean reciprocal rank: {mean_reciprocal_rank(asked):.3f}")
    return 0


def _ask_alternatives(entries: Sequence[FaqEntry], embed: Embed) -> list[RankedQuestion]:
    asked: list[RankedQuestion] = []
    for fold in range(max(len(entry.alternatives) for entry in entries)):
        questions = [(e.alternatives[fold], e.entry_id) for e in entries if fold < len(e.alternatives)]
        asked += _ask([_without(entry, fold) for entry in entries], questions, embed)
    return asked


def _without(entry: FaqEntry, number: int) -> FaqEntry:
    kept = entry.alternatives[:number] + entry.alternatives[number + 1 :]
    return replace(entry, alternatives=kept)


def _ask(
    entries: Sequence[FaqEntry], questions: Sequence[tuple[str, str]], embed: Embed
) -> list[RankedQuestion]:
    retriever = Retriever(build_index(entries, embed, encoder_id="base"))
    embeddings = embed([question for question, _ in questions])
    return [
        RankedQuestion([hit.entry_id for hit in retriever.retrieve(question, embedding, _NUM_HITS)], {wanted})
        for (question, wanted), embedding in zip(questions, embeddings, strict=True)
    ]


if __name__ == "__main__":
    raise SystemExit(main())
