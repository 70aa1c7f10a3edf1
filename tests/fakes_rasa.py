"""A small Rasa bot behind a real server: real manager, stores and sockets; only the model is a stand-in."""

from __future__ import annotations

import random
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, cast

from app.bot.bot import BotConfig, Channels
from app.db.clock import utc_now
from app.db.engine import Sessions
from app.dialogue.domain import Domain, IntentDefinition, ResponseVariation, SlotDefinition, SlotMapping
from app.dialogue.manager import DialogueManager, Ports
from app.dialogue.script import make_script
from app.dialogue.stories import ELLIPSIS, ActionStep, IntentStep, Rule
from app.serving.understanding import ServedModel, Understanding
from nlu.interpreter import BundleInterpreter
from nlu.types import IntentPrediction, ParsedUtterance
from retrieval.answerer import FaqAnswerer
from tests.fakes_api import BOT, RunningServer, build_test_services, running
from tests.fakes_dialogue import FakeActions, FakeAnswerer, gives, raises

DOMAIN = Domain(
    intents={name: IntentDefinition(name) for name in ("greet", "pay", "remind")},
    entities=("amount",),
    slots={
        "amount": SlotDefinition("amount", "any", mappings=(SlotMapping("from_entity", entity="amount"),))
    },
    responses={
        "utter_greet": (
            ResponseVariation("Hello!\n\nHow can I help?", image="hello.png", custom={"mood": "good"}),
        ),
        "utter_pay": (ResponseVariation("Pay now?", buttons=(("Yes", "/greet"),)),),
        "utter_remind": (ResponseVariation("Do not forget {amount}."),),
        "utter_default": (ResponseVariation("Sorry?"),),
    },
    actions=("action_fails", "action_quiet"),
    forms={},
)
RULES = tuple(
    Rule(f"answer {intent}", (ELLIPSIS, IntentStep(intent), ActionStep(f"utter_{intent}")))
    for intent in ("greet", "pay", "remind")
)


class Words:
    """A model that takes the first word for the intent."""

    bundle_id = "bundle-1"
    encoder_id = "e1"

    def parse(self, texts: list[str]) -> list[ParsedUtterance]:
        return [self._parse(text) for text in texts]

    def _parse(self, text: str) -> ParsedUtterance:
        intent = IntentPrediction(text.split()[0], 0.9)
        return ParsedUtterance(text, intent, (intent,))


def serve_rasa_bot(
    sessions: Sessions, *, channels: Channels | None = None, **settings: Any
) -> AbstractContextManager[RunningServer]:
    """Serve the bot with these channels and settings."""
    services = build_test_services(sessions, settings=settings)
    services.understanding.close()
    served = ServedModel(cast(BundleInterpreter, Words()), cast(FaqAnswerer, FakeAnswerer()), "faq-1")
    understanding = Understanding(served)
    actions = FakeActions({"action_fails": raises(), "action_quiet": gives()})
    ports = Ports(
        understanding,
        understanding,
        actions,
        services.tracker_store,
        services.publisher,
        utc_now,
        random.Random(1),
    )
    manager = DialogueManager(make_script(DOMAIN, RULES, ()), ports)
    bot = replace(BOT, domain=DOMAIN, config=BotConfig(channels=channels or Channels()))
    return running(
        replace(services, bot=bot, understanding=understanding, manager=manager, close=understanding.close)
    )
