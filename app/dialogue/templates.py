"""Texts with ``{variables}``: filled as Rasa does, or as a strict bot does. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

_STRICT = re.compile(r"\{\{|\}\}|\{([A-Za-z_][\w.-]*)\}")
_RASA = re.compile(r"\{\{|\}\}|\{([^\n{}]+)\}|[{}]")
_ENTITIES = re.compile(r'/[^{}]+\{\s*"[^{}]*\}\s*')  # a payload whose only braces hold its entities


class Filler(Protocol):
    """Fills the parts of one response."""

    def text(self, text: str) -> str:
        """Fill what a customer reads."""

    def payload(self, text: str) -> str:
        """Fill what a button sends."""

    def json_text(self, text: str) -> str:
        """Fill a text of a custom payload."""


class RasaFiller:
    """Fills as Rasa: what is not set is "None"; a text with another variable or a lone brace stays whole.

    `unfilled` are the texts that stayed as they are though they have braces, but for payloads with entities.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self.unfilled: list[str] = []

    def text(self, text: str) -> str:
        """Fill what a customer reads."""
        return self._fill(text, in_json=False)

    def payload(self, text: str) -> str:
        """Fill what a button sends; values are quoted for JSON. A payload may say its entities in braces."""
        return self._fill(text, in_json=True)

    def json_text(self, text: str) -> str:
        """Fill a text of a custom payload."""
        return self._fill(text, in_json=False)

    def _fill(self, text: str, *, in_json: bool) -> str:
        pieces: list[str] = []
        end = 0
        for match in _RASA.finditer(text):
            is_escape = len(match[0]) == 2 and match[1] is None
            if not is_escape and match[1] not in self._values:
                if not (in_json and _ENTITIES.fullmatch(text)):
                    self.unfilled.append(text)
                return text
            value = match[0][0] if is_escape else str(self._values[match[1]])
            pieces += [text[end : match.start()], _quoted(value) if in_json and not is_escape else value]
            end = match.end()
        return "".join([*pieces, text[end:]])


class StrictFiller:
    """Fills with values that are all there; lists are enumerated."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        self._known = known

    def text(self, text: str) -> str:
        """Fill what a customer reads; every variable must be known."""
        return _STRICT.sub(lambda m: _as_text(self._known[m[1]]) if m[1] else m[0][0], text)

    def payload(self, text: str) -> str:
        """Fill the variables that are known, quoted for JSON; escaped braces only where there are any."""
        has_escapes = "{{" in text

        def replacement(match: re.Match[str]) -> str:
            if not match[1]:
                return match[0][0] if has_escapes else match[0]
            return _quoted(_as_text(self._known[match[1]])) if match[1] in self._known else match[0]

        return _STRICT.sub(replacement, text)

    def json_text(self, text: str) -> str:
        """Fill the variables that are known."""
        return _STRICT.sub(lambda m: _as_text(self._known[m[1]]) if m[1] in self._known else m[0], text)


def strict_variables(text: str) -> Iterator[str]:
    """Name the variables that a strict bot needs for this text."""
    return (match[1] for match in _STRICT.finditer(text) if match[1])


def rasa_variables(text: str) -> Iterator[str]:
    """Name what stands in single braces."""
    return (match[1] for match in _RASA.finditer(text) if match[1])


def _quoted(value: str) -> str:
    return json.dumps(value)[1:-1]


def _as_text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
