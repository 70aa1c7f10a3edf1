"""CovidFAQ: questions of users about COVID-19, matched to collected answers.

Poliak et al. 2020, "Collecting Verified COVID-19 Question Answer Pairs".
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from benchmarks.files import read_json
from benchmarks.retrieval.data import Collection, Question, RetrievalData, halve
from retrieval.types import FaqEntry

_FAQ, _USER = "faq", "user_query"


def read_covidfaq(folder: Path) -> RetrievalData:
    """Read answers as entries under their FAQ question; a further FAQ question is an alternative.

    Gold of a user's question is the entry with the same answer. There are no published parts: every other
    question is for choosing.

    Raises:
        BenchmarkDataError: the file is missing.
    """
    rows = read_json(folder / "covidfaq" / "query_answer_pairs.json")
    asked = defaultdict(list)
    for row in rows:
        if row["query_type"] == _FAQ:
            asked[row["answer"]].append(row["question"].strip())
    ids = {answer: f"answer-{number}" for number, answer in enumerate(asked)}
    entries = tuple(
        FaqEntry(ids[answer], first, answer.strip(), alternatives=tuple(rest))
        for answer, (first, *rest) in asked.items()
    )
    questions = tuple(
        Question(row["question"].strip(), frozenset({ids[row["answer"]]}))
        for row in rows
        if row["query_type"] == _USER
    )
    validation, test = halve(Collection("covidfaq", entries, questions))
    return RetrievalData("covidfaq", validation=(validation,), read_test=lambda: (test,))
