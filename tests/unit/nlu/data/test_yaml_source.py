from pathlib import Path

import pytest

from nlu.data.yaml_source import SourceError, load_yaml, parse_yaml, yaml_files


@pytest.mark.parametrize(
    ("written", "read"),
    [("yes", "yes"), ("off", "off"), ("true", True), ("012", 12), ("12:30:45", "12:30:45"), ("~", None)],
)
def test_scalars_are_read_by_yaml_1_2(written: str, read: object) -> None:
    node = parse_yaml(f"key: {written}\n", "f.yml")

    assert node.plain() == {"key": read}


def test_block_knows_the_line_of_its_text() -> None:
    node = parse_yaml("a: 1\nb: |\n  first\n", "f.yml")

    assert node.require("b", "file").content_line == 3


def test_merge_key_fills_in_what_is_not_written() -> None:
    node = parse_yaml("base: &base {a: 1, b: 2}\nmore:\n  <<: *base\n  b: 3\n", "f.yml")

    assert node.require("more", "file").plain() == {"a": 1, "b": 3}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2\n", r"f\.yml:2: the key 'a' appears twice; first in line 1"),
        ("a: [1\nb: 2\n", r"f\.yml:2: not valid YAML"),
        ("a: &x [*x]\n", r"f\.yml:1: an alias must not contain itself"),
        ("? [a]\n: 1\n", r"f\.yml:1: a key must be text"),
    ],
    ids=["duplicate key", "syntax", "alias cycle", "list as key"],
)
def test_parse_yaml_names_the_line_of_a_mistake(text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        parse_yaml(text, "f.yml")


def test_load_yaml_refuses_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "f.yml"
    path.write_bytes(b"a: \xff\n")

    with pytest.raises(SourceError, match=r"f\.yml:1: expected UTF-8 text, got byte 3"):
        load_yaml(path, root=tmp_path)


def test_yaml_files_are_sorted_and_not_hidden(tmp_path: Path) -> None:
    for name in ("b.yml", "a.yaml", ".hidden.yml", "c.txt"):
        (tmp_path / name).write_text("a: 1\n")

    assert [path.name for path in yaml_files(tmp_path)] == ["a.yaml", "b.yml"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: hi \\U0001F600", "hi 😀"),
        ("a: |-\n  hi \\ud83d\\ude00", "hi 😀"),
        (r'a: "\ud83d\ude00"', "😀"),
        (r'é: 1{}a: "\ud83d\ude00"'.format("\n"), "😀"),
        (r'a: "\ud83d"', "\ufffd"),
        (r"a: C:\users\d", r"C:\users\d"),
        (r'a: "say \u0022 and \\u00e9"', r'say " and \u00e9'),
    ],
    ids=["plain", "block", "quoted pair", "not ascii", "half a character", "no escape", "of YAML's own"],
)
def test_escapes_of_characters_are_read_as_rasa_reads_them(text: str, value: str) -> None:
    assert parse_yaml(text, "a.yml").plain_value("a") == value


@pytest.mark.parametrize(
    ("written", "number"),
    [("5", 5.0), ("0.5", 0.5), ("'5'", None), ("true", None), ("[5]", None), ("", None)],
)
def test_only_a_number_is_a_number(written: str, number: float | None) -> None:
    node = parse_yaml(f"a: {written}\n", "f.yml").require("a", "the file")

    if number is None:
        with pytest.raises(SourceError, match=r"minutes: expected a number, got "):
            node.number("minutes")
    else:
        assert node.number("minutes") == number
