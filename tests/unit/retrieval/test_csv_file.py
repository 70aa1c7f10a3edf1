from pathlib import Path

import pytest

from nlu.data.yaml_source import SourceError
from retrieval.importers.read import read_faq, read_faq_files
from retrieval.types import FaqEntry

_ROW = "arrival,When does it arrive?,In two days.,how long|delivery time,delivery,/help#times\n"
_HEAD = "id,question,passage,alternatives,tags,source\n"


def write(tmp_path: Path, text: str, name: str = "faq.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_row_is_an_entry(tmp_path: Path) -> None:
    assert read_faq(write(tmp_path, _HEAD + _ROW)) == [
        FaqEntry(
            entry_id="arrival",
            question="When does it arrive?",
            passage="In two days.",
            alternatives=("how long", "delivery time"),
            tags=("delivery",),
            source="/help#times",
            origin="faq.csv:2",
        )
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_table_of_any_spreadsheet_is_read(tmp_path: Path, delimiter: str, mark: str, end: str) -> None:
    rows = [
        ("Question", "Passage"),
        ("Größe wählen?", '"Eins""\nzwei"'),
        ("", ""),
        ("Où?", '"Ici, là; là-bas"'),
    ]
    text = mark + "".join(delimiter.join(row) + end for row in rows)

    entries = read_faq(write(tmp_path, text))

    assert [(one.entry_id, one.question, one.passage) for one in entries] == [
        ("grosse-wahlen", "Größe wählen?", 'Eins"\nzwei'),
        ("ou", "Où?", "Ici, là; là-bas"),
    ]
    assert [one.origin for one in entries] == ["faq.csv:2", "faq.csv:5"]  # a cell of two lines, a blank row


def test_broken_rows_are_named_and_the_others_are_read(tmp_path: Path) -> None:
    text = "question,passage,valid_from\nA?,a,2026-13-01\nB?,b,\nC?\nD?,,\nb?,other,\n"

    files = read_faq_files(write(tmp_path, text))

    assert [entry.entry_id for entry in files.entries] == ["b"]
    assert [str(mistake) for mistake in files.mistakes] == [
        "faq.csv:2: valid_from of the FAQ entry 'a': expected a day such as 2026-12-24, got '2026-13-01'",
        "faq.csv:4: got 1 cells, expected 3 as in the head",
        "faq.csv:5: the FAQ entry 'd': expected the key 'passage', got only 'question', 'id'",
        "faq.csv:6: the FAQ entry 'b' has the same id as the one in faq.csv:3",
    ]


def test_reading_all_or_nothing_lists_every_mistake(tmp_path: Path) -> None:
    path = write(tmp_path, "question,passage\n" + "A?\n" * 25)

    with pytest.raises(SourceError) as raised:
        read_faq(path)

    lines = str(raised.value).splitlines()
    assert lines[:2] == [f"faq.csv:{line}: got 1 cells, expected 2 as in the head" for line in (2, 3)]
    assert (len(lines), lines[-1]) == (21, "and 5 more")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "got no column 'question'"),
        ("question\nA?\n", "got no column 'passage', expected at least question and passage"),
        ("question,passage,answer\n", "got the column 'answer', expected each once of: alternatives, id"),
        ("question,passage,question\n", "got the column 'question', expected each once"),
        ('question,passage\nA?,"a\nB?,b\n', "not a row of a CSV file: unexpected end of data"),
        ('question,passage\nA?,"a"b\n', "not a row of a CSV file: .*; what follows was not read"),
        ("question,passage\n???,b\n", r"faq\.csv:2: an FAQ entry: expected the key 'id'"),
    ],
    ids=[
        "empty",
        "no passage",
        "unknown column",
        "column twice",
        "open quote",
        "text behind quote",
        "no letters",
    ],
)
def test_file_that_is_no_such_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_faq(write(tmp_path, text))


def test_text_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "faq.csv").write_bytes("question,passage\nGröße?,a\n".encode("latin-1"))

    with pytest.raises(SourceError, match=r"faq\.csv:1: expected UTF-8 text"):
        read_faq(tmp_path)


def test_passage_of_fifty_thousand_characters_is_read(tmp_path: Path) -> None:
    passage = "word " * 10_000

    (entry,) = read_faq(write(tmp_path, f"question,passage\nA?,{passage}\n"))

    assert entry.passage == passage.strip()
