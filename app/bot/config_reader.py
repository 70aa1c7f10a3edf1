"""``config.yml``, ``endpoints.yml``, ``credentials.yml`` and ``spandesk.yml`` of a bot folder.

Understanding and dialogue are SpanDesk's own, so most of a Rasa pipeline has no effect here: such parts are
named in the warnings, and refused where leaving them out would change what customers read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.bot.bot import BotConfig
from nlu.data.yaml_source import YamlNode

_USED_COMPONENTS = frozenset({"FallbackClassifier", "EntitySynonymMapper", "RegexEntityExtractor"})
_USED_POLICIES = frozenset({"RulePolicy", "MemoizationPolicy", "AugmentedMemoizationPolicy"})
_QUIET_CONFIG_KEYS = frozenset({"recipe", "language", "pipeline", "policies", "assistant_id", "version"})
_CHANNELS = frozenset({"rest", "socketio", "rasa"})
_SPANDESK_KEYS = frozenset({"name", "welcome", "faq", "intent_titles", "comfort"})
_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Presentation:
    """What ``spandesk.yml`` adds to a Rasa bot; `places` gives ``file:line`` of names it mentions."""

    name: str | None = None
    welcome: str | None = None
    faq_folder: str | None = None
    intent_titles: Mapping[str, str] | None = None
    has_comfort: bool = False
    places: Mapping[str, str] = field(default_factory=dict)


def read_config(node: YamlNode | None, warnings: list[str]) -> BotConfig:
    """Read ``config.yml``; without one, Rasa's defaults hold.

    Raises:
        SourceError: a value of the wrong type, or importers of one's own.
    """
    if node is None:
        return BotConfig()
    for key in node.mapping("config.yml"):
        if key == "importers":
            raise node.error("importers are not supported; expected the bot's files in its folder")
        if key not in _QUIET_CONFIG_KEYS:
            warnings.append(f"{node.file}:{node.key_lines[key]}: '{key}' is not used")
    config = BotConfig(language=node.optional_text("language", "config.yml") or "en")
    for name, component in _components(node, "pipeline", _USED_COMPONENTS, warnings):
        if name == "FallbackClassifier":
            config = _with_fallback(config, component)
    for name, policy in _components(node, "policies", _USED_POLICIES, warnings):
        config = replace(config, policies=(*config.policies, name))
        config = _with_rules(config, policy) if name == "RulePolicy" else _with_memory(config, policy)
    return config


def read_endpoints(node: YamlNode | None, environment: Mapping[str, str], warnings: list[str]) -> str | None:
    """Read the address of the action server from ``endpoints.yml``; None runs actions in the server.

    Args:
        node: the file, if there is one.
        environment: values of ``${VARIABLE}`` in the address.
        warnings: gets the endpoints that SpanDesk has its own part for.

    Raises:
        SourceError: an unset variable, or a response server (``nlg``), without which the bot would
            say something else.
    """
    if node is None:
        return None
    for key, endpoint in node.mapping("endpoints.yml").items():
        if key == "nlg":
            raise endpoint.error("nlg: a response server is not supported; expected responses in the domain")
        if key not in {"action_endpoint", "version"}:
            warnings.append(f"{node.file}:{node.key_lines[key]}: the endpoint '{key}' is not used")
    actions = node.get("action_endpoint")
    if actions is None or actions.value is None:
        return None
    url = actions.require("url", "action_endpoint")
    return _filled_in(url, url.text("url of action_endpoint"), environment)


def read_credentials(node: YamlNode | None, warnings: list[str]) -> None:
    """Name the channels of ``credentials.yml`` that do not exist here; nothing else of it is used."""
    if node is None or not isinstance(node.value, dict):
        return
    for channel in node.value:
        if channel not in _CHANNELS:
            warnings.append(f"{node.file}:{node.key_lines[channel]}: the channel '{channel}' is not there")


def read_presentation(node: YamlNode | None) -> Presentation:
    """Read ``spandesk.yml``.

    Raises:
        SourceError: an unknown key or a value of the wrong type.
    """
    if node is None:
        return Presentation()
    node.mapping("spandesk.yml")
    node.forbid_other_keys(_SPANDESK_KEYS, "spandesk.yml")
    faq, titles = node.get("faq"), node.get("intent_titles")
    if faq is not None:
        faq.mapping("faq")
        faq.forbid_other_keys(frozenset({"folder"}), "faq")
    shown = titles.mapping("intent_titles") if titles is not None else {}
    places = {key: f"{node.file}:{line}" for key, line in node.key_lines.items()}
    if titles is not None:
        places |= {f"intent_titles/{key}": f"{node.file}:{line}" for key, line in titles.key_lines.items()}
    return Presentation(
        name=node.optional_text("name", "spandesk.yml"),
        welcome=node.optional_text("welcome", "spandesk.yml"),
        faq_folder=faq.require("folder", "faq").text("folder of faq") if faq is not None else None,
        intent_titles={intent: title.text("a title") for intent, title in shown.items()} if titles else None,
        has_comfort=_is_on(node, "comfort"),
        places=places,
    )


def _components(
    node: YamlNode, section: str, used: frozenset[str], warnings: list[str]
) -> list[tuple[str, YamlNode]]:
    """Give the named parts that have an effect here, and name all others in one warning."""
    written = node.get(section)
    if written is None or written.value is None:
        return []
    parts = [
        (item.require("name", f"an item of {section}").text("name"), item)
        for item in written.sequence(section)
    ]
    names = [(name.rpartition(".")[2] if name.startswith("rasa.") else name, item) for name, item in parts]
    others = [name for name, _ in names if name not in used]
    if others:
        warnings.append(f"{written.source}: {section}: not used: {', '.join(others)}")
    return [(name, item) for name, item in names if name in used]


def _with_fallback(config: BotConfig, node: YamlNode) -> BotConfig:
    return replace(
        config,
        fallback_threshold=_fraction(node, "threshold"),
        ambiguity_threshold=_fraction(node, "ambiguity_threshold"),
    )


def _with_rules(config: BotConfig, node: YamlNode) -> BotConfig:
    threshold = _fraction(node, "core_fallback_threshold")
    action = node.optional_text("core_fallback_action_name", "RulePolicy")
    return replace(
        config,
        core_fallback_threshold=config.core_fallback_threshold if threshold is None else threshold,
        core_fallback_action=action or config.core_fallback_action,
        enable_fallback_prediction=_is_on(node, "enable_fallback_prediction"),
        restrict_rules=_is_on(node, "restrict_rules"),
        check_for_contradictions=_is_on(node, "check_for_contradictions"),
    )


def _is_on(node: YamlNode, key: str) -> bool:
    written = node.get(key)
    return written is None or written.boolean(key)


def _with_memory(config: BotConfig, node: YamlNode) -> BotConfig:
    written = node.get("max_history")
    if written is None:
        return config
    if written.value is None:
        return replace(config, max_history=None)
    turns = written.number("max_history (turns)")
    if turns < 1 or turns != int(turns):
        raise written.error(f"max_history: expected a whole number of turns from 1, got {turns:g}")
    return replace(config, max_history=int(turns))


def _fraction(node: YamlNode, key: str) -> float | None:
    written = node.get(key)
    if written is None or written.value is None:
        return None
    value = written.number(key)
    if not 0.0 <= value <= 1.0:
        raise written.error(f"{key}: expected a number from 0 to 1, got {value:g}")
    return value


def _filled_in(node: YamlNode, text: str, environment: Mapping[str, str]) -> str:
    for name in _VARIABLE.findall(text):
        if name not in environment:
            raise node.error(f"the environment variable {name} is not set; expected an address")
    return _VARIABLE.sub(lambda match: environment[match.group(1)], text)
