"""What a pressed button sends: ``/intent{"entity": "value"}`` instead of words. Pure.

Two names are no intents but wishes of our own buttons: ``/action_answer_faq{"entry_id": "…"}`` asks for one
FAQ entry and ``/action_request_handoff`` for a person. Everything else that the domain does not know as an
intent is ordinary text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from app.dialogue.action_names import (
    ACTION_ANSWER_FAQ,
    ACTION_OF_INTENT,
    ACTION_REQUEST_HANDOFF,
    OUT_OF_SCOPE_INTENT,
)
from app.dialogue.domain import Domain
from app.dialogue.states import intent_base
from nlu.types import FALLBACK_INTENT, EntitySpan, IntentPrediction, ParsedUtterance

PAYLOAD_EXTRACTOR = "payload"
DUCKLING_EXTRACTOR = "DucklingEntityExtractor"  # Rasa's name for it
ENTRY_ID_ENTITY = "entry_id"
WISHES = frozenset({ACTION_ANSWER_FAQ, ACTION_REQUEST_HANDOFF})

_DEFAULT_INTENTS = frozenset({*ACTION_OF_INTENT, OUT_OF_SCOPE_INTENT, FALLBACK_INTENT})
_TYPED_EXTRACTORS = frozenset({PAYLOAD_EXTRACTOR, DUCKLING_EXTRACTOR})  # their text is the value as JSON
_PAYLOAD = re.compile(
    r"\s*/(?P<name>[^\s{@]+)(?:@(?P<confidence>[0-9.]+))?\s*(?P<entities>\{.*\})?\s*", re.DOTALL
)


def parse_payload(text: str, domain: Domain) -> ParsedUtterance | None:
    """Read a payload; None when `text` is ordinary text.

    The entities lie at the place of the braces. A list gives several entities. `EntitySpan.text` is the value
    as JSON, so that numbers and booleans are not lost (see `payload_value`).
    """
    match = _PAYLOAD.fullmatch(text)
    if match is None or not _is_known(match["name"], domain):
        return None
    values = _entity_values(match["entities"])
    confidence = _confidence(match["confidence"])
    if values is None or confidence is None:
        return None
    start, end = match.span("entities") if match["entities"] else (0, 0)
    entities = tuple(value_span(name, value, start, end) for name, value in values)
    intent = IntentPrediction(match["name"], confidence)
    return ParsedUtterance(text, intent, ranking=(intent,), entities=entities)


def make_payload(name: str, entities: Mapping[str, Any] | None = None) -> str:
    """Write a payload that `parse_payload` reads."""
    return f"/{name}{json.dumps(dict(entities))}" if entities else f"/{name}"


def value_span(name: str, value: Any, start: int = 0, end: int = 0) -> EntitySpan:
    """Make an entity of a JSON value that nobody wrote as words."""
    return EntitySpan(start, end, name, json.dumps(value), _as_text(value), 1.0, extractor=PAYLOAD_EXTRACTOR)


def payload_value(span: EntitySpan) -> Any:
    """Give an entity's value; of a payload and of Duckling as the JSON value that it was, not as text."""
    return json.loads(span.text) if span.extractor in _TYPED_EXTRACTORS else span.value


def is_payload(parsed: ParsedUtterance) -> bool:
    """Say whether the utterance came from a button (or was written like one): no encoder ran."""
    return parsed.embedding is None and parsed.text.lstrip().startswith("/")


def is_wish(parsed: ParsedUtterance) -> bool:
    """Say whether one of our own buttons was pressed (a suggestion, or "talk to a person")."""
    return parsed.intent.name in WISHES


def is_intent(name: str, domain: Domain) -> bool:
    """Say whether the domain, or every bot, has this intent."""
    return intent_base(name) in domain.intents or name in _DEFAULT_INTENTS


def _is_known(name: str, domain: Domain) -> bool:
    return is_intent(name, domain) or name in WISHES


def _confidence(written: str | None) -> float | None:
    try:
        confidence = float(written) if written is not None else 1.0
    except ValueError:
        return None
    return min(confidence, 1.0)


def _entity_values(written: str | None) -> list[tuple[str, Any]] | None:
    if written is None:
        return []
    try:
        values = json.loads(written)
    except (ValueError, RecursionError):
        return None
    flat: list[tuple[str, Any]] = []
    for name, value in values.items():
        flat += [(name, item) for item in (value if isinstance(value, list) else [value])]
    return flat


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
