"""StackFAQ: threads of Stack Exchange with paraphrases of their question.

Karan and Šnajder 2018, "Paraphrase-focused learning to rank for domain-specific frequently asked questions
retrieval", Expert Systems with Applications 91.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.files import read_json
from benchmarks.retrieval.data import Collection, Question, RetrievalData, halve
from retrieval.types import FaqEntry

_EMPTY_MARK = "*"  # stands where an annotator wrote no paraphrase


def read_stackfaq(folder: Path) -> RetrievalData:
    """Read threads as entries, all answers of a thread as its passage, and paraphrases as questions.

    Gold of a paraphrase is its own thread. There are no published parts: every other question
    is for choosing.

    Raises:
        BenchmarkDataError: the file is missing.
    """
    threads = read_json(folder / "stackfaq" / "stackExchange-FAQ.json")["root"]["qapair"]
    entries = tuple(_entry(number, thread) for number, thread in enumerate(threads))
    questions = tuple(
        Question(text.strip(), frozenset({entry.entry_id}))
        for entry, thread in zip(entries, threads, strict=True)
        for text in _listed(thread["rephr"])
        if text.strip() != _EMPTY_MARK
    )
    validation, test = halve(Collection("stackfaq", entries, questions))
    return RetrievalData(
        name="stackfaq",
        validation=(validation,),
        read_test=lambda: (test,),
        notes=("an entry is a thread: its question, and all its answers as the passage",),
    )


def _entry(number: int, thread: dict[str, Any]) -> FaqEntry:
    answers = [" ".join(answer.split()) for answer in _listed(thread["answer"])]
    return FaqEntry(f"thread-{number}", thread["question"].strip(), "\n\n".join(filter(None, answers)))


def _listed(value: str | list[str | None]) -> list[str]:
    """Give the texts; the published JSON holds a single element bare, an empty one as null."""
    return [text for text in ([value] if isinstance(value, str) else value) if text and text.strip()]
