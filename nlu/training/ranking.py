"""How high questions rank their own answers among all texts; pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlu.training.pairs import PairTexts

_MAX_CELLS = 1 << 24  # of the similarity matrix that are held at once


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """Questions and the texts that they are searched in, by their numbers among all texts.

    Attributes:
        questions: ``(questions,)`` int64 numbers of texts.
        candidates: ``(candidates,)`` int64 numbers of texts; those of one group stand together.
        starts: ``(groups,)`` int64, where in `candidates` each group begins; a group has the same answers.
        own_groups: of every question, the groups that share an answer with it.
    """

    questions: NDArray[np.int64]
    candidates: NDArray[np.int64]
    starts: NDArray[np.int64]
    own_groups: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, trained: PairTexts, held_out: PairTexts) -> Ranked:
        """Search the questions of `held_out` in the texts of both; its texts come after the others."""
        answers = (*trained.answers, *held_out.answers)
        shifted = held_out.pairs + len(trained.texts)
        found = np.unique(np.concatenate([trained.pairs[:, 1], shifted[:, 1]])).tolist()
        by_answers: dict[frozenset[str], list[int]] = {}
        for text in found:
            by_answers.setdefault(answers[text], []).append(text)
        groups_of: dict[str, list[int]] = {}
        for group, ids in enumerate(by_answers):
            for answer_id in ids:
                groups_of.setdefault(answer_id, []).append(group)
        questions = np.unique(shifted[:, 0])
        sizes = [len(members) for members in by_answers.values()]
        return cls(
            questions=questions,
            candidates=np.asarray(
                [text for members in by_answers.values() for text in members], dtype=np.int64
            ),
            starts=np.cumsum([0, *sizes[:-1]], dtype=np.int64),
            own_groups=tuple(
                tuple(sorted({group for one in answers[question] for group in groups_of[one]}))
                for question in questions.tolist()
            ),
        )

    @property
    def has_questions(self) -> bool:
        """Say whether there is anything to measure."""
        return len(self.questions) > 0


def mean_reciprocal_rank(embeddings: NDArray[np.float32], ranked: Ranked) -> float:
    """Average ``1 / rank`` of the first own answer over the questions, of which there is at least one.

    Answers rank by the cosine of their nearest text, the own one last among equals. Higher is better; 1 is
    best.

    Args:
        embeddings: ``(texts, hidden)`` float32 of unit length.
        ranked: who searches, and where.
    """
    total = 0.0
    rows_at_once = max(1, _MAX_CELLS // len(ranked.candidates))
    for start in range(0, len(ranked.questions), rows_at_once):
        some = ranked.questions[start : start + rows_at_once]
        cosines = embeddings[some] @ embeddings[ranked.candidates].T
        nearest = np.maximum.reduceat(cosines, ranked.starts, axis=1)  # (some, groups)
        for row, groups in zip(nearest, ranked.own_groups[start : start + len(some)], strict=True):
            own = row[list(groups)]
            total += 1.0 / (1 + int((row >= own.max()).sum()) - int((own >= own.max()).sum()))
    return total / len(ranked.questions)
