"""``config.yml`` of a bot folder.

Understanding and dialogue are SpanDesk's own, so most of a Rasa pipeline has no effect here: such parts are
named once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from app.bot.bot import BotConfig, Component, DucklingConfig
from app.bot.variables import optional_filled_text
from app.dialogue.policy_settings import UNEXPECTED_POLICY, UnexpectedTurns
from nlu.data.problems import Problems
from nlu.data.yaml_source import SourceError, YamlNode

_USED_COMPONENTS = frozenset(
    {"FallbackClassifier", "EntitySynonymMapper", "RegexEntityExtractor", "DucklingEntityExtractor"}
)
_MEMORIES = frozenset({"MemoizationPolicy", "AugmentedMemoizationPolicy"})
_LEARNED = "TEDPolicy"
_USED_POLICIES = _MEMORIES | {_LEARNED, UNEXPECTED_POLICY, "RulePolicy"}
_QUIET_KEYS = frozenset(
    {"recipe", "language", "pipeline", "policies", "assistant_id", "version", "importers"}
)
_FILE_IMPORTERS = frozenset({"RasaFileImporter", "TrainingDataImporter"})  # read what is in the folder

_NO_ENVIRONMENT: Mapping[str, str] = MappingProxyType({})

_Parts = Sequence[tuple[Component, YamlNode]]


def read_config(
    node: YamlNode | None, problems: Problems, *, environment: Mapping[str, str] = _NO_ENVIRONMENT
) -> BotConfig:
    """Read ``config.yml``; without one, Rasa's defaults hold.

    Args:
        node: the file, if there is one.
        problems: gets what has no effect.
        environment: values of ``${VARIABLE}`` in texts.

    Raises:
        SourceError: a value of the wrong type.
    """
    if node is None:
        return BotConfig()
    for key in node.mapping("config.yml"):
        if key not in _QUIET_KEYS:
            problems.warn(f"{node.file}:{node.key_lines[key]}", f"'{key}' is not used")
    _note_importers(node.get("importers"), problems)
    pipeline = _read_components(node.get("pipeline"), "pipeline", _USED_COMPONENTS, problems)
    policies = _read_components(node.get("policies"), "policies", _USED_POLICIES, problems)
    config = BotConfig(
        language=node.optional_text("language", "config.yml") or "en",
        assistant_id=node.optional_text("assistant_id", "config.yml"),
        pipeline=tuple(component for component, _ in pipeline),
        policies=tuple(policy for policy, _ in policies),
        learns_stories=not policies or any(policy.name == _LEARNED for policy, _ in policies),
    )
    return _with_policies(_with_pipeline(config, pipeline, environment, problems), policies)


def _with_pipeline(
    config: BotConfig, pipeline: _Parts, environment: Mapping[str, str], problems: Problems
) -> BotConfig:
    for component, item in pipeline:
        if component.name == "FallbackClassifier":
            config = _with_fallback(config, item)
        elif component.name == "DucklingEntityExtractor":
            config = replace(config, duckling=_duckling(item, environment, problems))
    return config


def _with_policies(config: BotConfig, policies: _Parts) -> BotConfig:
    for policy, item in policies:
        if policy.name == "RulePolicy":
            config = _with_rules(config, item)
        elif policy.name in _MEMORIES:
            config = _with_memory(config, item)
        elif policy.name == _LEARNED:
            config = replace(config, learned_max_history=read_max_history(item))
        elif policy.name == UNEXPECTED_POLICY:
            config = replace(config, unexpected=_unexpected(item))
    return config


def read_max_history(node: YamlNode, otherwise: int | None = None) -> int | None:
    """Read how many turns a policy looks back; None is all of them.

    Raises:
        SourceError: not a whole number from 1.
    """
    written = node.get("max_history")
    if written is None:
        return otherwise
    if written.value is None:
        return None
    turns = written.number("max_history (turns)")
    if turns < 1 or turns != int(turns):
        raise written.error(f"max_history: expected a whole number of turns from 1, got {turns:g}")
    return int(turns)


def _note_importers(node: YamlNode | None, problems: Problems) -> None:
    if node is None or node.value is None:
        return
    for item in node.sequence("importers"):
        name = (item.optional_text("name", "an importer") or "") if isinstance(item.value, dict) else ""
        name = name or (item.text("an importer") if not isinstance(item.value, dict) else "")
        if name.rpartition(".")[2] not in _FILE_IMPORTERS:
            text = f"the importer '{name}' is not used; only the files of the bot's folder are read"
            problems.doubt(item.source, text)


def _read_components(node: YamlNode | None, section: str, used: frozenset[str], problems: Problems) -> _Parts:
    """Give all parts, and name in one warning those that have no effect here."""
    if node is None or node.value is None:
        return ()
    parts: list[tuple[Component, YamlNode]] = []
    for item in node.sequence(section):
        is_bare = not isinstance(item.value, dict)
        written = item if is_bare else item.require("name", f"an item of {section}")
        name = written.text("name")
        name = name.rpartition(".")[2] if name.startswith("rasa.") else name
        fields = item.value if isinstance(item.value, dict) else {}
        options = {key: value.plain() for key, value in fields.items() if key != "name"}
        parts.append((Component(name, options), item))
    others = [component.name for component, _ in parts if component.name not in used]
    if others:
        problems.warn(node.source, f"{section}: not used: {', '.join(others)}")
    return parts


def _with_fallback(config: BotConfig, node: YamlNode) -> BotConfig:
    return replace(
        config,
        fallback_threshold=_fraction(node, "threshold"),
        ambiguity_threshold=_fraction(node, "ambiguity_threshold"),
    )


def _duckling(node: YamlNode, environment: Mapping[str, str], problems: Problems) -> DucklingConfig | None:
    what = "DucklingEntityExtractor"
    if node.optional_text("url", what) is None:
        problems.warn(node.source, f"{what} is not used: it names no url")
        return None
    try:
        url, locale, timezone = (
            optional_filled_text(node, key, what, environment) for key in ("url", "locale", "timezone")
        )
    except SourceError as error:
        problems.doubt(f"{error.file}:{error.line}", f"{error.problem}; {what} is not used")
        return None
    dimensions, timeout = node.get("dimensions"), node.get("timeout")
    return DucklingConfig(
        url=url or "",
        dimensions=dimensions.names("dimensions") if dimensions is not None else (),
        locale=locale,
        timezone=timezone,
        timeout_s=3.0 if timeout is None else _seconds(timeout),
    )


def _seconds(node: YamlNode) -> float:
    seconds = node.number("timeout (seconds)")
    if seconds <= 0:
        raise node.error(f"timeout: expected seconds above 0, got {seconds:g}")
    return seconds


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
    return replace(config, max_history=read_max_history(node, config.max_history))


def _unexpected(node: YamlNode) -> UnexpectedTurns:
    ignored = node.get("ignore_intents_list")
    return UnexpectedTurns(
        tolerance=_fraction(node, "tolerance") or 0.0,
        ignored_intents=frozenset(ignored.names("ignore_intents_list") if ignored is not None else ()),
        max_history=read_max_history(node),
    )


def _fraction(node: YamlNode, key: str) -> float | None:
    written = node.get(key)
    if written is None or written.value is None:
        return None
    value = written.number(key)
    if not 0.0 <= value <= 1.0:
        raise written.error(f"{key}: expected a number from 0 to 1, got {value:g}")
    return value
