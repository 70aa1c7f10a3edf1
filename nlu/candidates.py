"""What the scores of single intents say about the labels that an utterance can have.

With one intent per utterance the labels are the intents. With several, the score of a label is the sum of the
log-odds of its atoms: the log-probability of exactly these atoms, each judged alone, but for a constant that
is the same for all labels. Tsoumakas and Katakis 2007, "Multi-Label Classification: An Overview", section 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlu.labels import INTENT_JOINER, LabelMap


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The labels that one utterance can have, and ``(labels,)`` float32 logits for a softmax over them."""

    names: tuple[str, ...]
    logits: NDArray[np.float32]

    @property
    def best(self) -> str:
        """Name the label with the highest logit."""
        return self.names[int(self.logits.argmax())]

    def number_of(self, label: str) -> int | None:
        """Give the place of a label among the names, whatever the order of its atoms; None without it."""
        atoms = frozenset(label.split(INTENT_JOINER))
        matches = (
            place for place, name in enumerate(self.names) if frozenset(name.split(INTENT_JOINER)) == atoms
        )
        return next(matches, None)


def intent_candidates(
    logits: NDArray[np.float32], label_map: LabelMap, labels: Sequence[str] | None = None
) -> list[Candidates]:
    """Score the candidates of every utterance.

    Candidates are all trained labels and the combination of all atoms with a positive logit. An unseen
    combination is named in the order of the logits, highest first; it comes last.

    Args:
        logits: ``(batch, num_intents)`` float32, of the intent head.
        label_map: the labels; without combinations the logits are the scores.
        labels: the trained ones of a model that was trained on fewer; by default all of `label_map`.
    """
    if not label_map.is_multi_label:
        return [Candidates(label_map.intent_labels, row) for row in logits]
    trained = label_map.intent_labels if labels is None else tuple(labels)
    members = np.zeros((len(trained), logits.shape[1]), dtype=np.float32)
    for number, label in enumerate(trained):
        members[number, list(label_map.intent_ids(label))] = 1.0
    scores = logits @ members.T  # (batch, labels)
    known = {frozenset(np.flatnonzero(row).tolist()) for row in members}
    return [
        _with_combination(row, Candidates(trained, row_scores), known, label_map.intents)
        for row, row_scores in zip(logits, scores, strict=True)
    ]


def _with_combination(
    row: NDArray[np.float32], trained: Candidates, known: set[frozenset[int]], intents: Sequence[str]
) -> Candidates:
    positive = [atom for atom in np.argsort(-row, kind="stable").tolist() if row[atom] > 0]
    if not positive or frozenset(positive) in known:
        return trained
    name = INTENT_JOINER.join(intents[atom] for atom in positive)
    score = row[positive].sum(dtype=np.float32)
    return Candidates((*trained.names, name), np.append(trained.logits, score).astype(np.float32))
