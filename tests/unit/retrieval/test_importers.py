from pathlib import Path

import pytest

from nlu.data.yaml_source import SourceError
from retrieval.importers.read import read_faq
from retrieval.types import FaqEntry

_ENTRY = """\
faq:
  - id: shipping-times
    question: When does it arrive?
    alternatives: [delivery time, how long]
    tags: [delivery]
    source: /help#times
    passage: |
      In two days.

      Abroad in five.
"""


def test_read_faq_reads_a_folder(tmp_path: Path) -> None:
    (tmp_path / "b.yml").write_text('version: "1"\nfaq:\n  - {id: b, question: B?, passage: b}\n')
    (tmp_path / "a.yml").write_text(_ENTRY)
    (tmp_path / "README.md").write_text("not YAML")

    entries = read_faq(tmp_path)

    assert entries == [
        FaqEntry(
            entry_id="shipping-times",
            question="When does it arrive?",
            passage="In two days.\n\nAbroad in five.",
            alternatives=("delivery time", "how long"),
            tags=("delivery",),
            source="/help#times",
            origin="a.yml:2",
        ),
        FaqEntry("b", "B?", "b", origin="b.yml:3"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("entries: []\n", r"f\.yml:1: an FAQ file: unknown key 'entries'; expected one of: faq, version"),
        ("faq: {}\n", r"f\.yml:1: faq: expected a list"),
        ("faq:\n  - just text\n", r"f\.yml:2: an FAQ entry: expected a mapping"),
        ("faq:\n  - id: a\n    question: A?\n", r"f\.yml:2: the FAQ entry 'a': expected the key 'passage'"),
        ("faq:\n  - id: A b\n    question: A?\n    passage: a\n", r"f\.yml:2: .*expected an id such as"),
        ("faq:\n  - id: a\n    question: ' '\n    passage: a\n", r"f\.yml:3: question of .*only white space"),
        (
            "faq:\n  - id: a\n    question: A?\n    passage: |\n     \n",
            r"f\.yml:4: passage of .*only white",
        ),
        ("faq:\n  - {id: a, question: A?, passage: a, answer: b}\n", r"f\.yml:2: .*unknown key 'answer'"),
        (
            "faq:\n  - {id: a, question: A?, passage: a, alternatives: [x, '']}\n",
            r"f\.yml:2: an item of alternatives of the FAQ entry 'a': expected text",
        ),
        (
            "faq:\n  - {id: a, question: A?, passage: a}\n  - {id: a, question: B?, passage: b}\n",
            r"f\.yml:3: the FAQ entry 'a' has the same id as the one in f\.yml:2",
        ),
        (
            "faq:\n  - {id: a, question: A?, passage: a}\n  - {id: b, question: a?, passage: b}\n",
            r"f\.yml:3: the FAQ entry 'b' has the same question as the one in f\.yml:2",
        ),
    ],
    ids=[
        "unknown section",
        "no list",
        "no mapping",
        "no passage",
        "bad id",
        "blank question",
        "blank passage",
        "unknown key",
        "blank alternative",
        "same id",
        "same question",
    ],
)
def test_read_faq_names_the_line_of_a_mistake(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "f.yml").write_text(text)

    with pytest.raises(SourceError, match=message):
        read_faq(tmp_path)
