"""Tables of a Markdown document between two comments, renewed by data set.

Rows of data sets that were not run stay as they are, so that one set can be repeated alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class MarkerError(Exception):
    """A document without the comments between which a table goes."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose first column names a data set, a remark in brackets may follow.

    It stands between the comments ``<!-- marker begin -->`` and ``<!-- marker end -->``; `header` is its two
    first lines, `order` the data sets that it may hold in their order.
    """

    marker: str
    header: Sequence[str]
    order: Sequence[str]


def table_row(cells: Sequence[str]) -> str:
    """Join cells to a line of a table."""
    return f"| {' | '.join(cells)} |"


def write_table(path: Path, table: Table, rows: Sequence[str]) -> None:
    """Put `rows` into the table of a document; rows about other data sets are kept.

    Raises:
        MarkerError: the document has no place for the table.
    """
    text = path.read_text(encoding="utf-8")
    begin, end = f"<!-- {table.marker} begin -->", f"<!-- {table.marker} end -->"
    before, found, rest = text.partition(begin)
    inside, ended, after = rest.partition(end)
    if not found or not ended:
        raise MarkerError(f"got {path} without the lines '{begin}' and '{end}'; expected both; add them")
    lines = "\n".join([*table.header, *_merge(inside.splitlines(), rows, table.order)])
    path.write_text(f"{before}{begin}\n{lines}\n{end}{after}", encoding="utf-8")


def _merge(old: Sequence[str], new: Sequence[str], order: Sequence[str]) -> list[str]:
    """Replace the rows of every data set in `new`; sets stand in their order."""
    renewed = {_set_of(row) for row in new}
    place = {name: position for position, name in enumerate(order)}
    kept = [row for row in old if _set_of(row) in place and _set_of(row) not in renewed]
    return sorted([*kept, *new], key=lambda row: place[_set_of(row)])


def _set_of(row: str) -> str:
    """Name the data set of a row; a remark may stand behind it in brackets."""
    return row.split("|")[1].partition("(")[0].strip() if row.count("|") > 1 else ""
