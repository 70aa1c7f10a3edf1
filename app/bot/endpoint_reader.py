"""``action_endpoint`` of ``endpoints.yml``: the address of the action server, and what lets us in."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.dialogue.action_endpoint import ActionEndpoint
from nlu.data.yaml_source import YamlNode

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_WHAT = "action_endpoint"


def read_action_endpoint(node: YamlNode | None, environment: Mapping[str, str]) -> ActionEndpoint | None:
    """Read the action server of a bot; None: its actions run in the server.

    Args:
        node: ``endpoints.yml``, if there is one.
        environment: values of ``${VARIABLE}`` in any text.

    Raises:
        SourceError: an unset variable, or a value of the wrong type.
    """
    written = node.get(_WHAT) if node is not None else None
    if written is None or written.value is None:
        return None
    selective = written.get("enable_selective_domain")
    return ActionEndpoint(
        url=_text(written.require("url", _WHAT), "url", environment),
        token=_optional(written, "token", environment),
        token_name=_optional(written, "token_name", environment) or "token",
        params=_texts(written, "params", environment),
        headers=_texts(written, "headers", environment),
        basic_auth=_basic_auth(written, environment),
        cafile=_optional(written, "cafile", environment),
        enable_selective_domain=selective is not None and selective.boolean("enable_selective_domain"),
    )


def _basic_auth(node: YamlNode, environment: Mapping[str, str]) -> tuple[str, str] | None:
    written = node.get("basic_auth")
    if written is None or written.value is None:
        return None
    user, password = (written.require(key, "basic_auth") for key in ("username", "password"))
    return _text(user, "username", environment), _text(password, "password", environment)


def _texts(node: YamlNode, key: str, environment: Mapping[str, str]) -> dict[str, str]:
    written = node.get(key)
    if written is None or written.value is None:
        return {}
    return {name: _text(item, name, environment) for name, item in written.mapping(key).items()}


def _optional(node: YamlNode, key: str, environment: Mapping[str, str]) -> str | None:
    written = node.get(key)
    return _text(written, key, environment) if written is not None and written.value is not None else None


def _text(node: YamlNode, what: str, environment: Mapping[str, str]) -> str:
    text = node.text(f"{what} of {_WHAT}")
    for name in _VARIABLE.findall(text):
        if name not in environment:
            raise node.error(f"the environment variable {name} is not set; expected the {what} of {_WHAT}")
    return _VARIABLE.sub(lambda match: environment[match.group(1)], text)
