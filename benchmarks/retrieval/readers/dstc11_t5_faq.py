"""DSTC11 track 5: dialogues about hotels and restaurants that need an FAQ of one of them.

Zhao et al. 2023, "'What do others think?': Task-Oriented Conversational Modeling with Subjective Knowledge",
SIGDIAL. Only the validation part can be had in full.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.files import BenchmarkDataError, read_json
from benchmarks.retrieval.data import Collection, Question, RetrievalData, halve
from retrieval.types import FaqEntry

_FAQ = "faq"


def read_dstc11_t5_faq(folder: Path) -> RetrievalData:
    """Read the FAQs of all hotels and restaurants as one collection, and the turns that need one of them.

    An entry's question begins with the name of its place. A question is the last turn of a customer, what was
    said before is its context. Turns that need reviews only, or nothing, are left out. Every other
    question is for choosing.

    Raises:
        BenchmarkDataError: a file is missing, or logs and labels are of different length.
    """
    root = folder / "dstc11_t5_faq"
    knowledge = read_json(root / "knowledge.json")
    logs, labels = read_json(root / "val" / "logs.json"), read_json(root / "val" / "labels.json")
    if len(logs) != len(labels):
        raise BenchmarkDataError(f"got {len(logs)} logs and {len(labels)} labels, expected as many of both")
    entries = tuple(_entries(knowledge))
    questions = tuple(
        Question(turns[-1]["text"].strip(), gold, tuple(turn["text"].strip() for turn in turns[:-1]))
        for turns, label in zip(logs, labels, strict=True)
        if (gold := _gold(label))
    )
    validation, test = halve(Collection("dstc11_t5_faq", entries, questions))
    return RetrievalData(
        name="dstc11_t5_faq",
        validation=(validation,),
        read_test=lambda: (test,),
        notes=("candidates are all FAQs of both domains; found is any of the FAQs that a turn cites",),
    )


def _entries(knowledge: dict[str, Any]) -> Iterator[FaqEntry]:
    for domain, places in knowledge.items():
        for place_id, place in places.items():
            name = place["name"].title()
            for faq_id, faq in place["faqs"].items():
                entry_id = f"{domain}/{place_id}/{faq_id}"
                yield FaqEntry(entry_id, f"{name}: {faq['question']}", faq["answer"], tags=(domain, name))


def _gold(label: dict[str, Any]) -> frozenset[str]:
    if not label["target"]:
        return frozenset()
    return frozenset(
        f"{piece['domain']}/{piece['entity_id']}/{piece['doc_id']}"
        for piece in label["knowledge"]
        if piece["doc_type"] == _FAQ
    )
