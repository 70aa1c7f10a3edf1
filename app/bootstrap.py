"""The only wiring place: settings -> Services.

Only this module knows concrete classes on both sides of a port.
"""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from app.actions.http import HttpActionRunner
from app.actions.in_process import InProcessActionRunner
from app.actions.webhook import CallLimits
from app.bot.loader import load_bot
from app.db.clock import utc_now
from app.dialogue.action_endpoint import ActionEndpoint
from app.dialogue.contradictions import Contradiction, find_contradictions
from app.dialogue.manager import DialogueManager, Limits, Ports
from app.dialogue.policy_settings import PolicySettings
from app.dialogue.ports import IntentModel, Interpreter, StoryModel
from app.dialogue.script import BotScript, made_strict, make_script
from app.provisioning import Stores, ensure_champion, ensure_faq, load_reading, load_served, wanted_model
from app.realtime.hub import Hub
from app.realtime.publisher import InProcessPublisher
from app.realtime.redis_publisher import RedisPublisher
from app.serving.alarm import ReminderAlarm
from app.serving.duckling import DucklingAccess, DucklingInterpreter
from app.serving.reading import ReadingQueue
from app.serving.understanding import ServedModel, Understanding
from app.serving.watcher import ModelWatcher, Wanted
from app.story_models import load_intent_model, load_story_model
from retrieval.reader import PassageReader

if TYPE_CHECKING:
    from app.bot.bot import Bot
    from app.db.audit import AuditLog
    from app.db.conversation_store import ConversationStore
    from app.db.faq_store import FaqStore
    from app.db.model_store import ModelStore
    from app.db.review_store import ReviewStore
    from app.db.tracker_store import SqlTrackerStore
    from app.db.training_store import TrainingJob, TrainingStore
    from app.db.user_store import UserStore
    from app.dialogue.ports import ActionRunner, Publisher
    from app.realtime.publisher import ServerPublisher
    from app.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything a web process works with, built once and passed down."""

    settings: Settings
    bot: Bot
    manager: DialogueManager
    understanding: Understanding
    tracker_store: SqlTrackerStore
    conversations: ConversationStore
    reviews: ReviewStore
    users: UserStore
    faq: FaqStore
    training: TrainingStore
    models: ModelStore
    audit: AuditLog
    hub: Hub
    publisher: ServerPublisher  # started and stopped with the server's loop
    request_retraining: Callable[[str], TrainingJob]  # actor -> queued job; the queue is a layer above us
    close: Callable[[], None]  # stops threads and closes the database, at shutdown


def build_services(
    settings: Settings, stores: Stores, request_retraining: Callable[[str], TrainingJob]
) -> Services:
    """Load the bot and its models and connect everything; the model in service follows the database.

    Raises:
        SourceError: the bot has a mistake.
        NotFoundError: the bot has no trained bundle.
        CheckpointError: the bundle is damaged or made for another encoder.
    """
    bot = load_bot(settings.bot, environment=os.environ)
    for warning in bot.warnings:
        log.warning("bot_warning", extra={"warning": warning})
    reader, close_reader = make_reader(settings)
    understanding = load_understanding(settings, stores, bot, reader)
    watcher = make_watcher(
        understanding, load=partial(load_served, stores, settings, bot, reader), stores=stores
    )
    hub = Hub()
    publisher = make_publisher(settings, hub)
    runner = make_action_runner(settings, bot)
    duckling = make_duckling(understanding, bot)
    ports = make_ports(understanding, runner, stores, publisher, duckling=duckling)
    script = script_of(bot, load_story_model(settings, bot), load_intent_model(settings, bot))
    manager = DialogueManager(script, ports, Limits(settings.max_message_chars))
    alarm = ReminderAlarm(stores.reminders, fire=manager.fire_reminder)

    ends = [alarm.close, watcher.close, understanding.close, close_reader, runner.close]
    if duckling is not None:
        ends.append(duckling.close)
    watcher.start()
    alarm.start()
    return Services(
        settings=settings,
        bot=bot,
        manager=manager,
        understanding=understanding,
        tracker_store=stores.trackers,
        conversations=stores.conversations,
        reviews=stores.reviews,
        users=stores.users,
        faq=stores.faq,
        training=stores.training,
        models=stores.models,
        audit=stores.audit,
        hub=hub,
        publisher=publisher,
        request_retraining=request_retraining,
        close=partial(_run_all, [*ends, stores.close]),
    )


def _run_all(steps: Sequence[Callable[[], None]]) -> None:
    for step in steps:
        step()


def make_watcher(
    understanding: Understanding, *, load: Callable[[Wanted], ServedModel], stores: Stores
) -> ModelWatcher:
    """Make what puts the champion and the FAQ of the database in service when they change."""
    return ModelWatcher(
        understanding, wanted=lambda: wanted_model(stores, understanding.bundle_id), load=load
    )


def make_reader(settings: Settings) -> tuple[PassageReader | None, Callable[[], None]]:
    """Load the reader of the settings behind a queue; also gives what stops the queue's thread."""
    read = load_reading(settings)
    if read is None:
        return None, lambda: None
    queue = ReadingQueue(read)
    return PassageReader(queue), queue.close


