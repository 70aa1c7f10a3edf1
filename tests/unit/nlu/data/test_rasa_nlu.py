from pathlib import Path

import pytest

from nlu.data.rasa_nlu import NluData, read_nlu
from nlu.data.yaml_source import SourceError

_WHOLE = """\
version: "3.1"
nlu:
- intent: buy
  examples: |
    - I want a [tee](product:t-shirt)

    - sell me [red]{"entity": "colour", "role": "new"} socks
- intent: faq/returns
  metadata: {owner: shop}
  examples:
  - text: |
      - may I send it back
    metadata: {mood: calm}
  - text: returns?
- synonym: navy blue
  examples: |
    - Navy
    - dark blue
- regex: order_number
  examples: |
    - fh-?\\d{5}
- lookup: city
  examples: |
    - Rome
    - York
stories: []
"""


def _read(tmp_path: Path, text: str) -> NluData:
    (tmp_path / "nlu.yml").write_text(text)
    return read_nlu([tmp_path / "nlu.yml"], root=tmp_path)


def test_read_nlu_reads_every_kind_of_item(tmp_path: Path) -> None:
    data = _read(tmp_path, _WHOLE)

    assert [(e.text, e.intent, e.source) for e in data.examples] == [
        ("I want a tee", "buy", "nlu.yml:5"),
        ("sell me red socks", "buy", "nlu.yml:7"),
        ("may I send it back", "faq/returns", "nlu.yml:12"),
        ("returns?", "faq/returns", "nlu.yml:14"),
    ]
    assert data.examples[1].entities[0].role == "new"
    assert data.synonyms == {"tee": "t-shirt", "navy": "navy blue", "dark blue": "navy blue"}
    assert data.regexes == {"order_number": (r"fh-?\d{5}",)}
    assert data.lookups == {"city": ("Rome", "York")}
    assert data.warnings == ()


def test_read_nlu_reads_folders_in_a_stable_order(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "two.yml").write_text("nlu:\n- intent: two\n  examples: |\n    - second\n")
    (tmp_path / "a.yml").write_text("nlu:\n- intent: one\n  examples: |\n    - first\n")
    (tmp_path / "empty.yml").write_text("")

    data = read_nlu([tmp_path], root=tmp_path)

    assert [example.source for example in data.examples] == ["a.yml:4", "b/two.yml:4"]


@pytest.mark.parametrize("version", ['"2.0"', '"3.0"', '"3.1"', "3.1"])
def test_read_nlu_takes_the_versions_of_rasa(tmp_path: Path, version: str) -> None:
    assert _read(tmp_path, f"version: {version}\nnlu: []\n").examples == ()


