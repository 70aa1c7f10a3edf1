"""The registry of story models: one folder per bot as it was trained, beside the bundles.

Loads torch only when there is a model to load or to train.
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
    from app.dialogue.ports import StoryModel

log = logging.getLogger(__name__)


def wants_story_model(bot: Bot) -> bool:
    """Say whether a model should learn from the bot's stories."""
    return bot.config.learns_stories and bool(bot.stories)


def train_story_model(bot: Bot, settings: Settings, report: Callable[[int, int, float], None]) -> Path:
    """Train a model of the bot's stories and put it into the registry, where the next start finds it.

    Args:
        bot: a bot with stories.
        settings: say where the registry is.
        report: gets the steps done, the steps of the whole run and the loss, after every step.

    Returns:
        The folder of the model.

    Raises:
        NoStoriesError: no story has a step.
    """
    from app.storyteller.store import save_stories
    from app.storyteller.train import train_stories

    path = story_model_path(bot, settings)
    trained = train_stories(bot.stories, bot.domain, story_settings(bot), report)
    save_stories(trained, path, stories=bot.stories, domain=bot.domain)
    return path


def load_story_model(settings: Settings, bot: Bot) -> StoryModel | None:
    """Load what was learnt from just these stories; None when the bot wants nothing learnt.

    A missing or damaged model is no reason not to serve: the log says once what makes it.
    """
    if not wants_story_model(bot):
        return None
    from app.storyteller.predictor import StoryPredictor
    from app.storyteller.store import load_stories
    from nlu.checkpoint import CheckpointError

    path, wanted = story_model_path(bot, settings), story_settings(bot)
    if not path.exists():
        _warn_once(str(bot.path), f"got no model of these stories in {path.parent}")
        return None
    try:
        trained = load_stories(path, stories=bot.stories, domain=bot.domain, settings=wanted)
    except CheckpointError as error:
        _warn_once(str(bot.path), str(error))
        return None
    return StoryPredictor(trained)


def story_model_path(bot: Bot, settings: Settings) -> Path:
    """Name the folder of the model that the bot as it is now, and this code, make."""
    from app.storyteller.store import story_key

    return settings.home / "models" / "stories" / story_key(bot.stories, bot.domain, story_settings(bot))


def story_settings(bot: Bot) -> StorySettings:
    """Give the settings of training; only the history is the bot's own."""
    return StorySettings(max_history=bot.config.learned_max_history)


@functools.cache
def _warn_once(bot_path: str, reason: str) -> None:
    remedy = f"spandesk train --bot {bot_path} --stories-only"
    log.warning("story_model_missing", extra={"reason": reason, "remedy": remedy})
