"""MultiDoc2Dial: dialogues about the pages of four authorities; which section grounds the next answer.

Feng et al. 2021, "MultiDoc2Dial: Modeling Dialogues Grounded in Multiple Documents", EMNLP. The turns are a
flattened copy of what looks like the validation part: rows in their order, without the borders of dialogues.
"""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.files import BenchmarkDataError, read_csv, read_json, read_lines
from benchmarks.retrieval.data import Collection, Question, RetrievalData, halve
from retrieval.types import FaqEntry

_SEPARATOR = "//"
_NUM_TITLES = 3  # section, parent section, document; the parent is missing where there is none


def read_multidoc2dial(folder: Path) -> RetrievalData:
    """Read section passages as entries and the located turns as questions.

    Context of a turn are the rows before it: what the customer and the agent said there. Where a dialogue
    begins they belong to another one, as a rule about the same document, which helps. Every other question is
    for choosing.

    Raises:
        BenchmarkDataError: a file is missing, or a located turn names a row or a passage that is not there.
    """
    root = folder / "multidoc2dial"
    entries = tuple(_entry(number, text) for number, text in enumerate(read_json(root / "en_passages.json")))
    rows = read_csv(root / "eval_set.tsv", columns=("questions", "contexts", "answers"), delimiter="\t")
    located = [json.loads(line) for line in read_lines(root / "eval_set.located.jsonl") if line]
    for turn in located:
        if turn["row"] >= len(rows) or max(turn["passages"]) >= len(entries):
            raise BenchmarkDataError(
                f"got the located turn {turn}, expected one of {len(rows)} rows and {len(entries)} passages"
            )
    questions = tuple(_question(rows, turn["row"], turn["passages"]) for turn in located)
    validation, test = halve(Collection("multidoc2dial", entries, questions))
    return RetrievalData(
        name="multidoc2dial",
        validation=(validation,),
        read_test=lambda: (test,),
        notes=("only turns whose grounding text was found whole in a passage; found is any that holds it",),
    )


def _entry(number: int, text: str) -> FaqEntry:
    body, *titles = (" ".join(part.split()) for part in _split(text))
    title = ": ".join(dict.fromkeys(reversed([one for one in titles if one])))
    return FaqEntry(str(number), title or body, body or title)


def _split(text: str) -> list[str]:
    """Split the titles off; a body may hold the separator in an address."""
    return (
        text.rsplit(_SEPARATOR, _NUM_TITLES)
        if text.count(_SEPARATOR) >= _NUM_TITLES
        else text.split(_SEPARATOR)
    )


def _question(rows: list[dict[str, str]], row: int, passages: list[int]) -> Question:
    before = rows[max(row - 2, 0) : row]
    context = tuple(one[column].strip() for one in before for column in ("questions", "answers"))
    return Question(rows[row]["questions"].strip(), frozenset(str(number) for number in passages), context)
