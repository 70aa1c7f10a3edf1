"""A bot project as one immutable value: what the files of its folder say, checked against each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.dialogue.action_endpoint import ActionEndpoint
from app.dialogue.domain import Domain
from app.dialogue.policy_settings import UnexpectedTurns
from app.dialogue.steering import Steering
from app.dialogue.stories import Rule, Story
from nlu.data.yaml_source import Plain


@dataclass(frozen=True, slots=True)
class Component:
    """One item of ``pipeline`` or ``policies``; `name` without its module, `options` as written."""

    name: str
    options: Mapping[str, Plain] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SocketIoChannel:
    """How a socket.io client talks to the bot; the defaults are Rasa's."""

    user_message_event: str = "user_uttered"
    bot_message_event: str = "bot_uttered"
    session_persistence: bool = False
    path: str = "/socket.io"
    namespace: str | None = None
    jwt_key: str | None = None
    jwt_method: str = "HS256"
    metadata_key: str = "metadata"


@dataclass(frozen=True, slots=True)
class Channels:
    """The channels that ``credentials.yml`` opens and SpanDesk has; the default is that of no such file."""

    rest: bool = True
    callback_url: str | None = None
    socketio: SocketIoChannel | None = None


@dataclass(frozen=True, slots=True)
class DucklingConfig:
    """The Duckling server of the pipeline, as ``config.yml`` names it; no dimensions: all."""

    url: str
    dimensions: tuple[str, ...] = ()
    locale: str | None = None
    timezone: str | None = None
    timeout_s: float = 3.0  # Rasa's default


@dataclass(frozen=True, slots=True)
class BotConfig:
    """What of ``config.yml``, ``endpoints.yml`` and ``credentials.yml`` changes how the bot behaves.

    `pipeline` and `policies` hold every item that the file names, also those without an effect.
    """

    language: str = "en"
    fallback_threshold: float | None = None  # least intent confidence; None: as the bundle was calibrated
    ambiguity_threshold: float | None = None  # least lead of the first intent; None: as calibrated
    core_fallback_threshold: float = 0.3  # Rasa's default
    core_fallback_action: str = "action_default_fallback"
    enable_fallback_prediction: bool = True
    max_history: int | None = None  # states of a story that must agree; None: all, Rasa's default
    restrict_rules: bool = True  # a rule has at most one message of the customer
    check_for_contradictions: bool = True
    duckling: DucklingConfig | None = None
    assistant_id: str | None = None
    pipeline: tuple[Component, ...] = ()
    policies: tuple[Component, ...] = ()
    action_endpoint: ActionEndpoint | None = None  # None: actions run in the server
    channels: Channels = Channels()
    learns_stories: bool = True  # whether a model learns from the stories: TEDPolicy, or no list of policies
    learned_max_history: int | None = None  # states that it heeds; None: as many as fit
    unexpected: UnexpectedTurns | None = None  # whether a model tells turns that no story makes likely

    @property
    def action_url(self) -> str | None:
        """Give the address of the action server, if there is one."""
        return self.action_endpoint.url if self.action_endpoint is not None else None


@dataclass(frozen=True, slots=True)
class Bot:
    """Everything a bot folder says, except its FAQ entries, which the database keeps after the import.

    `digest` is a hash over all files that decide how the bot behaves or what it learns: domain, data,
    settings and actions; not over FAQ entries and tests. `intent_titles` holds only intents that may be
    offered to a customer. `warnings` names, with places, mistakes with which a bot runs all the same and what
    Rasa knows and SpanDesk does not use. `strict_responses`: see `app.dialogue.responses`.
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
    steering: Steering = field(default_factory=Steering)
    has_live_tests: bool = False  # its test conversations are held with real actions
    strict_responses: bool = False
    has_comfort: bool = False  # see `app.dialogue.policy_settings.PolicySettings`
