"""FAQ files or folders -> `FaqEntry` values; every mistake has its file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nlu.data.yaml_source import SourceError, parse_yaml, read_utf8
from retrieval.importers.csv_file import csv_entries
from retrieval.importers.entry import read_entry
from retrieval.importers.html_page import html_entries
from retrieval.importers.markdown_page import markdown_entries
from retrieval.importers.nodes import FileReader, Found
from retrieval.types import FaqEntry

_FILE_KEYS = frozenset({"version", "faq"})
_MAX_LISTED = 20  # mistakes of one message


@dataclass(frozen=True, slots=True)
class FaqFiles:
    """What could be read, in a stable order, and what could not."""

    entries: tuple[FaqEntry, ...]
    mistakes: tuple[SourceError, ...]


def read_faq(path: Path) -> list[FaqEntry]:
    """Read all entries of a file, or of the FAQ files below a folder; nothing is read in part.

    Raises:
        SourceError: there are mistakes as `read_faq_files` finds them; the first, with the others listed.
    """
    files = read_faq_files(path)
    if files.mistakes:
        raise _as_one(files.mistakes)
    return list(files.entries)


def read_faq_files(path: Path) -> FaqFiles:
    """Read what can be read of a file, or of the FAQ files below a folder.

    A mistake is a missing, empty or unknown field, an id or question that occurs twice, or a file of which
    nothing can be read. Files that are hidden or named ``README`` are left out of a folder.
    """
    root = path if path.is_dir() else path.parent
    entries: list[FaqEntry] = []
    mistakes: list[SourceError] = []
    ids: dict[str, FaqEntry] = {}
    questions: dict[str, FaqEntry] = {}
    for found in (found for file in _faq_files(path) for found in _read_file(file, root)):
        try:
            if isinstance(found, SourceError):
                raise found
            entry = read_entry(found)
            _forbid_second(ids, entry.entry_id, entry, "id")
            _forbid_second(questions, entry.question.casefold(), entry, "question")
        except SourceError as mistake:
            mistakes.append(mistake)
            continue
        entries.append(entry)
        ids[entry.entry_id] = questions[entry.question.casefold()] = entry
    return FaqFiles(tuple(entries), tuple(mistakes))


def _faq_files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for candidate in sorted(path.rglob("*")):
        is_hidden = any(part.startswith(".") for part in candidate.relative_to(path).parts)
        is_about_it = candidate.stem.lower() == "readme"
        if candidate.suffix.lower() in _READERS and candidate.is_file() and not is_hidden and not is_about_it:
            yield candidate


def _read_file(file: Path, root: Path) -> Iterator[Found]:
    name = str(file.relative_to(root))
    reader = _READERS.get(file.suffix.lower())
    try:
        if reader is None:
            expected = ", ".join(sorted(_READERS))
            raise SourceError(name, 1, f"got a file '{file.suffix}', expected one of: {expected}")
        yield from reader(file, name)
    except SourceError as mistake:
        yield mistake


def _yaml_entries(path: Path, name: str) -> Iterator[Found]:
    document = parse_yaml(read_utf8(path, name), name)
    if document.value is None:
        return
    document.mapping("an FAQ file")
    document.forbid_other_keys(_FILE_KEYS, "an FAQ file")
    yield from document.require("faq", "an FAQ file").sequence("faq")


_READERS: Mapping[str, FileReader] = {
    ".yml": _yaml_entries,
    ".yaml": _yaml_entries,
    ".csv": csv_entries,
    ".md": markdown_entries,
    ".markdown": markdown_entries,
    ".html": html_entries,
    ".htm": html_entries,
}


def _forbid_second(known: Mapping[str, FaqEntry], key: str, entry: FaqEntry, field: str) -> None:
    first = known.get(key)
    if first is not None:
        file, _, line = entry.origin.rpartition(":")
        problem = f"the FAQ entry '{entry.entry_id}' has the same {field} as the one in {first.origin}"
        raise SourceError(file, int(line), problem)


def _as_one(mistakes: Sequence[SourceError]) -> SourceError:
    first, *others = mistakes
    if not others:
        return first
    listed = "".join(f"\n{mistake}" for mistake in others[: _MAX_LISTED - 1])
    hidden = len(others) - (_MAX_LISTED - 1)
    end = f"\nand {hidden} more" if hidden > 0 else ""
    return SourceError(first.file, first.line, f"{first.problem}{listed}{end}")
