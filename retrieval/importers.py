"""FAQ files of a bot -> `FaqEntry` values. YAML only so far; every mistake has its file and line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from nlu.data.yaml_source import YamlNode, load_yaml, yaml_files
from retrieval.types import FaqEntry

_FILE_KEYS = frozenset({"version", "faq"})
_ENTRY_KEYS = frozenset({"id", "question", "alternatives", "tags", "source", "passage", "language"})
_SLUG = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
_MAX_ID_CHARS = 100


def read_faq(path: Path) -> list[FaqEntry]:
    """Read all entries of a file, or of the YAML files below a folder in a stable order.

    Raises:
        SourceError: a missing, empty or unknown field, or an id or question that occurs twice; nothing
            is read in part.
    """
    root = path if path.is_dir() else path.parent
    entries: list[FaqEntry] = []
    ids: dict[str, FaqEntry] = {}
    questions: dict[str, FaqEntry] = {}
    for file in yaml_files(path):
        for node in _entry_nodes(load_yaml(file, root=root)):
            entry = _read_entry(node)
            _forbid_second(ids, entry.entry_id, entry, node, "id")
            _forbid_second(questions, entry.question.casefold(), entry, node, "question")
            entries.append(entry)
    return entries


def _entry_nodes(document: YamlNode) -> Iterator[YamlNode]:
    if document.value is None:
        return
    document.mapping("an FAQ file")
    document.forbid_other_keys(_FILE_KEYS, "an FAQ file")
    yield from document.require("faq", "an FAQ file").sequence("faq")


def _read_entry(node: YamlNode) -> FaqEntry:
    what = "an FAQ entry"
    node.mapping(what)
    node.forbid_other_keys(_ENTRY_KEYS, what)
    entry_id = _required_text(node, "id", what)
    what = f"the FAQ entry '{entry_id}'"
    if not _SLUG.fullmatch(entry_id) or len(entry_id) > _MAX_ID_CHARS:
        problem = f"{what}: expected an id such as 'shipping-times' of at most {_MAX_ID_CHARS} characters"
        raise node.require("id", what).error(problem)
    return FaqEntry(
        entry_id=entry_id,
        question=_required_text(node, "question", what),
        passage=_required_text(node, "passage", what),
        alternatives=_texts(node, "alternatives", what),
        tags=_texts(node, "tags", what),
        source=node.optional_text("source", what) or "",
        language=node.optional_text("language", what) or "en",
        origin=node.source,
    )


def _required_text(node: YamlNode, key: str, what: str) -> str:
    written = node.require(key, what)
    return _not_blank(written, f"{key} of {what}")


def _texts(node: YamlNode, key: str, what: str) -> tuple[str, ...]:
    written = node.get(key)
    if written is None or written.value is None:
        return ()
    items = written.sequence(f"{key} of {what}")
    return tuple(_not_blank(item, f"an item of {key} of {what}") for item in items)


def _not_blank(node: YamlNode, what: str) -> str:
    text = node.text(what).strip()
    if not text:
        raise node.error(f"{what}: expected text, got only white space")
    return text


def _forbid_second(known: dict[str, FaqEntry], key: str, entry: FaqEntry, node: YamlNode, field: str) -> None:
    first = known.setdefault(key, entry)
    if first is not entry:
        raise node.error(
            f"the FAQ entry '{entry.entry_id}' has the same {field} as the one in {first.origin}"
        )