def _block(*lines: str) -> str:
    return "nlu:\n- intent: a\n  examples: |\n" + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n", r"nlu\.yml:1: a training data file: expected a mapping"),
        ("nlu: 5\n", r"nlu\.yml:1: nlu: expected a list, got the number 5"),
        ("nlu:\n- intnt: a\n  examples: x\n", r"nlu\.yml:2: an item of nlu: expected one of intent"),
        (_block("- one", "- two [x]{y}"), r"nlu\.yml:5: expected JSON after"),
        ("nlu:\n- intent: a\n  examples:\n  - [hi]\n", r"nlu\.yml:4: the text of an example: expected text"),
        ("nlu:\n- intent: a+\n  examples: x\n", r"nlu\.yml:2: intent: got the intent 'a\+', expected differ"),
        ("nlu:\n- intent: /x\n  examples: x\n", r"nlu\.yml:2: intent: expected a retrieval intent"),
        ("nlu:\n- regex: a\n  examples: |\n    - '('\n    - (\n", r"nlu\.yml:4: expected a regular"),
    ],
    ids=[
        "file is a list",
        "nlu is a number",
        "no kind",
        "markup",
        "list of texts",
        "half a combination",
        "half a retrieval intent",
        "regex",
    ],
)
def test_read_nlu_names_the_line_of_a_mistake(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        _read(tmp_path, text)


@pytest.mark.parametrize(
    ("line", "warning"),
    [
        ("two", "nlu.yml:5: expected an example that begins with '- ', got 'two'; left out"),
        ("-", "nlu.yml:5: an empty example; expected text after '- '"),
        (
            "- on[e](number)",
            "nlu.yml:5: the entity 'number' marks 'e', which begins or ends inside a word of 'one'; left out:"
            " mark whole words",
        ),
        (
            "- a [new [york](city)](place) one",
            "nlu.yml:5: got annotations that overlap at 'a [new york](place) one'"
            "; expected each to end before the next; left out",
        ),
        (
            "- [one ](number)",
            "nlu.yml:5: the entity 'number' marks 'one ': white space belongs outside the brackets",
        ),
    ],
    ids=["no hyphen", "empty", "half a word", "overlap", "white space"],
)
def test_read_nlu_goes_on_after_a_line_that_rasa_only_warns_of(
    tmp_path: Path, line: str, warning: str
) -> None:
    data = _read(tmp_path, _block("- hello", line, "- hi"))

    assert warning in data.warnings
    assert [example.text for example in data.examples if "one" not in example.text] == ["hello", "hi"]


@pytest.mark.parametrize(
    ("item", "warning"),
    [
        ("- intent: b\n", "nlu.yml:5: the intent 'b' has no examples; left out"),
        ("- intent: b\n  examples:\n", "nlu.yml:5: the intent 'b' has no examples; left out"),
        ("- synonym: b\n", "nlu.yml:5: the synonym 'b' has no examples; left out"),
        ("- lookup: b\n", "nlu.yml:5: the lookup 'b' has no examples; left out"),
        ("- regex: b\n  examples:\n", "nlu.yml:5: the regex 'b' has no examples; left out"),
        (
            "- intent: ''\n  examples: |\n    - x\n",
            "nlu.yml:5: intent: expected a name, got nothing; left out",
        ),
    ],
)
def test_read_nlu_leaves_out_an_item_without_name_or_examples(
    tmp_path: Path, item: str, warning: str
) -> None:
    data = _read(tmp_path, _block("- hello") + item)

    assert warning in data.warnings
    assert [example.text for example in data.examples] == ["hello"]


def test_read_nlu_takes_half_a_retrieval_intent_for_an_ordinary_one(tmp_path: Path) -> None:
    data = _read(tmp_path, "nlu:\n- intent: faq/\n  examples: |\n    - hello\n")

    assert [example.intent for example in data.examples] == ["faq"]
    assert data.warnings[0].endswith("got 'faq/'; read as 'faq'")


@pytest.mark.parametrize(
    ("written", "pattern"),
    [
        (r"fh\d+(?i)", r"(?i)fh\d+"),
        (r"(?i)fh", "(?i)fh"),
        (r"a(?s)b(?i)", "(?si)ab"),
        (r"a\(?i\)", r"a\(?i\)"),
    ],
)
def test_read_nlu_puts_flags_of_a_regular_expression_first(
    tmp_path: Path, written: str, pattern: str
) -> None:
    data = _read(tmp_path, f"nlu:\n- regex: number\n  examples: |\n    - {written}\n")

    assert data.regexes == {"number": (pattern,)}


@pytest.mark.parametrize("version", ['"1.0"', '"latest"', '""', "3.1.0"])
def test_read_nlu_reads_older_and_odd_versions_like_the_newest(tmp_path: Path, version: str) -> None:
    data = _read(tmp_path, f"version: {version}\n" + _block("- hello"))

    assert [example.text for example in data.examples] == ["hello"]


@pytest.mark.parametrize("version", ['"3.2"', '"4.0"', '"10.1"'])
def test_read_nlu_leaves_out_a_file_of_a_newer_version(tmp_path: Path, version: str) -> None:
    data = _read(tmp_path, f"version: {version}\n" + _block("- hello"))

    assert data.examples == ()
    assert data.warnings == (
        'nlu.yml:1: version: expected one of "2.0", "3.0", "3.1", got the text '
        f"'{version[1:-1]}'; the file is left out",
    )


def test_read_nlu_names_a_version_that_is_a_number(tmp_path: Path) -> None:
    data = _read(tmp_path, "version: 3.1\n" + _block("- hello", "- hi"))

    assert data.warnings == (
        'nlu.yml:1: version: expected one of "2.0", "3.0", "3.1", got the number 3.1; write it between'
        " quotation marks",
    )


def test_read_nlu_doubts_a_key_of_an_item_that_nobody_reads(tmp_path: Path) -> None:
    data = _read(tmp_path, "nlu:\n- intent: a\n  exmples: x\n  examples: |\n    - hi\n    - ho\n")

    assert len(data.examples) == 2
    assert data.warnings[0].startswith(
        "nlu.yml:3: the intent item: unknown key 'exmples'; did you mean 'examples'?"
    )


def test_read_nlu_warns_of_one_text_with_two_intents(tmp_path: Path) -> None:
    data = _read(tmp_path, _block("- hello") + _block("- Hello").replace("nlu:\n", "").replace(": a", ": b"))

    assert len(data.examples) == 2
    assert data.warnings[0] == "nlu.yml:4: 'hello' is an example of 'a' (nlu.yml:4), 'b' (nlu.yml:7)"


def test_read_nlu_leaves_out_an_example_that_is_there_already(tmp_path: Path) -> None:
    data = _read(tmp_path, _block("- hello", "- hello"))

    assert len(data.examples) == 1
    assert data.warnings[0] == "nlu.yml:5: 'hello' is already in nlu.yml:4; left out"


def test_read_nlu_warns_of_a_synonym_with_two_values(tmp_path: Path) -> None:
    data = _read(tmp_path, _block("- [navy](c:blue)", "- some [Navy](c:dark blue)"))

    assert data.synonyms == {"navy": "dark blue"}
    assert data.warnings == ("nlu.yml:5: 'Navy' stands for 'blue' and 'dark blue'; the last counts",)


def test_read_nlu_leaves_out_comments_among_examples(tmp_path: Path) -> None:
    data = _read(tmp_path, _block("- hello", "# later", "- hi"))

    assert [example.text for example in data.examples] == ["hello", "hi"]
    assert data.warnings == ("nlu.yml:5: a comment among the examples; left out",)


def test_read_nlu_reads_an_intent_with_one_example_and_warns(tmp_path: Path) -> None:
    data = _read(tmp_path, _block("- hello"))

    assert [example.text for example in data.examples] == ["hello"]
    assert data.warnings == ("nlu.yml:4: the only example of 'a'; it is trained on but never validated",)


def test_read_nlu_reads_combinations_and_retrieval_intents(tmp_path: Path) -> None:
    intents = ("greet+faq/returns", "faq/returns")
    items = "".join(f"- intent: {intent}\n  examples: |\n    - {intent} x\n" for intent in intents)

    data = _read(tmp_path, "nlu:\n" + items)

    assert tuple(example.intent for example in data.examples) == intents


@pytest.mark.parametrize(
    "text",
    ["cafe\u0301 👩\u200d👩 ❤\ufe0f", "أين طلبي", "שלום fh 123", "می\u200cخواهم"],
    ids=["marks and emoji", "arabic", "hebrew", "persian"],
)
def test_read_nlu_keeps_every_code_point_of_the_text(tmp_path: Path, text: str) -> None:
    marked = " ".join(f"[{word}](e)" for word in text.split())

    example = _read(tmp_path, _block(f"- {marked}")).examples[0]

    assert example.text == text
    assert [text[span.start : span.end] for span in example.entities] == text.split()
