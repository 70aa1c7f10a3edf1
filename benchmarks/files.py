"""Files of public data sets: read as published, or refused with a word on where they belong."""

from __future__ import annotations

import csv
import gzip
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_DATA_VARIABLE = "SPANDESK_DATA"


class BenchmarkDataError(Exception):
    """A data set that is missing or not in its published format."""


def find_data_folder() -> Path | None:
    """Give the folder of the data sets; without one, say on stderr what is missing."""
    data = os.environ.get(_DATA_VARIABLE, "")
    if data and Path(data).is_dir():
        return Path(data)
    print(f"got {_DATA_VARIABLE}='{data}', expected the folder of the data sets; set it", file=sys.stderr)
    return None


def read_csv(path: Path, *, columns: Sequence[str], delimiter: str = ",") -> list[dict[str, str]]:
    """Read a table with a header; quoted fields may hold line breaks.

    Raises:
        BenchmarkDataError: the file or one of `columns` is missing.
    """
    with existing(path).open(encoding="utf-8", newline="") as stream:
        table = csv.DictReader(stream, delimiter=delimiter)
        missing = [name for name in columns if name not in (table.fieldnames or ())]
        if missing:
            raise BenchmarkDataError(
                f"got {path} without the columns {', '.join(missing)}; expected {', '.join(columns)}"
            )
        return list(table)


def read_json(path: Path) -> Any:
    """Read a JSON document; one that ends in ``.gz`` is unpacked.

    Raises:
        BenchmarkDataError: there is no such file.
    """
    content = existing(path).read_bytes()
    return json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)


def read_lines(path: Path) -> list[str]:
    """Read the lines of a text file without their ends.

    Raises:
        BenchmarkDataError: there is no such file.
    """
    return existing(path).read_text(encoding="utf-8").split("\n")


def existing(path: Path) -> Path:
    """Give `path`.

    Raises:
        BenchmarkDataError: there is no such file.
    """
    if not path.is_file():
        raise BenchmarkDataError(
            f"got no file {path}; expected the published data set there; point SPANDESK_DATA at its parent"
        )
    return path