def make_ports(
    understanding: Understanding,
    runner: ActionRunner,
    stores: Stores,
    publisher: Publisher,
    *,
    duckling: DucklingInterpreter | None = None,
) -> Ports:
    """Give the dialogue core its outside world."""
    return Ports(
        interpreter=duckling or understanding,
        answerer=understanding,
        actions=runner,
        store=stores.trackers,
        publisher=publisher,
        clock=utc_now,
        rng=random.Random(),
    )


def make_duckling(understanding: Interpreter, bot: Bot) -> DucklingInterpreter | None:
    """Ask the Duckling server that the bot names, beside the model; None without one."""
    config = bot.config.duckling
    if config is None:
        return None
    language = bot.config.language
    locale = config.locale or ("en_GB" if language == "en" else f"{language}_{language.upper()}")
    access = DucklingAccess(config.url, config.dimensions, locale, config.timezone, config.timeout_s)
    return DucklingInterpreter(understanding, access)


def make_publisher(settings: Settings, hub: Hub) -> ServerPublisher:
    """Choose how saved events reach the sockets: in this process, or through Redis to all servers."""
    if settings.redis_url is not None:
        return RedisPublisher(hub, settings.redis_url)
    return InProcessPublisher(hub)


def load_understanding(
    settings: Settings, stores: Stores, bot: Bot, reader: PassageReader | None
) -> Understanding:
    """Put the champion and the present FAQ in service, providing both on a first start."""
    ensure_faq(stores, bot)
    champion = ensure_champion(stores, settings, bot)
    wanted = wanted_model(stores, champion.bundle_id)
    return Understanding(load_served(stores, settings, bot, reader, wanted))


def make_action_runner(settings: Settings, bot: Bot) -> InProcessActionRunner | HttpActionRunner:
    """Choose where custom actions run: on the server that is named, or in this process."""
    endpoint = bot.config.action_endpoint
    if settings.action_url is not None:
        token = settings.action_token
        endpoint = ActionEndpoint(settings.action_url, token.get_secret_value() if token else None)
    if endpoint is None:
        return InProcessActionRunner(bot.actions_path, bot.domain, timeout_s=settings.action_timeout_s)
    return HttpActionRunner(
        endpoint,
        bot.domain,
        limits=CallLimits(timeout_s=settings.action_timeout_s),
        is_compressing=settings.action_compression,
    )


def contradictions_of(bot: Bot) -> list[Contradiction]:
    """Find what the bot's rules and stories say against each other, unless its config says not to look."""
    if not bot.config.check_for_contradictions:
        return []
    return find_contradictions(bot.rules, bot.stories, bot.domain, restrict_rules=bot.config.restrict_rules)


def script_of(
    bot: Bot, story_model: StoryModel | None = None, intent_model: IntentModel | None = None
) -> BotScript:
    """Make the bot ready to talk; rules and stories that contradict each other are named in the log.

    The models are what was learnt from its stories, if anything.
    """
    for problem in contradictions_of(bot):
        log.warning("rules_contradict", extra={"problem": str(problem)})
    script = make_script(
        bot.domain,
        bot.rules,
        bot.stories,
        intent_titles=bot.intent_titles,
        welcome=bot.welcome,
        settings=PolicySettings(
            max_history=bot.config.max_history,
            policies=frozenset(policy.name for policy in bot.config.policies),
            core_fallback_threshold=bot.config.core_fallback_threshold,
            core_fallback_action=bot.config.core_fallback_action,
            predicts_fallback=bot.config.enable_fallback_prediction,
            hides_rule_turns=bot.config.check_for_contradictions,
            has_comfort=bot.has_comfort,
            unexpected=bot.config.unexpected,
        ),
    )
    script = replace(script, steering=bot.steering, story_model=story_model, intent_model=intent_model)
    return made_strict(script, bot.rules, bot.stories) if bot.strict_responses else script
