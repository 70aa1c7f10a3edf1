"""Messages of custom actions (``dispatcher.utter_message``) from the JSON that rasa-sdk makes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.dialogue.errors import ActionFailedError
from app.dialogue.events import BotUttered, Button
from app.dialogue.responses import CUSTOM_VARIABLE

_OWN_KEYS = frozenset(
    {"text", "buttons", "elements", "custom", "template", "response", "image", "attachment"}
)


def message_from_rasa(raw: Any) -> BotUttered:
    """Read a message; one that names a response keeps its variables in `custom`, to be filled in later.

    Its own text, if it has one, then stands in the place of the response's.

    Raises:
        ActionFailedError: it is not such a message.
    """
    try:
        return _read(raw)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ActionFailedError(
            f"got {str(raw)[:80]!r} as a message from an action; expected what utter_message sends"
        ) from error


def buttons_from_rasa(raw: Any) -> tuple[Button, ...]:
    """Read buttons; one without a payload sends its link, or its title. Other keys are kept."""
    return tuple(
        Button(
            str(item["title"]),
            str(item.get("payload") or item.get("url") or item["title"]),
            {key: value for key, value in item.items() if key not in {"title", "payload"}},
        )
        for item in raw or ()
    )


def buttons_to_rasa(buttons: Iterable[Button]) -> list[dict[str, Any]]:
    """Write buttons as an action or the domain has them."""
    return [{"title": button.title, "payload": button.payload, **button.more} for button in buttons]


def text_or_none(value: Any) -> str | None:
    """Give a text, or None for nothing; an attachment may be a mapping with a link inside."""
    if isinstance(value, Mapping):
        value = (value.get("payload") or {}).get("src") or value.get("src")
    return str(value) if value else None


def _read(raw: Any) -> BotUttered:
    response = text_or_none(raw.get("response") or raw.get("template"))
    custom = _custom(raw)
    if response:
        variables = {key: value for key, value in raw.items() if key not in _OWN_KEYS}
        custom = variables | ({CUSTOM_VARIABLE: custom} if custom else {})
    return BotUttered(
        text=str(raw.get("text") or ""),
        buttons=buttons_from_rasa(raw.get("buttons")),
        image=text_or_none(raw.get("image")),
        attachment=text_or_none(raw.get("attachment")),
        custom=custom,
        response=response,
    )


def _custom(raw: Mapping[str, Any]) -> dict[str, Any]:
    written = raw.get("custom") or {}
    custom = dict(written) if isinstance(written, Mapping) else {"custom": written}
    return custom | ({"elements": raw["elements"]} if raw.get("elements") else {})
