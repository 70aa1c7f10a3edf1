"""YAML 1.2 files as trees that know their lines, so that every mistake is reported as ``file:line``.

`YamlNode` reads a value in the type that is expected there and raises `SourceError` for any other. Nothing
here knows what the files are about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Scalar = str | int | float | bool | None
Plain = Scalar | list["Plain"] | dict[str, "Plain"]

_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))")
_SURROGATE = re.compile("[\ud800-\udfff]")


class SourceError(Exception):
    """A mistake in a file: `file`, `line` (from 1) and what was expected there."""

    def __init__(self, file: str, line: int, problem: str) -> None:
        """Compose ``file:line: problem``."""
        super().__init__(f"{file}:{line}: {problem}")
        self.file = file
        self.line = line
        self.problem = problem


@dataclass(frozen=True, slots=True)
class YamlNode:
    """A value of a YAML file with its place; `content_line` is the first line of a block scalar's text."""

    value: Scalar | list[YamlNode] | dict[str, YamlNode]
    file: str
    line: int
    content_line: int
    key_lines: dict[str, int]

    @property
    def source(self) -> str:
        """Give the place as ``file:line``."""
        return f"{self.file}:{self.line}"

    def error(self, problem: str) -> SourceError:
        """Make an error that points here."""
        return SourceError(self.file, self.line, problem)

    def mapping(self, what: str) -> dict[str, YamlNode]:
        """Read a mapping; `what` names it in the error."""
        if not isinstance(self.value, dict):
            raise self.error(f"{what}: expected a mapping, got {self.describe()}")
        return self.value

    def sequence(self, what: str) -> list[YamlNode]:
        """Read a list; `what` names it in the error."""
        if not isinstance(self.value, list):
            raise self.error(f"{what}: expected a list, got {self.describe()}")
        return self.value

    def text(self, what: str) -> str:
        """Read a string (numbers and booleans as they are written in YAML); `what` names it in the error."""
        if isinstance(self.value, list | dict) or self.value is None:
            raise self.error(f"{what}: expected text, got {self.describe()}")
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        return str(self.value)

    def number(self, what: str) -> float:
        """Read a number; `what` names it in the error."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.error(f"{what}: expected a number, got {self.describe()}")
        return float(self.value)

    def boolean(self, what: str) -> bool:
        """Read true or false; `what` names it in the error."""
        if not isinstance(self.value, bool):
            raise self.error(f"{what}: expected true or false, got {self.describe()}")
        return self.value

    def plain(self) -> Plain:
        """Give the value without places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def get(self, key: str) -> YamlNode | None:
        """Give the node under `key` of a mapping, or None."""
        return self.value.get(key) if isinstance(self.value, dict) else None

    def plain_value(self, key: str) -> Plain:
        """Give the value under `key` without places; None when it is absent."""
        node = self.get(key)
        return node.plain() if node is not None else None

    def optional_text(self, key: str, what: str) -> str | None:
        """Read the string under `key`; None when it is absent or empty (``key:``)."""
        node = self.get(key)
        return node.text(f"{key} of {what}") if node is not None and node.value is not None else None

    def names(self, what: str) -> tuple[str, ...]:
        """Read one name or a list of names; nothing (``key:``) gives none."""
        if self.value is None:
            return ()
        if isinstance(self.value, list):
            return tuple(item.text(f"an item of {what}") for item in self.value)
        return (self.text(what),)

    def require(self, key: str, what: str) -> YamlNode:
        """Give the node under `key`, which must be there."""
        node = self.mapping(what).get(key)
        if node is None:
            raise self.error(f"{what}: expected the key '{key}', got only {_names(self.mapping(what))}")
        return node

    def forbid_other_keys(self, allowed: frozenset[str], what: str) -> None:
        """Refuse keys that nobody reads, naming the line of the first."""
        for key in self.mapping(what):
            if key not in allowed:
                expected = ", ".join(sorted(allowed))
                problem = f"{what}: unknown key '{key}'; expected one of: {expected}"
                raise SourceError(self.file, self.key_lines[key], problem)

    def describe(self) -> str:
        """Name the kind of value for an error message."""
        match self.value:
            case None:
                return "nothing"
            case dict():
                return f"a mapping with {_names(self.value)}"
            case list():
                return f"a list of {len(self.value)}"
            case bool():
                return "true" if self.value else "false"
            case str():
                return f"the text '{self.value[:40]}'"
            case _:
                return f"the number {self.value}"


def load_yaml(path: Path, *, root: Path | None = None) -> YamlNode:
    """Read one YAML document; places are relative to `root` when given.

    Raises:
        SourceError: the file is not UTF-8, not YAML, holds a duplicate key or an alias cycle.
    """
    name = str(path.relative_to(root)) if root is not None else str(path)
    return parse_yaml(read_utf8(path, name), name)


