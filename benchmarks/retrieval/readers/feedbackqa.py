"""FeedbackQA: questions about the COVID-19 pages of four authorities.

Li et al. 2022, "Using Interactive Feedback to Improve the Accuracy and Explainability of Question Answering
Systems Post-Deployment", Findings of ACL.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.files import read_json
from benchmarks.retrieval.data import Collection, Question, RetrievalData
from retrieval.types import FaqEntry

_SOURCES = ("Australia", "CDC", "UK", "WHO")


def read_feedbackqa(folder: Path) -> RetrievalData:
    """Read one collection per source; a section is an entry, with its page and headings as the question.

    Gold is the section that the question was written for, among those of the same source.

    Raises:
        BenchmarkDataError: a file is missing.
    """
    return RetrievalData(
        name="feedbackqa",
        validation=_read_part(folder, "valid"),
        read_test=lambda: _read_part(folder, "test"),
        read_training=lambda: _read_part(folder, "train"),
        notes=("counted over the questions of all four sources, each searched in its own passages",),
    )


def _read_part(folder: Path, part: str) -> tuple[Collection, ...]:
    return tuple(_read_source(folder, source, part) for source in _SOURCES)


def _read_source(folder: Path, source: str, part: str) -> Collection:
    document = read_json(folder / "feedbackqa" / source / f"{part}.json.gz")
    entries = tuple(_entry(passage) for passage in document["passages"])
    questions = tuple(
        Question(example["question"].strip(), frozenset({str(example["passage_id"])}))
        for example in document["examples"]
    )
    return Collection(source, entries, questions)


def _entry(passage: dict[str, Any]) -> FaqEntry:
    reference = passage["reference"]
    titles = [reference["page_title"], *(reference["section_headers"] or ())]
    title = ": ".join(dict.fromkeys(" ".join(one.split()) for one in titles if one and one.strip()))
    content = (reference["section_content"] or "").strip()
    return FaqEntry(
        str(passage["passage_id"]), title or content, content or title, source=passage["uri"] or ""
    )
