"""FAQ entries as one YAML file that the importer reads back."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from retrieval.types import FaqEntry

_WIDTH = 10_000  # never fold a line


def faq_yaml(entries: Sequence[FaqEntry]) -> str:
    """Write all fields of `entries`; those that say nothing are left out."""
    yaml = YAML()
    yaml.width = _WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = io.StringIO()
    yaml.dump({"version": "1", "faq": [_fields(entry) for entry in entries]}, text)
    return text.getvalue()


def _fields(entry: FaqEntry) -> dict[str, Any]:
    fields = {
        "id": entry.entry_id,
        "question": entry.question,
        "alternatives": list(entry.alternatives),
        "tags": list(entry.tags),
        "source": entry.source,
        "language": entry.language,
        "valid_from": entry.valid_from,
        "valid_until": entry.valid_until,
        "status": entry.status,
        "passage": _readable(entry.passage),
    }
    return {name: value for name, value in fields.items() if value not in ("", [], None)}


def _readable(passage: str) -> str:
    """Let several lines stand as they are, unless some character in them ends a line for YAML alone."""
    lines = passage.split("\n")
    return LiteralScalarString(passage) if 1 < len(lines) == len(passage.splitlines()) else passage
