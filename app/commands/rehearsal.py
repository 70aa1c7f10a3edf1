"""Conversations that nobody keeps: a real manager, real actions and a real database in a temporary home."""

from __future__ import annotations

import contextlib
import os
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.bootstrap import make_action_runner, make_duckling, make_ports, script_of
from app.bot.bot import Bot
from app.dialogue.events import RecordedEvent
from app.dialogue.manager import DialogueManager, Limits
from app.dialogue.script import BotScript
from app.provisioning import Stores, ensure_faq, load_answering, open_reader, open_stores
from app.serving.understanding import ServedModel, Understanding
from app.settings import Settings
from app.story_models import load_intent_model, load_story_model
from nlu.interpreter import BundleInterpreter


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A manager with the stores of its temporary home."""

    manager: DialogueManager
    stores: Stores


@dataclass(frozen=True, slots=True)
class _Nobody:
    """A publisher without receivers."""

    def publish(self, conversation_id: str, events: Sequence[RecordedEvent]) -> None:
        """Tell nobody."""


def learned_script(settings: Settings, bot: Bot) -> BotScript:
    """Make the bot ready to talk, with what was learnt from its stories; once for all conversations."""
    return script_of(bot, load_story_model(settings, bot), load_intent_model(settings, bot))


@contextlib.contextmanager
def rehearsing(
    settings: Settings, bot: Bot, script: BotScript, understanding: Understanding, *, seed: int
) -> Iterator[Rehearsal]:
    """Give a manager over an empty temporary home, which the bot's actions see as theirs.

    `script` is what `learned_script` makes of the bot.
    """
    with _temporary_home() as home:
        stores = open_stores(settings.model_copy(update={"home": home, "database_url": None}))
        runner = make_action_runner(settings, bot)
        duckling = make_duckling(understanding, bot)
        ports = make_ports(understanding, runner, stores, _Nobody(), duckling=duckling)
        ports = replace(ports, rng=random.Random(seed))
        try:
            manager = DialogueManager(script, ports, Limits(settings.max_message_chars))
            yield Rehearsal(manager, stores)
        finally:
            runner.close()
            if duckling is not None:
                duckling.close()
            stores.close()


@contextlib.contextmanager
def understanding_of(settings: Settings, bot: Bot, interpreter: BundleInterpreter) -> Iterator[Understanding]:
    """Understand with this bundle and answer from the FAQ entries of the bot's own folder."""
    with _temporary_home() as home:
        stores = open_stores(settings.model_copy(update={"home": home, "database_url": None}))
        ensure_faq(stores, bot)
        served: ServedModel = load_answering(settings, stores, interpreter, open_reader(settings))
        stores.close()
    understanding = Understanding(served)
    try:
        yield understanding
    finally:
        understanding.close()


@contextlib.contextmanager
def _temporary_home() -> Iterator[Path]:
    """Make a folder that the bot's actions take for SPANDESK_HOME."""
    before = os.environ.get("SPANDESK_HOME")
    with tempfile.TemporaryDirectory(prefix="spandesk-") as folder:
        os.environ["SPANDESK_HOME"] = folder
        try:
            yield Path(folder)
        finally:
            if before is None:
                del os.environ["SPANDESK_HOME"]
            else:
                os.environ["SPANDESK_HOME"] = before
