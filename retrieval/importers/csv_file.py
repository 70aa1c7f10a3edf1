"""FAQ entries of a table: a row for each, columns named like the fields; lists separated by ``|``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from nlu.data.yaml_source import SourceError, YamlNode, read_utf8
from retrieval.importers.entry import ENTRY_KEYS, slug_of
from retrieval.importers.nodes import Found, entry_node

_DELIMITERS = ",;\t"
_LISTS = ("alternatives", "tags")
_SEPARATOR = "|"
_REQUIRED = ("question", "passage")
_BYTE_ORDER_MARK = "\ufeff"


def csv_entries(path: Path, name: str) -> Iterator[Found]:
    """Give a node for every row; a row that is broken is a mistake, and the next one is read.

    Without an id the question gives it. Cells are separated by comma, semicolon or tabulator, whichever the
    head uses most.

    Raises:
        SourceError: the file is not UTF-8, or its head lacks a column or names an unknown one.
    """
    text = read_utf8(path, name).removeprefix(_BYTE_ORDER_MARK)
    head = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns = _columns(next(rows, []), name)
    while True:
        line = rows.line_num + 1
        try:
            cells = next(rows, None)
        except csv.Error as error:
            yield SourceError(name, line, f"not a row of a CSV file: {error}; what follows was not read")
            return
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield _row(columns, cells, name, line)


def _columns(head: Sequence[str], name: str) -> list[str]:
    columns = [cell.strip().lower() for cell in head]
    for column in columns:
        if column not in ENTRY_KEYS or columns.count(column) > 1:
            expected = ", ".join(sorted(ENTRY_KEYS))
            raise SourceError(name, 1, f"got the column '{column[:40]}', expected each once of: {expected}")
    missing = [column for column in _REQUIRED if column not in columns]
    if missing:
        raise SourceError(name, 1, f"got no column '{missing[0]}', expected at least question and passage")
    return columns


def _row(columns: Sequence[str], cells: Sequence[str], name: str, line: int) -> YamlNode | SourceError:
    if len(cells) != len(columns):
        return SourceError(name, line, f"got {len(cells)} cells, expected {len(columns)} as in the head")
    filled = {column: cell.strip() for column, cell in zip(columns, cells, strict=True) if cell.strip()}
    slug = slug_of(filled.get("question", ""))
    if slug:
        filled.setdefault("id", slug)
    return entry_node(
        {key: _split(value) if key in _LISTS else value for key, value in filled.items()}, name, line
    )


def _split(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(_SEPARATOR) if part.strip()]
