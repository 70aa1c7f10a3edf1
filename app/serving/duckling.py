"""Numbers, times and amounts from a Duckling server, beside the entities of the model.

A bot names the server in ``config.yml`` as for Rasa. Without an answer the bot goes on without these
entities; it says so once, and asks again after a while.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx

from app.dialogue.payload import DUCKLING_EXTRACTOR
from app.dialogue.ports import Interpreter
from nlu.types import EntitySpan, ParsedUtterance

log = logging.getLogger(__name__)

RETRY_AFTER_S = 60.0


@dataclass(frozen=True, slots=True)
class DucklingAccess:
    """Where the server is and what it is asked for; no dimensions: all."""

    url: str
    dimensions: tuple[str, ...] = ()
    locale: str = "en_GB"
    timezone: str | None = None
    timeout_s: float = 3.0


class DucklingInterpreter:
    """Adds Duckling's entities to what another interpreter understood (port `Interpreter`); thread-safe."""

    def __init__(
        self,
        interpreter: Interpreter,
        access: DucklingAccess,
        *,
        client: httpx.Client | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interpreter = interpreter
        self._access = access
        self._client = client or httpx.Client(timeout=access.timeout_s, trust_env=False)
        self._now_s = now_s
        self._failed_at_s: float | None = None

    @property
    def bundle_id(self) -> str:
        """Name the model of the other interpreter."""
        return self._interpreter.bundle_id

    def parse(self, text: str) -> ParsedUtterance:
        """Parse with both; entities of the same words stand beside each other, the model's first.

        Raises:
            UnderstandingError: the model failed.
        """
        parsed = self._interpreter.parse(text)
        return replace(parsed, entities=(*parsed.entities, *self._found(text)))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _found(self, text: str) -> tuple[EntitySpan, ...]:
        failed_at_s = self._failed_at_s
        if failed_at_s is not None and self._now_s() - failed_at_s < RETRY_AFTER_S:
            return ()
        try:
            answer = self._client.post(_parse_url(self._access.url), data=self._question(text))
            answer.raise_for_status()
            spans = _read(answer.json(), text, self._access.dimensions)
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            if failed_at_s is None:
                fields = {"url": self._access.url, "error": repr(error)}
                log.warning("duckling_missing", extra=fields)
            self._failed_at_s = self._now_s()
            return ()
        self._failed_at_s = None
        return spans

    def _question(self, text: str) -> dict[str, str]:
        access = self._access
        question = {"text": text, "locale": access.locale}
        if access.dimensions:
            question["dims"] = json.dumps(access.dimensions)
        if access.timezone is not None:
            question["tz"] = access.timezone
        return question


def _parse_url(url: str) -> str:
    base = url.rstrip("/")
    return base if base.endswith("/parse") else f"{base}/parse"


def _read(found: Any, text: str, dimensions: Sequence[str]) -> tuple[EntitySpan, ...]:
    """Read what the server found; it may know more dimensions than it was asked for."""
    spans: list[EntitySpan] = []
    for item in found:
        value = _value(item["value"])
        start, end = int(item["start"]), int(item["end"])
        if (
            value is None
            or not 0 <= start < end <= len(text)
            or (dimensions and item["dim"] not in dimensions)
        ):
            continue
        written = json.dumps(value)
        shown = value if isinstance(value, str) else written
        spans.append(
            EntitySpan(start, end, str(item["dim"]), written, shown, 1.0, extractor=DUCKLING_EXTRACTOR)
        )
    return tuple(spans)


def _value(value: Mapping[str, Any]) -> Any:
    """Give the value; of an interval both ends, of which one may be open."""
    if value.get("type") != "interval":
        return value.get("value")
    return {end: (value.get(end) or {}).get("value") for end in ("from", "to")}
