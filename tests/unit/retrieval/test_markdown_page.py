from datetime import date
from pathlib import Path

import pytest

from nlu.data.yaml_source import SourceError
from retrieval.importers.read import read_faq
from retrieval.types import FaqEntry


def test_page_is_an_entry(tmp_path: Path) -> None:
    (tmp_path / "delivery").mkdir()
    text = "Before.\n\n# When does it arrive? #\n\nIn **two** days.\n\n## Abroad\n\nIn five.\n"
    (tmp_path / "delivery" / "Times.md").write_text(text)
    (tmp_path / "README.md").write_text("# About these pages\n\nNothing for customers.\n")

    assert read_faq(tmp_path) == [
        FaqEntry(
            entry_id="delivery-times",
            question="When does it arrive?",
            passage="Before.\n\n\n\nIn **two** days.\n\n## Abroad\n\nIn five.",
            origin="delivery/Times.md:3",
        )
    ]


def test_fields_stand_above_the_page(tmp_path: Path) -> None:
    (tmp_path / "sale.md").write_text(
        "---\n"
        "id: summer-sale\n"
        "question: Which things are reduced?\n"
        "alternatives: [sale, discounts]\n"
        "tags: [sale]\n"
        "source: /sale\n"
        "language: en-GB\n"
        "valid_from: 2026-06-01\n"
        "valid_until: 2026-08-31\n"
        "status: draft\n"
        "---\n"
        "# Summer sale\n"
        "All coats.\n"
    )

    assert read_faq(tmp_path) == [
        FaqEntry(
            entry_id="summer-sale",
            question="Which things are reduced?",
            passage="All coats.",
            alternatives=("sale", "discounts"),
            tags=("sale",),
            source="/sale",
            language="en-GB",
            origin="sale.md:1",
            valid_from=date(2026, 6, 1),
            valid_until=date(2026, 8, 31),
            status="draft",
        )
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# Only a title\n", r"page\.md:1: passage of the FAQ entry 'page': expected text, got only white"),
        ("Only a passage.\n", r"page\.md:1: question of the FAQ entry 'page': expected text, got only white"),
        ("", r"page\.md:1: question of"),
        ("---\nanswer: x\n---\n# A?\nb\n", r"page\.md:2: an FAQ entry: unknown key 'answer'"),
        ("---\nid: a\npassage: x\n---\n# A?\nb\n", r"page\.md:3: got a passage, expected it below"),
        ("---\n- a\n---\n# A?\nb\n", r"page\.md:2: the fields of a page: expected a mapping"),
        ("---\nid: [\n---\n# A?\nb\n", r"page\.md:\d: not valid YAML"),
        ("---\nvalid_from: soon\n---\n# A?\nb\n", r"page\.md:2: valid_from .*expected a day such as"),
        (
            "---\nvalid_from: 2026-02-01\nvalid_until: 2026-01-31\n---\n# A?\nb\n",
            r"page\.md:3: valid_until of .*expected a day from 2026-02-01 on, got 2026-01-31",
        ),
        (
            "---\nstatus: secret\n---\n# A?\nb\n",
            r"page\.md:2: status .*expected draft, published or archived",
        ),
    ],
)
def test_mistake_of_a_page_has_its_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "page.md").write_text(text)

    with pytest.raises(SourceError, match=message):
        read_faq(tmp_path)


def test_other_kinds_of_file_are_refused_and_left_out_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "faq.docx").write_bytes(b"PK")
    (tmp_path / ".hidden.md").write_text("# A?\n\nb\n")

    assert read_faq(tmp_path) == []
    with pytest.raises(SourceError, match=r"got a file '\.docx', expected one of: \.csv, \.htm"):
        read_faq(tmp_path / "faq.docx")
