"""An HTML page is one FAQ entry: its first heading or title the question, its main part the passage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from markdownify import MarkdownConverter

from nlu.data.yaml_source import SourceError, read_utf8
from retrieval.importers.entry import slug_of
from retrieval.importers.nodes import Found, entry_node

_MAX_CHARS = 2_000_000
_WITHOUT_TEXT = (
    "title",
    "script",
    "style",
    "noscript",
    "template",
    "iframe",
    "object",
    "embed",
    "svg",
    "canvas",
)
_NOT_THE_TEXT = ("nav", "header", "footer", "aside", "form", "button", "img")
_SCHEMES = frozenset({"", "http", "https", "mailto", "tel"})


def html_entries(path: Path, name: str) -> Iterator[Found]:
    """Give the one entry of a page, as Markdown; the canonical link is its source.

    Scripts, navigation, forms and pictures are left out, and links that a browser would execute.

    Raises:
        SourceError: the file is not UTF-8, too large or nested too deep.
    """
    text = read_utf8(path, name)
    if len(text) > _MAX_CHARS:
        raise SourceError(name, 1, f"got a page of {len(text)} characters, expected at most {_MAX_CHARS}")
    try:
        page = BeautifulSoup(text, "html.parser")
        values = _values(page, name)
    except RecursionError as error:
        raise SourceError(name, 1, "got elements nested too deep to read, expected a help page") from error
    yield entry_node(values, name, 1)


def _values(page: BeautifulSoup, name: str) -> dict[str, str]:
    question, source = _title(page), _canonical(page)
    main = page.find("main") or page.find("article") or page.find("body") or page
    for tag in main.find_all([*_WITHOUT_TEXT, *_NOT_THE_TEXT]):
        tag.decompose()
    heading = main.find("h1")
    if heading is not None:
        heading.decompose()
    for link in main.find_all("a"):
        if urlsplit(str(link.get("href", ""))).scheme.lower() not in _SCHEMES:
            link.unwrap()
    passage = MarkdownConverter(heading_style="ATX", bullets="-").convert_soup(main)
    values = {"id": slug_of(str(Path(name).with_suffix(""))), "question": question, "passage": _tidy(passage)}
    language = page.html.get("lang") if page.html else None
    return values | {key: str(value) for key, value in (("source", source), ("language", language)) if value}


def _title(page: BeautifulSoup) -> str:
    for name in ("h1", "title"):
        tag = page.find(name)
        if tag is not None and tag.get_text(strip=True):
            return " ".join(tag.get_text(" ").split())
    return ""


def _canonical(page: BeautifulSoup) -> str:
    link = page.find("link", rel="canonical")
    href = str(link.get("href", "")) if isinstance(link, Tag) else ""
    return href if urlsplit(href).scheme in {"", "http", "https"} else ""


def _tidy(text: str) -> str:
    """Leave one blank line between paragraphs and none at the ends."""
    lines = [line.rstrip() for line in text.splitlines()]
    kept = [line for place, line in enumerate(lines) if line or (place and lines[place - 1])]
    return "\n".join(kept).strip()
