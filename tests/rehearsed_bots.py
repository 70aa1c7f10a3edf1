"""Test conversations of `tests/bots`, held with a perfect interpreter: it understands what their steps say.

Everything behind it is real: the loader, the dialogue manager, rasa-sdk with the bots' own actions.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from app.actions.in_process import InProcessActionRunner
from app.bootstrap import script_of
from app.bot.bot import Bot
from app.bot.loader import load_bot
from app.bot.test_stories import read_test_stories
from app.dialogue.manager import DialogueManager, Ports
from app.dialogue.stories import IntentStep, Story
from app.dialogue.story_check import Difference, ExpectedTurn, find_difference, split_turns
from app.dialogue.understanding import CustomerMessage
from nlu.types import EntitySpan, IntentPrediction, ParsedUtterance
from tests.fakes_dialogue import FakeAnswerer, FakeInterpreter, MemoryPublisher, MemoryStore

BOTS = Path(__file__).parent / "bots"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
CONVERSATION = "rehearsal"


def conversations_of(name: str) -> list[Story]:
    """Give the test conversations of a bot."""
    return read_test_stories(load_bot(BOTS / name))


class Rehearser:
    """Holds conversations with one bot."""

    def __init__(self, bot: Bot, runner: InProcessActionRunner) -> None:
        self._script = script_of(bot)
        self._runner = runner

    def find_difference(self, story: Story) -> Difference | None:
        """Have the conversation and give the first difference, or None."""
        interpreter, store = FakeInterpreter(), MemoryStore(lambda: NOW, [])
        publisher = MemoryPublisher([])
        rng = random.Random(1)
        ports = Ports(interpreter, FakeAnswerer(), self._runner, store, publisher, lambda: NOW, rng)
        manager = DialogueManager(self._script, ports)
        manager.start(CONVERSATION, "test")
        for turn in split_turns(story):
            text = turn.utterance.text or f"/{turn.utterance.intent}"
            interpreter.known = {text: _as_annotated(turn.utterance)}
            result = manager.handle_message(CustomerMessage(CONVERSATION, text, channel="test"))
            events = [recorded.event for recorded in result.recorded]
            difference = find_difference(_without_payload(turn), events, store.load(CONVERSATION))
            if difference is not None:
                return difference
        return None


@contextmanager
def rehearsing_bot(name: str) -> Iterator[Rehearser]:
    """Load a bot of `tests/bots` with its actions."""
    bot = load_bot(BOTS / name)
    runner = InProcessActionRunner(bot.actions_path, bot.domain)
    try:
        yield Rehearser(bot, runner)
    finally:
        runner.close()


def _as_annotated(step: IntentStep) -> ParsedUtterance:
    intent = IntentPrediction(step.intent, 1.0)
    entities = tuple(
        EntitySpan(0, 0, e.entity, e.value or "", e.value or "", 1.0, e.role, e.group) for e in step.entities
    )
    return ParsedUtterance(step.text or "", intent, ranking=(intent,), entities=entities)


def _without_payload(turn: ExpectedTurn) -> ExpectedTurn:
    """Leave out the text of a payload, which brings entities that the step does not annotate."""
    is_payload = (turn.utterance.text or "").startswith("/")
    return replace(turn, utterance=replace(turn.utterance, text=None)) if is_payload else turn
