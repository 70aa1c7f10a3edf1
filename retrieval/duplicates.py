"""FAQ entries that say the same as others: for a person to decide, before they are stored twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from retrieval.types import Embed, FaqEntry

DuplicateKind = Literal["same passage", "same question", "similar question", "similar passage"]

# Of the 132 different entries of the starter bot, the most alike questions have cosine 0.80, passages 0.82.
_SIMILAR_QUESTION = 0.95
_SIMILAR_PASSAGE = 0.95


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An entry that may be stored already as `other_id`; `similarity` is a cosine, 1 for the same words."""

    entry_id: str
    other_id: str
    kind: DuplicateKind
    similarity: float = 1.0

    @property
    def is_exact(self) -> bool:
        """Say whether the words are the same."""
        return self.kind in ("same passage", "same question")


def find_duplicates(
    new: Sequence[FaqEntry], stored: Sequence[FaqEntry], embed: Embed | None = None
) -> list[Duplicate]:
    """Find for every new entry one that says the same: a stored one, or a new one before it.

    Args:
        new: entries that are to be stored.
        stored: those that are there; one with the id of a new entry is what it replaces, and is left out.
        embed: gives unit rows; without it only the same words are found.
    """
    replaced = {entry.entry_id for entry in new}
    known = [entry for entry in stored if entry.entry_id not in replaced]
    everything = [*known, *new]
    found = _same_words(everything, len(known))
    if embed is not None:
        for duplicate in _similar(everything, len(known), embed):
            found.setdefault(duplicate.entry_id, duplicate)
    return [found[entry.entry_id] for entry in new if entry.entry_id in found]


def _same_words(entries: Sequence[FaqEntry], num_known: int) -> dict[str, Duplicate]:
    found: dict[str, Duplicate] = {}
    passages: dict[str, str] = {}
    questions: dict[str, str] = {}
    for place, entry in enumerate(entries):
        passage, question = _words(entry.passage), _words(entry.question)
        if place >= num_known and passage in passages:
            found[entry.entry_id] = Duplicate(entry.entry_id, passages[passage], "same passage")
        elif place >= num_known and question in questions:
            found[entry.entry_id] = Duplicate(entry.entry_id, questions[question], "same question")
        passages.setdefault(passage, entry.entry_id)
        questions.setdefault(question, entry.entry_id)
    return found


def _similar(entries: Sequence[FaqEntry], num_known: int, embed: Embed) -> list[Duplicate]:
    if len(entries) < 2 or num_known == len(entries):
        return []
    found = []
    ways: tuple[tuple[DuplicateKind, list[str], float], ...] = (
        ("similar question", [entry.question for entry in entries], _SIMILAR_QUESTION),
        ("similar passage", [entry.passage for entry in entries], _SIMILAR_PASSAGE),
    )
    for kind, texts, least in ways:
        rows = embed(texts)  # (entries, hidden)
        for place in range(max(num_known, 1), len(entries)):
            cosines = rows[:place] @ rows[place]
            best = int(cosines.argmax())
            if cosines[best] >= least:
                ids = entries[place].entry_id, entries[best].entry_id
                found.append(Duplicate(*ids, kind, float(cosines[best])))
    return found


def _words(text: str) -> str:
    return " ".join(text.casefold().split())
