"""Rasa 3.1 NLU training data in YAML: intents with examples, synonyms, lookup tables, regular expressions.

Other top-level keys of the same files (stories, responses, …) are not read here. Every mistake is a
`SourceError` at the line of the example itself, also inside a block of text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from nlu.data.checks import check_example, note_doubts
from nlu.data.entity_markup import MarkupError, OverlapError, parse_markup
from nlu.data.problems import Problems
from nlu.data.yaml_source import SourceError, YamlNode, load_yaml, yaml_files
from nlu.labels import LabelError, split_intent
from nlu.types import Example, RetrievalPair

_VERSION = re.compile(r"\d+(\.\d+)*$")
_NEWEST = [3, 1]
_FLAGS = re.compile(r"(?<!\\)\(\?([aiLmsux]+)\)")  # of a whole regular expression
_ITEM_KEYS = ("intent", "synonym", "regex", "lookup")


@dataclass(frozen=True, slots=True)
class NluData:
    """Training data of a bot in the order of its files.

    `synonyms` maps lower-cased text to the value it stands for; `lookups` and `regexes` map a name to its
    entries. `warnings` lists what is readable but doubtful, each with ``file:line``. `unlabelled` are
    utterances of customers that nobody annotated, `retrieval_pairs` what its help texts answer; neither comes
    from these files.
    """

    examples: tuple[Example, ...]
    synonyms: Mapping[str, str]
    lookups: Mapping[str, tuple[str, ...]]
    regexes: Mapping[str, tuple[str, ...]]
    warnings: tuple[str, ...] = ()
    unlabelled: tuple[str, ...] = ()
    retrieval_pairs: tuple[RetrievalPair, ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    """One entry of an `examples` block with its place."""

    text: str
    file: str
    line: int

    @property
    def source(self) -> str:
        return f"{self.file}:{self.line}"

    def error(self, problem: str) -> SourceError:
        return SourceError(self.file, self.line, problem)


def read_nlu(paths: Sequence[Path], *, root: Path) -> NluData:
    """Read the training data of files and folders; all or nothing.

    Args:
        paths: files, or folders that are searched for YAML files.
        root: folder that the places in errors are relative to.

    Raises:
        SourceError: the first mistake, with file and line.
    """
    problems = Problems()
    data = gather_nlu(paths, problems, root=root)
    problems.raise_first()
    return data


def gather_nlu(paths: Sequence[Path], problems: Problems, *, root: Path) -> NluData:
    """Read as much of the training data as can be read, and note everything that is wrong; see `read_nlu`."""
    collected = _Collected(problems)
    for path in paths:
        for file in yaml_files(path):
            with problems.noted():
                _read_file(load_yaml(file, root=root), collected)
    return collected.finish()


def is_readable(document: YamlNode, problems: Problems) -> bool:
    """Say whether the `version` of a file is one of ours; a file without one is of the newest.

    As in Rasa, older files are read like new ones, and those of a newer format are left out.
    """
    version = document.get("version")
    if version is None or version.value in {None, ""}:
        return True
    expected = f'version: expected one of "2.0", "3.0", "3.1", got {version.describe()}'
    written = version.text("version").strip("\"'")
    if not isinstance(version.value, str):
        problems.doubt(version.source, f"{expected}; write it between quotation marks")
    if _VERSION.match(written) is None:
        problems.doubt(version.source, f"{expected}; read as the newest")
        return True
    parts = [int(part) for part in written.split(".")]
    if parts[:2] > _NEWEST:
        problems.doubt(version.source, f"{expected}; the file is left out")
    return parts[:2] <= _NEWEST


@dataclass(slots=True)
class _Collected:
    """What has been read so far."""

    problems: Problems
    examples: list[Example] = field(default_factory=list)
    first_of_example: dict[Example, Example] = field(default_factory=dict)
    synonyms: dict[str, str] = field(default_factory=dict)
    lookups: dict[str, list[str]] = field(default_factory=dict)
    regexes: dict[str, list[str]] = field(default_factory=dict)

    def add_example(self, example: Example) -> None:
        first = self.first_of_example.setdefault(replace(example, source=""), example)
        if first is not example:
            text = f"'{example.text}' is already in {first.source}; left out"
            self.problems.warn(example.source, text)
            return
        self.examples.append(example)

    def add_synonym(self, text: str, value: str, source: str) -> None:
        key = text.lower()
        known = self.synonyms.get(key, value)
        if known != value:
            self.problems.warn(source, f"'{text}' stands for '{known}' and '{value}'; the last counts")
        self.synonyms[key] = value

    def finish(self) -> NluData:
        note_doubts(self.examples, self.problems)
        return NluData(
            examples=tuple(self.examples),
            synonyms=self.synonyms,
            lookups={name: tuple(values) for name, values in self.lookups.items()},
            regexes={name: tuple(values) for name, values in self.regexes.items()},
            warnings=self.problems.warnings,
        )


def _read_file(document: YamlNode, collected: _Collected) -> None:
    if document.value is None:
        return
    document.mapping("a training data file")
    items = document.get("nlu")
    if not is_readable(document, collected.problems) or items is None or items.value is None:
        return
    for item in items.sequence("nlu"):
        with collected.problems.noted():
            _read_item(item, collected)


def _read_item(item: YamlNode, collected: _Collected) -> None:
    item.mapping("an item of nlu")
    kind = next((key for key in _ITEM_KEYS if item.get(key) is not None), None)
    if kind is None:
        raise item.error(f"an item of nlu: expected one of {', '.join(_ITEM_KEYS)}; got {item.describe()}")
    collected.problems.doubt_other_keys(item, frozenset({kind, "examples", "metadata"}), f"the {kind} item")
    name = (item.optional_text(kind, "an item of nlu") or "").strip()
    examples = item.get("examples")
    if not name or examples is None or examples.value is None:
        missing = f"the {kind} '{name}' has no examples" if name else f"{kind}: expected a name, got nothing"
        collected.problems.doubt(item.source, f"{missing}; left out")
        return
    if kind == "intent":
        name = _checked_intent(name, item, collected.problems)
    for line in _lines(examples, collected.problems):
        with collected.problems.noted():
            _READERS[kind](name, line, collected)


def _checked_intent(name: str, item: YamlNode, problems: Problems) -> str:
    """Refuse half of ``a+b``; ``faq/`` without a question is an ordinary intent, as in Rasa."""
    try:
        atoms = split_intent(name)
    except LabelError as error:
        raise item.error(f"intent: {error}") from error
    whole: list[str] = []
    for atom in atoms:
        base, slash, key = atom.partition("/")
        problem = f"intent: expected a retrieval intent like 'faq/returns', got '{atom}'"
        if slash and not base:
            raise item.error(problem)
        if slash and not key:
            problems.doubt(item.source, f"{problem}; read as '{base}'")
        whole.append(atom if key else base)
    return "+".join(whole)


def _lines(examples: YamlNode, problems: Problems) -> Iterator[_Line]:
    """Give the entries of a block of ``- `` lines or of a list of ``text`` items."""
    read = _list_lines if isinstance(examples.value, list) else _block_lines
    for entry in read(examples, problems):
        if entry.text:
            yield entry
        else:
            problems.doubt(entry.source, "an empty example; expected text after '- '")


def _list_lines(examples: YamlNode, problems: Problems) -> Iterator[_Line]:
    for item in examples.sequence("examples"):
        with problems.noted():
            node = item.require("text", "an example of a list") if isinstance(item.value, dict) else item
            if node is not item:
                keys = frozenset({"text", "metadata"})
                problems.doubt_other_keys(item, keys, "an example of a list")
            text = node.text("the text of an example").strip()
            yield _Line(text.removeprefix("- ").strip(), node.file, node.content_line)


def _block_lines(examples: YamlNode, problems: Problems) -> Iterator[_Line]:
    block = examples.text("examples (a block that begins with '|')")
    for offset, raw in enumerate(block.split("\n")):
        line = _Line(raw.strip(), examples.file, examples.content_line + offset)
        if line.text.startswith("-"):
            yield _Line(line.text[1:].strip(), line.file, line.line)
        elif line.text.startswith("#"):
            problems.warn(line.source, "a comment among the examples; left out")
        elif line.text:
            text = f"expected an example that begins with '- ', got '{line.text[:60]}'"
            problems.doubt(line.source, f"{text}; left out")


def _read_example(intent: str, line: _Line, collected: _Collected) -> None:
    try:
        marked = parse_markup(line.text)
    except OverlapError as error:
        collected.problems.doubt(line.source, f"{error}; left out")
        return
    except MarkupError as error:
        raise line.error(str(error)) from error
    for doubt in marked.doubts:
        collected.problems.doubt(line.source, doubt)
    example = Example(marked.text, intent, marked.entities, line.source)
    check_example(example)
    collected.add_example(example)
    for entity in marked.entities:
        text = marked.text[entity.start : entity.end]
        if entity.value != text:
            collected.add_synonym(text, entity.value, line.source)


def _read_synonym(value: str, line: _Line, collected: _Collected) -> None:
    collected.add_synonym(line.text, value, line.source)


def _read_lookup(name: str, line: _Line, collected: _Collected) -> None:
    collected.lookups.setdefault(name, []).append(line.text)


def _read_regex(name: str, line: _Line, collected: _Collected) -> None:
    pattern = _flags_first(line.text)
    try:
        re.compile(pattern)
    except re.error as error:
        problem = f"expected a regular expression, got '{line.text}': {error}"
        raise line.error(problem) from error
    collected.regexes.setdefault(name, []).append(pattern)


def _flags_first(pattern: str) -> str:
    """Put flags like ``(?i)`` to the front, where Python wants them; the Pythons of Rasa do not mind."""
    flags = "".join(dict.fromkeys("".join(_FLAGS.findall(pattern))))
    return f"(?{flags}){_FLAGS.sub('', pattern)}" if flags else pattern


_READERS = {
    "intent": _read_example,
    "synonym": _read_synonym,
    "lookup": _read_lookup,
    "regex": _read_regex,
}
