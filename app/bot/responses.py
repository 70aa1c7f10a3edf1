"""Responses of a domain: the variations of what a bot says under one name."""

from __future__ import annotations

from app.dialogue.domain import ResponseCondition, ResponseVariation
from nlu.data.yaml_source import YamlNode

_VARIATION_KEYS = frozenset(
    {
        "attachment",
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
_UNUSED_KEYS = ("elements", "metadata")
_CONTENT_KEYS = ("text", "custom", "image", "attachment", "buttons", "quick_replies", "elements")
_BUTTON_KEYS = frozenset({"title", "payload", "type"})


def read_response(name: str, node: YamlNode, warnings: list[str]) -> tuple[ResponseVariation, ...]:
    """Read all variations of the response `name`.

    Raises:
        SourceError: not a list of variations, or one of them says nothing.
    """
    variations = node.sequence(f"the response '{name}' (a list of variations)")
    if not variations:
        raise node.error(f"the response '{name}': expected at least one variation such as '- text: …'")
    return tuple(_read_variation(name, variation, warnings) for variation in variations)


def _read_variation(name: str, node: YamlNode, warnings: list[str]) -> ResponseVariation:
    what = f"a variation of '{name}'"
    node.mapping(f"{what} (such as '- text: …')")
    node.forbid_other_keys(_VARIATION_KEYS, what)
    if not any(node.get(key) for key in _CONTENT_KEYS):
        raise node.error(f"{what}: expected one of {', '.join(_CONTENT_KEYS)}")
    warnings += [f"{node.source}: {what}: '{key}' is not used" for key in _UNUSED_KEYS if node.get(key)]
    attachment, custom = node.get("attachment"), node.get("custom")
    has_structure = attachment is not None and isinstance(attachment.value, dict)
    extra = {"attachment": attachment.plain()} if attachment is not None and has_structure else {}
    return ResponseVariation(
        text=node.optional_text("text", what) or "",
        buttons=_read_buttons(node, what),
        image=node.optional_text("image", what),
        attachment=None if has_structure else node.optional_text("attachment", what),
        custom=(_plain_mapping(custom, what) if custom is not None else {}) | extra,
        channel=node.optional_text("channel", what),
        conditions=_read_conditions(node, what),
    )


def _plain_mapping(node: YamlNode, what: str) -> dict[str, object]:
    return {key: value.plain() for key, value in node.mapping(f"custom of {what}").items()}


def _read_buttons(node: YamlNode, what: str) -> tuple[tuple[str, str], ...]:
    buttons: list[tuple[str, str]] = []
    for key in ("buttons", "quick_replies"):
        written = node.get(key)
        for button in written.sequence(f"{key} of {what}") if written is not None else ():
            button.mapping(f"a button of {what}")
            button.forbid_other_keys(_BUTTON_KEYS, f"a button of {what}")
            title = button.require("title", f"a button of {what}").text("title")
            buttons.append((title, button.require("payload", f"a button of {what}").text("payload")))
    return tuple(buttons)


def _read_conditions(node: YamlNode, what: str) -> tuple[ResponseCondition, ...]:
    written = node.get("condition")
    conditions: list[ResponseCondition] = []
    for condition in written.sequence(f"condition of {what}") if written is not None else ():
        condition.mapping(f"a condition of {what}")
        condition.forbid_other_keys(frozenset({"type", "name", "value"}), f"a condition of {what}")
        kind = condition.require("type", f"a condition of {what}")
        if kind.text("type") != "slot":
            raise kind.error(f"a condition of {what}: expected 'type: slot', got {kind.describe()}")
        slot = condition.require("name", f"a condition of {what}").text("name")
        value = condition.require("value", f"a condition of {what}")
        conditions.append(ResponseCondition(slot, value.plain()))
    return tuple(conditions)
