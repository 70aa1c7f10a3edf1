from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retrieval.exporter import faq_yaml
from retrieval.importers.read import read_faq
from retrieval.types import FaqEntry

FULL = FaqEntry(
    entry_id="summer-sale",
    question="Which things are reduced: all?",
    passage="All coats.\n\n- red\n- *blue*",
    alternatives=("sale", "no", "123", "~"),
    tags=("sale",),
    source="/sale#all",
    language="en-GB",
    valid_from=date(2026, 6, 1),
    valid_until=date(2026, 8, 31),
    status="draft",
)
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], include_characters="\n\t"), min_size=1
).map(str.strip)


def read_back(entries: list[FaqEntry], tmp_path: Path) -> list[FaqEntry]:
    path = tmp_path / "faq.yml"
    path.write_text(faq_yaml(entries), encoding="utf-8", newline="")
    return [replace(entry, origin="") for entry in read_faq(path)]


def test_exported_entries_are_read_back(tmp_path: Path) -> None:
    entries = [FULL, FaqEntry("plain", "Plain?", "Yes.")]

    assert read_back(entries, tmp_path) == entries


def test_what_says_nothing_is_left_out() -> None:
    assert faq_yaml([FaqEntry("plain", "Plain?", "Yes.")]) == (
        "version: '1'\nfaq:\n  - id: plain\n    question: Plain?\n    language: en\n    status: published\n"
        "    passage: Yes.\n"
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(TEXTS.filter(bool), TEXTS.filter(bool))
def test_any_text_is_read_back(tmp_path: Path, question: str, passage: str) -> None:
    entry = replace(FULL, question=question, passage=passage)

    assert read_back([entry], tmp_path) == [entry]


@pytest.mark.parametrize(
    "passage", ["a\n  indented", "a \nb", "a\n\n\n\nb", "a\n#no comment", "'", "a\u2028b\nc", "a\x85b\nc"]
)
def test_passage_of_awkward_lines_is_read_back(tmp_path: Path, passage: str) -> None:
    assert read_back([replace(FULL, passage=passage)], tmp_path)[0].passage == passage
