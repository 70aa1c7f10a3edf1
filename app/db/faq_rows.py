"""FAQ entries as rows and as JSON: translations, no queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from datetime import date
from typing import Any

from app.db.tables import FaqEntryRow
from retrieval.types import FaqEntry

_COLUMNS = tuple(field.name for field in fields(FaqEntry) if field.name != "entry_id")
_DAYS = ("valid_from", "valid_until")
_LISTS = ("alternatives", "tags")


def columns_of(entry: FaqEntry) -> dict[str, Any]:
    """Give the columns of an entry but its id."""
    return {name: _plain(getattr(entry, name)) for name in _COLUMNS}


def entry_of(row: FaqEntryRow) -> FaqEntry:
    """Read an entry from its row."""
    return _entry(row.entry_id, {name: getattr(row, name) for name in _COLUMNS})


def is_same(row: FaqEntryRow, entry: FaqEntry) -> bool:
    """Say whether the row holds this entry already; where it came from does not count."""
    return replace(entry_of(row), origin="") == replace(entry, origin="")


def content_of(entry: FaqEntry) -> dict[str, Any]:
    """Give what a version keeps, as JSON values."""
    content = {name: _plain(value) for name, value in asdict(entry).items()}
    return content | {name: value.isoformat() for name, value in content.items() if isinstance(value, date)}


def entry_from(content: Mapping[str, Any]) -> FaqEntry:
    """Read what `content_of` gave."""
    days = {name: date.fromisoformat(content[name]) for name in _DAYS if content[name] is not None}
    return _entry(content["entry_id"], {name: content[name] for name in _COLUMNS} | days)


def _entry(entry_id: str, values: dict[str, Any]) -> FaqEntry:
    return FaqEntry(entry_id=entry_id, **values | {name: tuple(values[name]) for name in _LISTS})


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
