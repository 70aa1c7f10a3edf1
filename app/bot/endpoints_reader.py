"""``endpoints.yml`` of a bot folder: where custom actions run; for all else SpanDesk has its own part."""

from __future__ import annotations

from collections.abc import Mapping

from app.bot.variables import filled_text, filled_texts, optional_filled_text
from app.dialogue.action_endpoint import ActionEndpoint
from nlu.data.problems import Problems
from nlu.data.yaml_source import YamlNode

_READ = frozenset({"action_endpoint", "version"})
_ACTION_KEYS = frozenset(
    {
        "basic_auth",
        "cafile",
        "enable_selective_domain",
        "headers",
        "params",
        "token",
        "token_name",
        "url",
    }
)


def read_endpoints(
    node: YamlNode | None, environment: Mapping[str, str], problems: Problems
) -> ActionEndpoint | None:
    """Read the action server; None runs actions in the server.

    Args:
        node: the file, if there is one.
        environment: values of ``${VARIABLE}`` in texts.
        problems: gets the endpoints that have no effect.

    Raises:
        SourceError: a value of the wrong kind, or a variable that is not set.
    """
    if node is None:
        return None
    for key, endpoint in node.mapping("endpoints.yml").items():
        if key == "nlg":
            text = "nlg: a response server is not supported; the responses of the domain are said instead"
            problems.doubt(endpoint.source, text)
        elif key not in _READ:
            problems.warn(f"{node.file}:{node.key_lines[key]}", f"the endpoint '{key}' is not used")
    actions = node.get("action_endpoint")
    if actions is None or actions.value is None:
        return None
    return _read_action_endpoint(actions, environment, problems)


def _read_action_endpoint(
    node: YamlNode, environment: Mapping[str, str], problems: Problems
) -> ActionEndpoint:
    what = "action_endpoint"
    url = filled_text(node.require("url", what), f"url of {what}", environment)
    for key in node.mapping(what):
        if key not in _ACTION_KEYS:
            problems.warn(f"{node.file}:{node.key_lines[key]}", f"{what}: '{key}' is not used")
    selective = node.get("enable_selective_domain")
    return ActionEndpoint(
        url=url,
        headers=filled_texts(node.get("headers"), f"headers of {what}", environment),
        params=filled_texts(node.get("params"), f"params of {what}", environment),
        token=optional_filled_text(node, "token", what, environment),
        token_name=optional_filled_text(node, "token_name", what, environment) or "token",
        basic_auth=_read_basic_auth(node.get("basic_auth"), environment),
        cafile=optional_filled_text(node, "cafile", what, environment),
        enable_selective_domain=selective is not None and selective.boolean("enable_selective_domain"),
    )


def _read_basic_auth(node: YamlNode | None, environment: Mapping[str, str]) -> tuple[str, str] | None:
    if node is None or node.value is None:
        return None
    name = filled_text(node.require("username", "basic_auth"), "username of basic_auth", environment)
    password = node.require("password", "basic_auth")
    return name, filled_text(password, "password of basic_auth", environment)
