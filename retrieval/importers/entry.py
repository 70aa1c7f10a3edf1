"""One FAQ entry from a mapping that knows its lines, whatever file it was written in."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import fields
from datetime import date
from typing import get_args

from nlu.data.yaml_source import YamlNode
from retrieval.types import FaqEntry, FaqStatus

ENTRY_KEYS = frozenset({"id"} | {field.name for field in fields(FaqEntry)} - {"entry_id", "origin"})
_SLUG = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
_WORD = re.compile(r"[a-z0-9]+")
_MAX_ID_CHARS = 100


def read_entry(node: YamlNode) -> FaqEntry:
    """Check every field of an entry.

    Raises:
        SourceError: a field is missing, empty, unknown or of the wrong kind.
    """
    what = "an FAQ entry"
    node.mapping(what)
    node.forbid_other_keys(ENTRY_KEYS, what)
    entry_id = _required_text(node, "id", what)
    what = f"the FAQ entry '{entry_id}'"
    if not _SLUG.fullmatch(entry_id) or len(entry_id) > _MAX_ID_CHARS:
        problem = f"{what}: expected an id such as 'shipping-times' of at most {_MAX_ID_CHARS} characters"
        raise node.require("id", what).error(problem)
    valid_from, valid_until = (_day(node, key, what) for key in ("valid_from", "valid_until"))
    if valid_from is not None and valid_until is not None and valid_until < valid_from:
        problem = f"valid_until of {what}: expected a day from {valid_from} on, got {valid_until}"
        raise node.require("valid_until", what).error(problem)
    return FaqEntry(
        entry_id=entry_id,
        question=_required_text(node, "question", what),
        passage=_required_text(node, "passage", what),
        alternatives=_texts(node, "alternatives", what),
        tags=_texts(node, "tags", what),
        source=node.optional_text("source", what) or "",
        language=node.optional_text("language", what) or "en",
        origin=node.source,
        valid_from=valid_from,
        valid_until=valid_until,
        status=_status(node, what),
    )


def slug_of(text: str) -> str:
    """Make an id of a title: ``When does it arrive?`` is ``when-does-it-arrive``; may be empty."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode("ascii")
    return "-".join(_WORD.findall(plain))[:_MAX_ID_CHARS].strip("-")


def _day(node: YamlNode, key: str, what: str) -> date | None:
    written = node.optional_text(key, what)
    if written is None:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        problem = f"{key} of {what}: expected a day such as 2026-12-24, got '{written[:40]}'"
        raise node.require(key, what).error(problem) from error


def _status(node: YamlNode, what: str) -> FaqStatus:
    written = node.optional_text("status", what) or "published"
    for status in get_args(FaqStatus):
        if written == status:
            known: FaqStatus = status
            return known
    problem = f"status of {what}: expected draft, published or archived, got '{written[:40]}'"
    raise node.require("status", what).error(problem)


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
