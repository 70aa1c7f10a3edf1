"""A bot project as one immutable value: what the files of its folder say, checked against each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.dialogue.domain import Domain
from app.dialogue.stories import Rule, Story


@dataclass(frozen=True, slots=True)
class BotConfig:
    """What of ``config.yml`` and ``endpoints.yml`` changes how the bot behaves."""

    language: str = "en"
    fallback_threshold: float | None = None  # least intent confidence; None: as the bundle was calibrated
    ambiguity_threshold: float | None = None  # least lead of the first intent; None: as calibrated
    core_fallback_threshold: float = 0.3  # Rasa's default
    core_fallback_action: str = "action_default_fallback"
    enable_fallback_prediction: bool = True
    max_history: int | None = 5  # turns of a story that must agree; None: all of them
    restrict_rules: bool = True  # a rule has at most one message of the customer
    check_for_contradictions: bool = True
    policies: tuple[str, ...] = ()  # names of those that predict; none: all
    action_url: str | None = None  # action server; None: actions run in the server


@dataclass(frozen=True, slots=True)
class Bot:
    """Everything a bot folder says, except its FAQ entries, which the database keeps after the import.

    `digest` is a hash over all files that decide how the bot behaves or what it learns: domain, data,
    settings and actions; not over FAQ entries and tests. `intent_titles` holds only intents that may be
    offered to a customer. `warnings` names, with places, what Rasa knows and SpanDesk does not use.
    """

    name: str
    path: Path
    domain: Domain
    rules: tuple[Rule, ...]
    stories: tuple[Story, ...]
    config: BotConfig
    intent_titles: Mapping[str, str]
    welcome: str | None
    digest: str
    nlu_paths: tuple[Path, ...] = ()
    faq_path: Path | None = None
    actions_path: Path | None = None  # package folder `actions/` or module `actions.py`
    entity_roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    has_comfort: bool = False  # see `app.dialogue.policy_settings.PolicySettings`
