from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nlu.data.squad import ReadingDataError, read_squad
from nlu.types import AnswerSpan


def write(path: Path, *asked: dict[str, Any], context: str = "Open from 9 to 6.") -> Path:
    document = {"data": [{"title": "Hours", "paragraphs": [{"context": context, "qas": list(asked)}]}]}
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def question(text: str, start: int, **more: Any) -> dict[str, Any]:
    return {"id": "7", "question": "when", "answers": [{"text": text, "answer_start": start}], **more}


def test_a_question_has_its_spans_each_once(tmp_path: Path) -> None:
    asked = question("9", 10)
    asked["answers"] *= 2

    (example,) = read_squad(write(tmp_path / "a.json", asked))

    assert example.answers == (AnswerSpan(10, 11),)
    assert (example.source, example.group) == ("a.json: question 7", "Hours")
    assert example.collection == "a.json"


def test_an_impossible_question_has_no_answers(tmp_path: Path) -> None:
    (example,) = read_squad(write(tmp_path / "a.json", question("9", 10, is_impossible=True)))

    assert example.answers == ()


@pytest.mark.parametrize(
    ("text", "start"),
    [("8", 10), ("9", -7), ("  ", 4), ("9", 99)],
    ids=["other", "before", "blank", "behind"],
)
def test_an_answer_that_is_not_there_is_named(tmp_path: Path, text: str, start: int) -> None:
    with pytest.raises(
        ReadingDataError, match=r"a\.json: question 7: got the answer .* correct answer_start"
    ):
        read_squad(write(tmp_path / "a.json", question(text, start)))


def test_an_empty_question_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReadingDataError, match="question 7: got an empty question"):
        read_squad(write(tmp_path / "a.json", question("9", 10) | {"question": " "}))


@pytest.mark.parametrize(
    "content", [b"{", b"\xff\xfe", b"[1]", b'{"data": [{"paragraphs": [{"qas": [{}]}]}]}'],
    ids=["cut", "no-text", "list", "no-context"],
)  # fmt: skip
def test_a_file_of_another_format_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)

    with pytest.raises(ReadingDataError, match=r"a\.json"):
        read_squad(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadingDataError, match="cannot be read"):
        read_squad(tmp_path / "none.json")
