"""How well the FAQ search finds what customers mean, and where to answer, to suggest, and to say nothing.

Every alternative of the starter bot's FAQ is asked while it is left out of the index (in folds: the first
alternative of all entries, then the second, …), and sixty questions that the shop cannot answer are asked of
the whole index. Uses the base encoder. Prints recall, a table of thresholds, and the logistic regression that
`retrieval.answerer.ConfidenceWeights` holds.

    python -m benchmarks.faq_retrieval
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.embedding import BaseEncoder, RememberingEmbedder
from retrieval.answerer import confidence_of
from retrieval.importers.read import read_faq
from retrieval.index import build_index
from retrieval.retriever import Retriever
from retrieval.types import Embed, FaqEntry, Hit

_FOREIGN_WEIGHT = 3.0  # of a foreign question in the regression: a wrong answer costs more than none
_NUM_HITS = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its hits; `wanted` is None for a foreign one."""

    question: str
    wanted: str | None
    hits: Sequence[Hit]

    @property
    def is_right(self) -> bool:
        return self.hits[0].entry_id == self.wanted


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faq", type=Path, default=Path("bots/retail/faq"))
    parser.add_argument("--foreign", type=Path, default=Path(__file__).with_name("foreign_questions.txt"))
    args = parser.parse_args()
    entries, embed = read_faq(args.faq), RememberingEmbedder(BaseEncoder())
    own = _ask_alternatives(entries, embed)
    foreign = _ask(entries, [(line, None) for line in args.foreign.read_text().splitlines() if line], embed)
    print(f"{len(entries)} entries, {len(own)} questions, {len(foreign)} foreign questions")
    _print_recall(own)
    _print_thresholds(own, foreign)
    print("dense, lead, agreement, bias:", np.round(_fit(own, foreign), 2).tolist())
    return 0


def _ask_alternatives(entries: Sequence[FaqEntry], embed: Embed) -> list[Asked]:
    asked: list[Asked] = []
    for fold in range(max(len(entry.alternatives) for entry in entries)):
        questions = [(e.alternatives[fold], e.entry_id) for e in entries if fold < len(e.alternatives)]
        asked += _ask([_without(entry, fold) for entry in entries], questions, embed)
    return asked


def _without(entry: FaqEntry, number: int) -> FaqEntry:
    kept = entry.alternatives[:number] + entry.alternatives[number + 1 :]
    return replace(entry, alternatives=kept)


def _ask(
    entries: Sequence[FaqEntry], questions: Sequence[tuple[str, str | None]], embed: Embed
) -> list[Asked]:
    retriever = Retriever(build_index(entries, embed, encoder_id="base"))
    embeddings = embed([question for question, _ in questions])
    return [
        Asked(question, wanted, retriever.retrieve(question, embedding, _NUM_HITS))
        for (question, wanted), embedding in zip(questions, embeddings, strict=True)
    ]


def _print_recall(own: Sequence[Asked]) -> None:
    ranks = [next((hit.rank for hit in a.hits if hit.entry_id == a.wanted), None) for a in own]
    for k in (1, 3, 5, 10):
        found = sum(rank is not None and rank <= k for rank in ranks)
        print(f"recall@{k}: {found / len(ranks):.3f} ({found} of {len(ranks)})")


def _print_thresholds(own: Sequence[Asked], foreign: Sequence[Asked]) -> None:
    print("min_confidence  answered  right of these  foreign answered")
    right = np.array([asked.is_right for asked in own])
    sure = np.array([confidence_of(asked.hits) for asked in own])
    foreign_sure = np.array([confidence_of(asked.hits) for asked in foreign])
    for least in (0.5, 0.6, 0.7, 0.8):
        answered, wrong = sure >= least, foreign_sure >= least
        print(f"{least:14.2f} {answered.mean():9.3f} {right[answered].mean():15.3f} {wrong.mean():17.3f}")
    print("min_dense_score  own below  foreign below")
    for least in (0.3, 0.35, 0.4, 0.45):
        below = [
            np.mean([max(h.dense_score for h in a.hits) < least for a in part]) for part in (own, foreign)
        ]
        print(f"{least:15.2f} {below[0]:10.3f} {below[1]:14.3f}")


def _fit(own: Sequence[Asked], foreign: Sequence[Asked]) -> NDArray[np.float64]:
    """Fit the logistic regression by Newton's method: P(the first hit is right)."""
    asked = [*own, *foreign]
    features = np.array([_features(a.hits) for a in asked])
    right = np.array([float(a.is_right) for a in asked])
    weights = np.where([a.wanted is None for a in asked], _FOREIGN_WEIGHT, 1.0)
    coefficients = np.zeros(features.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-features @ coefficients))
        slope = features.T @ (weights * (chance - right)) + 1e-3 * coefficients
        curvature = (features.T * (weights * chance * (1 - chance))) @ features
        coefficients -= np.linalg.solve(curvature + 1e-3 * np.eye(len(coefficients)), slope)
    return coefficients


def _features(hits: Sequence[Hit]) -> list[float]:
    lead = hits[0].dense_score - max(hit.dense_score for hit in hits[1:])
    return [hits[0].dense_score, lead, float(hits[0].lexical_rank == 1), 1.0]


if __name__ == "__main__":
    raise SystemExit(main())
