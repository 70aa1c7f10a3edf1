"""What most commands start with: settings with the command's own options, and the bot they work on."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from app.bot.bot import Bot
from app.bot.loader import load_bot
from app.logs import configure_logging
from app.provisioning import bundle_interpreter, champion_interpreter, open_stores
from app.retraining.snapshot import Snapshot, build_snapshot
from app.settings import Settings, load_settings
from nlu.data.rasa_nlu import read_nlu

if TYPE_CHECKING:
    from nlu.interpreter import BundleInterpreter


def settings_for(args: argparse.Namespace) -> Settings:
    """Read the environment for a command that answers on the terminal: only warnings are logged there."""
    settings = server_settings_for(args)
    configure_logging("DEBUG" if settings.log_level == "DEBUG" else "WARNING")
    return settings


def server_settings_for(args: argparse.Namespace) -> Settings:
    """Read the environment; options of the command line win. Logging is set up on the way."""
    settings = load_settings()
    given = {name: getattr(args, name, None) for name in ("bot", "host", "port")}
    settings = settings.model_copy(update={name: value for name, value in given.items() if value is not None})
    configure_logging(settings.log_level)
    os.environ["SPANDESK_HOME"] = str(settings.home.absolute())  # a bot's actions keep their data there
    return settings


def read_bot(settings: Settings) -> Bot:
    """Load the bot of the settings."""
    return load_bot(settings.bot, environment=os.environ)


def read_snapshot(bot: Bot) -> Snapshot:
    """Split the bot's NLU data as retraining does: the held-out part never enters training, here neither."""
    return build_snapshot(read_nlu(bot.nlu_paths, root=bot.path), ())


def chosen_interpreter(bundle: Path | None, settings: Settings) -> BundleInterpreter:
    """Load the bundle of a folder, or the champion."""
    bot = read_bot(settings)
    if bundle is not None:
        return bundle_interpreter(settings, bot, bundle)
    stores = open_stores(settings)
    interpreter = champion_interpreter(stores, settings, bot)
    stores.close()
    return interpreter
