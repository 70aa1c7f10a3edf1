from __future__ import annotations

from pathlib import Path

import pytest

from nlu.data.reading import read_passages, read_reading_files
from nlu.data.squad import ReadingDataError
from nlu.data.yaml_source import SourceError
from nlu.types import AnswerSpan

GOOD = """\
version: "1"
passages:
  - document: "Shop: hours"
    passage: |
      Open from 9 to 6.
    questions:
      - question: when do you open
        answer: from 9
      - question: are you open on sundays
        answer: null
"""


def write(path: Path, text: str = GOOD) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_passages_give_examples_with_exact_spans(tmp_path: Path) -> None:
    first, second = read_passages(write(tmp_path / "a.yml"))

    assert first.passage == "Open from 9 to 6.\n"
    assert first.answers == (AnswerSpan(5, 11),)
    assert second.answers == ()
    assert first.source.endswith("a.yml:7")
    assert first.group.endswith("a.yml: Shop")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("answer: from 9", "answer: from 8", "a.yml:8: got the answer 'from 8', which occurs 0 times"),
        ("answer: from 9", "answer: o", "a.yml:8: got the answer 'o', which occurs 2 times"),
        ("answer: from 9", "anser: from 9", "a.yml:8: a question: unknown key 'anser'"),
        ("when do you open", '" "', "question of a question: expected text, got nothing"),
        ('document: "Shop: hours"', "document: ", "document of a passage: expected text"),
        ("passages:", "pasages:", "unknown key 'pasages'"),
    ],
    ids=["absent", "ambiguous", "unknown-key", "empty-question", "no-document", "no-passages"],
)
def test_every_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = write(tmp_path / "a.yml", GOOD.replace(old, new))

    with pytest.raises(SourceError, match=message.replace(".", r"\.")):
        read_passages(path)


def test_a_folder_is_read_in_order_of_its_files(tmp_path: Path) -> None:
    write(tmp_path / "b.yml")
    write(tmp_path / "a.yml", GOOD.replace("when do you open", "opening hours"))
    write(tmp_path / "notes.txt", "nothing")

    examples = read_reading_files([tmp_path])

    assert [one.question for one in examples][::2] == ["opening hours", "when do you open"]


@pytest.mark.parametrize("name", ["none.yml", "notes.txt", "empty"], ids=["missing", "other", "empty-folder"])
def test_a_path_without_files_is_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path / "notes.txt", "nothing")
    (tmp_path / "empty").mkdir()

    with pytest.raises(ReadingDataError, match=rf"{name}, expected a file of SQuAD's format"):
        read_reading_files([tmp_path / name])
