"""``spandesk.yml`` of a bot folder: what a bot has beyond Rasa's formats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.bot.steering_reader import STEERING_KEYS
from nlu.data.yaml_source import YamlNode

_OWN_KEYS = frozenset({"name", "welcome", "faq", "intent_titles", "strict_responses", "tests", "comfort"})
_SPANDESK_KEYS = _OWN_KEYS | STEERING_KEYS
_TEST_MODES = ("rasa", "live")


@dataclass(frozen=True, slots=True)
class Presentation:
    """What ``spandesk.yml`` adds to a Rasa bot; `places` gives ``file:line`` of names it mentions."""

    name: str | None = None
    welcome: str | None = None
    faq_folder: str | None = None
    intent_titles: Mapping[str, str] | None = None
    strict_responses: bool = False
    places: Mapping[str, str] = field(default_factory=dict)
    has_live_tests: bool = False
    has_comfort: bool = False  # on wherever there is such a file, unless it says no


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
    strict, comfort = node.get("strict_responses"), node.get("comfort")
    return Presentation(
        name=node.optional_text("name", "spandesk.yml"),
        welcome=node.optional_text("welcome", "spandesk.yml"),
        faq_folder=faq.require("folder", "faq").text("folder of faq") if faq is not None else None,
        intent_titles={intent: title.text("a title") for intent, title in shown.items()} if titles else None,
        strict_responses=strict is not None and strict.boolean("strict_responses"),
        places=places,
        has_live_tests=_reads_live(node.get("tests")),
        has_comfort=comfort is None or comfort.boolean("comfort"),
    )


def _reads_live(node: YamlNode | None) -> bool:
    """Say whether `spandesk test` has the conversations with real actions unless it is told otherwise."""
    if node is None:
        return False
    mode = node.text("tests")
    if mode not in _TEST_MODES:
        raise node.error(f"tests: expected {' or '.join(_TEST_MODES)}, got '{mode}'")
    return mode == "live"
