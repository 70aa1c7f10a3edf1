"""A Markdown file is one FAQ entry: its first heading the question, the rest the passage.

Fields may stand in YAML between two lines ``---`` at the top. The path gives the id that is not said there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from nlu.data.yaml_source import SourceError, YamlNode, parse_yaml, read_utf8
from retrieval.importers.entry import slug_of
from retrieval.importers.nodes import Found, entry_node

_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_TITLE = re.compile(r"^#[ \t]+(.+?)[ \t]*#*[ \t]*$", re.MULTILINE)


def markdown_entries(path: Path, name: str) -> Iterator[Found]:
    """Give the one entry of a page.

    Raises:
        SourceError: the file is not UTF-8, or what stands between the lines ``---`` is no mapping.
    """
    text = read_utf8(path, name)
    front = _FRONT_MATTER.match(text)
    fields = _fields(front, name)
    yield page_node(text[front.end() :] if front else text, fields, name)


def page_node(body: str, fields: YamlNode, name: str) -> YamlNode:
    """Put the title and the text of a page beside the fields that are said already."""
    title = _TITLE.search(body)
    passage = body[: title.start()] + body[title.end() :] if title else body
    question = title.group(1) if title else ""
    slug = slug_of(str(Path(name).with_suffix("")))
    line = body.count("\n", 0, title.start()) + 1 if title else 1
    found = entry_node({"id": slug, "question": question, "passage": passage.strip()}, name, line)
    merged = found.mapping("a page") | fields.mapping("a page")
    return replace(found, value=merged, key_lines=found.key_lines | fields.key_lines)


def _fields(front: re.Match[str] | None, name: str) -> YamlNode:
    if front is None:
        return entry_node({}, name, 1)
    node = parse_yaml("\n" + front.group(1), name)  # the line above it keeps the lines right
    if node.value is None:
        return entry_node({}, name, 1)
    if "passage" in node.mapping("the fields of a page"):
        raise SourceError(name, node.key_lines["passage"], "got a passage, expected it below the fields")
    return node
