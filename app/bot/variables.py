"""Environment variables in settings: ``${NAME}`` in a text stands for its value, and beside it ``$NAME`` too.

Without any braces a dollar sign is only that, as in Rasa: a password may hold one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from nlu.data.yaml_source import YamlNode

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|([A-Za-z_]\w*))")


def filled_text(node: YamlNode, what: str, environment: Mapping[str, str]) -> str:
    """Read a text with its variables filled in.

    Raises:
        SourceError: not a text, or a variable in braces is not set.
    """

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name in environment:
            return environment[name]
        if match[2]:
            return match[0]
        raise node.error(f"{what}: the environment variable {name} is not set; set it, or write the value")

    text = node.text(what)
    return _VARIABLE.sub(value, text) if "${" in text else text


def optional_filled_text(node: YamlNode, key: str, what: str, environment: Mapping[str, str]) -> str | None:
    """Read the text under `key`; None when it is absent or empty."""
    written = node.get(key)
    if written is None or written.value is None:
        return None
    return filled_text(written, f"{key} of {what}", environment)


def filled_texts(node: YamlNode | None, what: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Read a mapping of texts; nothing gives none."""
    if node is None or node.value is None:
        return {}
    items = node.mapping(what).items()
    return {key: filled_text(value, f"{key} of {what}", environment) for key, value in items}
