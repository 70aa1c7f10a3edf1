"""The registry of story models: one folder per bot as it was trained, beside the bundles.

A model tells what the bot does next, or what its customers say next. Loads torch only when there is a model
to load or to train.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.bot.bot import Bot
from app.settings import Settings
from app.storyteller.settings import StorySettings

if TYPE_CHECKING:
    from app.dialogue.ports import IntentModel, StoryModel
    from app.storyteller.store import Origin
    from app.storyteller.train import TrainedStories

log = logging.getLogger(__name__)

Report = Callable[[int, int, float], None]
"""Gets the steps done, the steps of the whole run and the loss, after every step."""


def wants_story_model(bot: Bot) -> bool:
    """Say whether a model should learn from the bot's stories what it does next."""
    return bot.config.learns_stories and bool(bot.stories)


def wants_intent_model(bot: Bot) -> bool:
    """Say whether a model should learn from the bot's stories what customers say next."""
    return bot.config.unexpected is not None and bool(bot.stories)


def train_story_model(bot: Bot, settings: Settings, report: Report) -> Path:
    """Train a model of what the bot does next and put it into the registry, where the next start finds it.

    Args:
        bot: a bot with stories.
        settings: say where the registry is.
        report: is told of every step.

    Returns:
        The folder of the model.

    Raises:
        NoStoriesError: no story has a step.
    """
    from app.storyteller.store import save_stories
    from app.storyteller.train import train_stories

    path = story_model_path(bot, settings)
    trained = train_stories(bot.stories, bot.domain, story_settings(bot), report)
    save_stories(trained, path, _action_origin(bot))
    return path


def train_intent_model(bot: Bot, settings: Settings, report: Report) -> Path:
    """Train a model of what customers say next; like `train_story_model`.

    Raises:
        NoStoriesError: in no story a customer says anything.
    """
    from app.storyteller.intents import train_intents
    from app.storyteller.store import save_stories

    path = intent_model_path(bot, settings)
    trained = train_intents(bot.stories, bot.domain, intent_settings(bot), report)
    save_stories(trained, path, _intent_origin(bot))
    return path


def load_story_model(settings: Settings, bot: Bot) -> StoryModel | None:
    """Load what was learnt from just these stories; None when the bot wants nothing learnt.

    A missing or damaged model is no reason not to serve: the log says once what makes it.
    """
    if not wants_story_model(bot):
        return None
    from app.storyteller.predictor import StoryPredictor

    trained = _load(story_model_path(bot, settings), _action_origin(bot), bot)
    return StoryPredictor(trained) if trained is not None else None


def load_intent_model(settings: Settings, bot: Bot) -> IntentModel | None:
    """Load what was learnt about the bot's customers; like `load_story_model`."""
    if not wants_intent_model(bot):
        return None
    from app.storyteller.predictor import IntentPredictor

    trained = _load(intent_model_path(bot, settings), _intent_origin(bot), bot)
    return IntentPredictor(trained) if trained is not None else None


def story_model_path(bot: Bot, settings: Settings) -> Path:
    """Name the folder of the model that the bot as it is now, and this code, make."""
    return _path_of(_action_origin(bot), settings)


def intent_model_path(bot: Bot, settings: Settings) -> Path:
    """Name the folder of the model of customers that the bot as it is now, and this code, make."""
    return _path_of(_intent_origin(bot), settings)


def story_settings(bot: Bot) -> StorySettings:
    """Give the settings of training; only the history is the bot's own."""
    return StorySettings(max_history=bot.config.learned_max_history)


def intent_settings(bot: Bot) -> StorySettings:
    """Give the settings of training the model of customers; only the history is the bot's own."""
    unexpected = bot.config.unexpected
    return StorySettings(max_history=unexpected.max_history if unexpected is not None else None)


def _action_origin(bot: Bot) -> Origin:
    from app.storyteller.store import NEXT_ACTION, Origin

    return Origin(bot.stories, bot.domain, story_settings(bot), NEXT_ACTION)


def _intent_origin(bot: Bot) -> Origin:
    from app.storyteller.store import NEXT_INTENT, Origin

    return Origin(bot.stories, bot.domain, intent_settings(bot), NEXT_INTENT)


def _path_of(origin: Origin, settings: Settings) -> Path:
    from app.storyteller.store import story_key

    return settings.home / "models" / "stories" / story_key(origin)


def _load(path: Path, origin: Origin, bot: Bot) -> TrainedStories | None:
    from app.storyteller.store import load_stories
    from nlu.checkpoint import CheckpointError

    if not path.exists():
        question = origin.question.name
        _warn_once(str(bot.path), f"got no model of these stories' {question} in {path.parent}")
        return None
    try:
        return load_stories(path, origin)
    except CheckpointError as error:
        _warn_once(str(bot.path), str(error))
        return None


@functools.cache
def _warn_once(bot_path: str, reason: str) -> None:
    remedy = f"spandesk train --bot {bot_path} --stories-only"
    log.warning("story_model_missing", extra={"reason": reason, "remedy": remedy})
