"""Entity markup of Rasa training data: ``[text](entity)``, ``[text](entity:value)``, ``[text]{"entity": …}``.

Brackets that no parenthesis or brace follows are ordinary text. Half-written markup is, as in Rasa, text too,
with a doubt; what Rasa refuses is refused.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nlu.types import EntityAnnotation

_OPENING = re.compile(r"\[([^\[\]]*)\](?=[({]|\[\{)")
_SHORT_FORM = re.compile(r"\(([^():]+)(?::([^)]+))?\)")
_CLOSING = re.compile(r"\](?:\(\w|\{)")
_KEYS = ("entity", "role", "group", "value")
_JSON = json.JSONDecoder()


class MarkupError(ValueError):
    """Markup of one example that cannot be read; the caller knows file and line."""


class OverlapError(MarkupError):
    """Annotations that overlap; Rasa reads such an example, brackets and all, which no model should learn."""


@dataclass(frozen=True, slots=True)
class MarkedText:
    """An utterance without its markup, and the annotations in order of their offsets.

    `doubts` say what was left out, since no model can learn it, or was put right.
    """

    text: str
    entities: tuple[EntityAnnotation, ...]
    doubts: tuple[str, ...] = ()


def parse_markup(marked: str) -> MarkedText:
    """Strip white space and markup from one example and collect its annotations.

    Raises:
        MarkupError: markup is incomplete, empty or overlaps.
    """
    marked = marked.strip()
    doubts: list[str] = []
    pieces: list[str] = []
    literals: list[str] = []
    entities: list[EntityAnnotation] = []
    num_chars = end_of_last = 0
    for opening in _OPENING.finditer(marked):
        if opening.start() < end_of_last:  # a bracket inside the braces of the markup before
            continue
        if _is_incomplete(marked, opening):
            doubts.append(f"expected '[text](entity)', got '{marked[opening.start() :][:40]}'; read as text")
            literals.append(marked[opening.start() : opening.end() + 1])
            continue
        before = marked[end_of_last : opening.start()]
        label, end_of_last = _read_label(marked, opening, doubts)
        start = num_chars + len(before)
        entities += _annotations(opening.group(1), label, start, doubts)
        pieces += [before, opening.group(1)]
        num_chars = start + len(opening.group(1))
    text = "".join([*pieces, marked[end_of_last:]])
    _refuse_rest_of_markup(text, literals)
    whole = [annotation for annotation in entities if _marks_whole_words(text, annotation, doubts)]
    return MarkedText(text, tuple(whole), tuple(doubts))


def _is_incomplete(marked: str, opening: re.Match[str]) -> bool:
    rest = marked[opening.end() :]
    if rest[0] == "(":
        short = _SHORT_FORM.match(rest)
        return not opening.group(1) or short is None or not short.group(1).strip()
    closing = "}" if rest[0] == "{" else "]"
    return not opening.group(1) or closing not in rest or rest.startswith("{}")


def _read_label(marked: str, opening: re.Match[str], doubts: list[str]) -> tuple[dict[str, str], int]:
    """Read what follows ``[text]``: the label's parts and where it ends."""
    shown = opening.group(0)
    short = _SHORT_FORM.match(marked, opening.end())
    if short is not None:
        parts = {"entity": short.group(1)}
        return parts | ({"value": short.group(2)} if short.group(2) else {}), short.end()
    if marked[opening.end()] == "{":
        return _read_json_label(marked, opening.end(), shown, doubts)
    doubts.append(f"several labels on the same text '{shown}'; expected one, the first counts")
    label, _ = _read_json_label(marked, opening.end() + 1, shown, doubts)
    return label, _read_json(marked, opening.end(), shown)[1]


def _read_json(marked: str, start: int, shown: str) -> tuple[Any, int]:
    try:
        return _JSON.raw_decode(marked, start)
    except json.JSONDecodeError as error:
        example = f'{shown}{{"entity": "city", "role": "from"}}'
        raise MarkupError(f"expected JSON after '{shown}', as in {example}: {error.msg}") from error


def _read_json_label(marked: str, start: int, shown: str, doubts: list[str]) -> tuple[dict[str, str], int]:
    fields, end = _read_json(marked, start, shown)
    label: dict[str, str] = {}
    for key, value in fields.items():
        if key not in _KEYS:
            doubts.append(f"unknown key '{key}' in the label of '{shown}'; expected {', '.join(_KEYS)}")
            continue
        if isinstance(value, dict | list):
            raise MarkupError(f"the {key} of '{shown}' must be text")
        if value is not None:
            label[key] = value if isinstance(value, str) else json.dumps(value)
    return label, end


def _annotations(text: str, label: dict[str, str], start: int, doubts: list[str]) -> list[EntityAnnotation]:
    """Give the annotation; none for white space, which cannot be learnt."""
    entity = label.get("entity", "").strip()
    if not entity:
        raise MarkupError(f"'[{text}]' has no entity name; expected [{text}](entity)")
    if not text.strip():
        doubts.append(f"the entity '{entity}' marks nothing but white space; left out")
        return []
    if text != text.strip():
        doubts.append(f"the entity '{entity}' marks '{text}': white space belongs outside the brackets")
        start, text = start + len(text) - len(text.lstrip()), text.strip()
    annotation = EntityAnnotation(
        start=start,
        end=start + len(text),
        entity=entity,
        value=label.get("value") or text,
        role=label.get("role") or None,
        group=label.get("group") or None,
    )
    return [annotation]


def _refuse_rest_of_markup(text: str, literals: Sequence[str]) -> None:
    """Refuse what is left of ``[new [york](city)](place)``: annotations that overlap."""
    for literal in literals:
        text = text.replace(literal, "")
    rest = _CLOSING.search(text)
    if rest is not None:
        near = text[max(rest.start() - 20, 0) : rest.end() + 10]
        raise OverlapError(f"got annotations that overlap at '{near}'; expected each to end before the next")


def _marks_whole_words(text: str, annotation: EntityAnnotation, doubts: list[str]) -> bool:
    for place in (annotation.start, annotation.end):
        if 0 < place < len(text) and _is_inside_word(text[place - 1], text[place]):
            marked = text[annotation.start : annotation.end]
            problem = f"the entity '{annotation.entity}' marks '{marked}', which begins or ends inside a word"
            doubts.append(f"{problem} of '{text}'; left out: mark whole words")
            return False
    return True


def _is_inside_word(before: str, after: str) -> bool:
    """Say whether two neighbours belong to one word of an alphabet with spaces, or to one number."""
    return _letter_or_digit(before) == _letter_or_digit(after) != ""


def _letter_or_digit(char: str) -> str:
    category = unicodedata.category(char)
    return "letter" if category in {"Lu", "Ll", "Lt"} else "digit" if category == "Nd" else ""