def read_utf8(path: Path, name: str) -> str:
    """Read a file that is called `name` in errors.

    Raises:
        SourceError: it is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(name, 1, f"expected UTF-8 text, got byte {error.start} that is not") from error


def parse_yaml(text: str, name: str) -> YamlNode:
    """Read one YAML document from `text`; see `load_yaml`."""
    try:
        root = YAML(typ="safe", pure=True).compose(_with_characters(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        raise SourceError(name, line, f"not valid YAML: {error.problem or error.context}") from error
    except YAMLError as error:
        raise SourceError(name, 1, f"not valid YAML: {error}") from error
    if root is None:
        return YamlNode(None, name, 1, 1, {})
    return _build(root, name, frozenset())


def _with_characters(text: str) -> str:
    r"""Put characters in the place of ``\u00e9`` and the like, as Rasa does anywhere in a file of ASCII."""
    return _whole_characters(_ESCAPE.sub(_character, text)) if text.isascii() else text


def _character(escape: re.Match[str]) -> str:
    number = int(escape[2] or escape[3], 16)
    is_meant = 0x80 <= number <= 0x10FFFF  # YAML itself reads the others, between double quotes
    return escape[1] + chr(number) if is_meant else escape[0]


def _whole_characters(text: str) -> str:
    """Join halves of characters, as JSON writes them; half a character alone becomes U+FFFD."""
    if _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def yaml_files(path: Path) -> Iterator[Path]:
    """Give the YAML files below a folder in a stable order without hidden ones, or the file itself."""
    if path.is_file():
        yield path
        return
    for candidate in sorted(path.rglob("*.y*ml")):
        is_hidden = any(part.startswith(".") for part in candidate.relative_to(path).parts)
        if candidate.suffix in {".yml", ".yaml"} and candidate.is_file() and not is_hidden:
            yield candidate


def _build(node: Node, name: str, above: frozenset[int]) -> YamlNode:
    line = node.start_mark.line + 1
    if id(node) in above:
        raise SourceError(name, line, "an alias must not contain itself")
    above |= {id(node)}
    if isinstance(node, MappingNode):
        return _build_mapping(node, name, above)
    if isinstance(node, SequenceNode):
        items = [_build(child, name, above) for child in node.value]
        return YamlNode(items, name, line, line, {})
    is_block = getattr(node, "style", None) in {"|", ">"}
    return YamlNode(_scalar(node, name), name, line, line + 1 if is_block else line, {})


def _build_mapping(node: MappingNode, name: str, above: frozenset[int]) -> YamlNode:
    values: dict[str, YamlNode] = {}
    key_lines: dict[str, int] = {}
    merged: list[YamlNode] = []
    for key_node, value_node in node.value:
        key_line = key_node.start_mark.line + 1
        if not isinstance(key_node, ScalarNode):
            raise SourceError(name, key_line, "a key must be text, not a list or mapping")
        key = str(key_node.value)
        if key == "<<" and key_node.style is None:
            merged += _merged(_build(value_node, name, above))
            continue
        if key in values:
            first = key_lines[key]
            raise SourceError(name, key_line, f"the key '{key}' appears twice; first in line {first}")
        values[key] = _build(value_node, name, above)
        key_lines[key] = key_line
    for other in merged:
        for key, value in other.mapping("<<").items():
            values.setdefault(key, value)
            key_lines.setdefault(key, other.key_lines[key])
    line = node.start_mark.line + 1
    return YamlNode(values, name, line, line, key_lines)


def _merged(node: YamlNode) -> list[YamlNode]:
    """Give the mappings that a merge key ``<<`` brings in, the most important first."""
    return node.sequence("<<") if isinstance(node.value, list) else [node]


def _scalar(node: Node, name: str) -> Scalar:
    text = str(node.value)
    kind = str(node.tag).rsplit(":", 1)[-1]
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    try:
        if kind == "int":
            return _integer(text)
        if kind == "float":
            return float(text.replace(".inf", "inf").replace(".nan", "nan").replace("_", ""))
    except ValueError as error:
        raise SourceError(name, node.start_mark.line + 1, f"expected a number, got '{text}'") from error
    return _whole_characters(text)


def _integer(text: str) -> int:
    digits = text.replace("_", "").lower()
    base = 16 if "0x" in digits else 8 if "0o" in digits else 2 if "0b" in digits else 10
    return int(digits, base)


def _names(mapping: dict[str, YamlNode]) -> str:
    return ", ".join(f"'{key}'" for key in list(mapping)[:8]) or "no keys"
