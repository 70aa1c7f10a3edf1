"""Responses of a domain: the variations of what a bot says under one name."""

from __future__ import annotations

from app.dialogue.domain import ResponseCondition, ResponseVariation
from nlu.data.problems import Problems
from nlu.data.yaml_source import YamlNode

_VARIATION_KEYS = frozenset(
    {
        "attachment",
        "button_type",
        "buttons",
        "channel",
        "condition",
        "custom",
        "elements",
        "id",
        "image",
        "metadata",
        "quick_replies",
        "text",
    }
)
_UNUSED_KEYS = ("button_type", "elements", "metadata")
_CONTENT_KEYS = ("text", "custom", "image", "attachment", "buttons", "quick_replies", "elements")
_BUTTON_KEYS = frozenset({"title", "payload", "type"})
_CONDITION_KEYS = frozenset({"type", "name", "value"})


def read_response(name: str, node: YamlNode, problems: Problems) -> tuple[ResponseVariation, ...]:
    """Read all variations of the response `name`; one that says nothing is left out.

    Raises:
        SourceError: not a list of variations.
    """
    variations = node.sequence(f"the response '{name}' (a list of variations)")
    if not variations:
        problems.doubt(node.source, f"the response '{name}': expected a variation such as '- text: …'")
    read: list[ResponseVariation] = []
    for variation in variations:
        with problems.noted():
            read.append(_read_variation(name, variation, problems))
    return tuple(read)


def _read_variation(name: str, node: YamlNode, problems: Problems) -> ResponseVariation:
    what = f"a variation of '{name}'"
    node.mapping(f"{what} (such as '- text: …')")
    problems.doubt_other_keys(node, _VARIATION_KEYS, what)
    if not any(node.get(key) for key in _CONTENT_KEYS):
        problems.doubt(node.source, f"{what}: expected one of {', '.join(_CONTENT_KEYS)}")
    for key in _UNUSED_KEYS:
        if node.get(key):
            problems.warn(node.source, f"{what}: '{key}' is not used")
    attachment = node.get("attachment")
    has_structure = attachment is not None and isinstance(attachment.value, dict | list)
    extra = {"attachment": attachment.plain()} if attachment is not None and has_structure else {}
    return ResponseVariation(
        text=node.optional_text("text", what) or "",
        buttons=_read_buttons(node, what, problems),
        image=node.optional_text("image", what),
        attachment=None if has_structure else node.optional_text("attachment", what),
        custom=_read_custom(node.get("custom"), what, problems) | extra,
        channel=node.optional_text("channel", what),
        conditions=_read_conditions(node.get("condition"), what, problems),
    )


def _read_custom(node: YamlNode | None, what: str, problems: Problems) -> dict[str, object]:
    """Read a mapping; anything else arrives under the key ``custom``."""
    if node is None or node.value is None:
        return {}
    if isinstance(node.value, dict):
        return {key: value.plain() for key, value in node.value.items()}
    text = f"custom of {what}: expected a mapping, got {node.describe()}; sent under the key 'custom'"
    problems.warn(node.source, text)
    return {"custom": node.plain()}


def _read_buttons(node: YamlNode, what: str, problems: Problems) -> tuple[tuple[str, str], ...]:
    buttons: list[tuple[str, str]] = []
    for key in ("buttons", "quick_replies"):
        written = node.get(key)
        if written is None or written.value is None:
            continue
        for button in written.sequence(f"{key} of {what}"):
            with problems.noted():
                buttons += _read_button(button, f"a button of {what}", problems)
    return tuple(buttons)


def _read_button(node: YamlNode, what: str, problems: Problems) -> list[tuple[str, str]]:
    """Read title and payload; a button that has only one of them uses it for both."""
    others = ", ".join(f"'{key}'" for key in node.mapping(what) if key not in _BUTTON_KEYS)
    if others:
        problems.warn(node.source, f"{what}: not used: {others}")
    title, payload = node.optional_text("title", what), node.optional_text("payload", what)
    if title is None and payload is None:
        problems.doubt(node.source, f"{what}: expected the key 'title', got {node.describe()}; left out")
        return []
    if payload is None:
        problems.warn(node.source, f"{what}: expected the key 'payload'; the button says its title")
    return [(title or payload or "", payload or title or "")]


def _read_conditions(node: YamlNode | None, what: str, problems: Problems) -> tuple[ResponseCondition, ...]:
    if node is None or node.value is None:
        return ()
    conditions: list[ResponseCondition] = []
    for condition in node.sequence(f"condition of {what}"):
        with problems.noted():
            conditions.append(_read_condition(condition, f"a condition of {what}", problems))
    return tuple(conditions)


def _read_condition(node: YamlNode, what: str, problems: Problems) -> ResponseCondition:
    node.mapping(what)
    problems.doubt_other_keys(node, _CONDITION_KEYS, what)
    kind = node.require("type", what)
    if kind.text("type") != "slot":
        problems.doubt(kind.source, f"{what}: expected 'type: slot', got {kind.describe()}")
    name = node.require("name", what).text("name")
    return ResponseCondition(name, node.require("value", what).plain())
