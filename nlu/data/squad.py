"""Reading comprehension files in SQuAD's format -> reader examples.

Rajpurkar et al. 2016, "SQuAD: 100,000+ Questions for Machine Comprehension of Text", and 2018, "Know What You
Don't Know: Unanswerable Questions for SQuAD". A document is ``data[].paragraphs[]``, each with a ``context``
and ``qas[]`` of ``question``, ``answers[]`` (``text``, ``answer_start``) and perhaps ``is_impossible``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nlu.types import AnswerSpan, ReaderExample


class ReadingDataError(Exception):
    """A file that is not of SQuAD's format, or an answer that its passage does not hold."""


def read_squad(path: Path) -> list[ReaderExample]:
    """Read a file; a question that ``is_impossible`` has no answers, of equal answers one remains.

    Raises:
        ReadingDataError: the file, or the question, is named.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReadingDataError(
            f"got {path} that cannot be read ({error}), expected JSON of SQuAD's format; correct the file"
        ) from error
    try:
        return list(_examples(document, path))
    except (KeyError, TypeError, AttributeError) as error:
        raise ReadingDataError(
            f"got {path} that is not of SQuAD's format ({error!r}), expected data[].paragraphs[] with "
            "context and qas[]; correct the file"
        ) from error


def _examples(document: Mapping[str, Any], path: Path) -> Iterator[ReaderExample]:
    for number, article in enumerate(document["data"], start=1):
        group = str(article.get("title") or f"{path.name}: article {number}")
        for paragraph in article["paragraphs"]:
            for asked in paragraph["qas"]:
                place = f"{path.name}: question {asked.get('id', '?')}"
                example = _example(asked, paragraph["context"], place)
                yield replace(example, group=group, collection=path.name)


def _example(asked: Mapping[str, Any], passage: str, place: str) -> ReaderExample:
    question = asked["question"].strip()
    if not question:
        raise ReadingDataError(f"{place}: got an empty question, expected words; remove it")
    answers = [] if asked.get("is_impossible", False) else asked["answers"]
    spans = {_span(answer, passage, place): None for answer in answers}
    return ReaderExample(question, passage, tuple(spans), place)


def _span(answer: Mapping[str, Any], passage: str, place: str) -> AnswerSpan:
    text, start = answer["text"], answer["answer_start"]
    end = start + len(text)
    if not text.strip() or start < 0 or passage[start:end] != text:
        raise ReadingDataError(
            f"{place}: got the answer {text!r} at {start}, expected these characters there, but it "
            f"has {passage[max(start, 0) : max(end, 0)]!r}; correct answer_start"
        )
    return AnswerSpan(start, end)
