"""A server with real stores, sockets and HTTP around a bot that only echoes."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
import numpy as np
import uvicorn

from app.api.edge import Edge
from app.bootstrap import Services
from app.bot.bot import Bot, BotConfig
from app.db.audit import AuditLog
from app.db.clock import utc_now
from app.db.conversation_store import ConversationStore
from app.db.engine import Sessions
from app.db.faq_store import FaqStore
from app.db.model_store import ModelStore
from app.db.review_store import ReviewStore
from app.db.tracker_store import SqlTrackerStore
from app.db.training_store import TrainingStore
from app.db.user_store import UserStore
from app.dialogue.domain import Domain, IntentDefinition
from app.dialogue.errors import HandoffError, UnderstandingError
from app.dialogue.events import (
    AgentJoined,
    AgentUttered,
    BotUttered,
    Button,
    DecisionMade,
    Event,
    FaqSource,
    HandoffClosed,
    RecordedEvent,
    SessionStarted,
    UserUttered,
)
from app.dialogue.manager import DialogueManager, Ports, TurnResult
from app.dialogue.ports import ActionRunner, Answerer, Interpreter
from app.dialogue.script import make_script
from app.dialogue.understanding import CustomerMessage
from app.main import SERVER_OPTIONS, create_app
from app.realtime.hub import Hub
from app.realtime.publisher import InProcessPublisher, ServerPublisher
from app.serving.understanding import ServedModel, Understanding
from app.settings import Settings
from nlu.interpreter import BundleInterpreter
from nlu.types import EntitySpan, IntentPrediction, ParsedUtterance
from retrieval.answerer import FaqAnswerer

PASSWORD = "correct horse battery"
DOMAIN = Domain(
    intents={name: IntentDefinition(name) for name in ("greet", "track_order")},
    entities=("order_number",),
    slots={},
    responses={},
    actions=(),
    forms={},
)
BOT = Bot(
    name="Fern",
    path=Path(),
    domain=DOMAIN,
    rules=(),
    stories=(),
    config=BotConfig(),
    intent_titles={"track_order": "Where is my order?"},
    welcome=None,
    digest="d1",
)


def parse(text: str) -> ParsedUtterance:
    """Understand everything as a question for an order; the last word is its number."""
    intent = IntentPrediction("track_order", 0.9)
    start = text.rfind(" ") + 1
    span = EntitySpan(start, len(text), "order_number", text[start:], text[start:], 0.8)
    return ParsedUtterance(text, intent, (intent,), (span,), 0.1, np.ones(2, np.float32), "e1")


class FakeInterpreter:
    """Stands for `nlu.interpreter.BundleInterpreter`."""

    bundle_id = "bundle-1"
    encoder_id = "e1"

    def parse(self, texts: list[str]) -> list[ParsedUtterance]:
        return [parse(text) for text in texts]


@dataclass
class EchoManager:
    """Stands for `DialogueManager`: says back what came, through the real store and publisher.

    What begins with "faq" is answered from the FAQ; a real manager takes the ratings.
    """

    store: SqlTrackerStore
    publisher: ServerPublisher
    may_answer: threading.Event = field(default_factory=threading.Event)
    messages: list[CustomerMessage] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.may_answer.set()
        ports = Ports(
            cast(Interpreter, None),
            cast(Answerer, None),
            cast(ActionRunner, None),
            self.store,
            self.publisher,
            utc_now,
            random.Random(7),
        )
        self.rate_answer = DialogueManager(make_script(DOMAIN, (), ()), ports).rate_answer

    def start(self, conversation_id: str, channel: str) -> None:
        self._append(conversation_id, SessionStarted(), BotUttered(f"Welcome to {channel}"))

    def handle_message(self, message: CustomerMessage) -> TurnResult:
        self.messages.append(message)
        self.may_answer.wait(10)
        earlier = self._find_earlier(message)
        if earlier:
            return TurnResult(recorded=earlier, duplicate=True)
        if message.text == "fail by name":
            raise UnderstandingError("the model is asleep")
        if message.text == "fail unexpectedly":
            raise ZeroDivisionError("secret detail")
        said = UserUttered(
            message.payload or message.text,
            parse(message.payload or message.text),
            message.client_message_id,
            message.channel,
            "bundle-1",
            display_text=message.text if message.payload else None,
            metadata=message.metadata,
        )
        answer = BotUttered(f"You said {message.text}", (Button("Again", "/greet"),))
        if message.text.startswith("faq"):
            answer = BotUttered(answer.text, faq=FaqSource("returns", "Returns?", "/help", 0, 3, 0.9))
        decision = DecisionMade("Reply", "utter_echo", "rule", ("rule echo",))
        return TurnResult(self._append(message.conversation_id, said, decision, answer), duplicate=False)

    def agent_join(self, conversation_id: str, *, agent_id: str, agent_name: str) -> None:
        self._append(conversation_id, AgentJoined(agent_id, agent_name))

    def agent_say(self, conversation_id: str, text: str, *, agent_id: str, agent_name: str) -> None:
        if self.store.load(conversation_id).mode != "agent":
            raise HandoffError("join first")
        self._append(conversation_id, AgentUttered(text, agent_id, agent_name))

    def agent_leave(self, conversation_id: str) -> None:
        self._append(conversation_id, HandoffClosed())

    def _append(self, conversation_id: str, *events: Event) -> list[RecordedEvent]:
        version = self.store.load(conversation_id).version
        recorded = self.store.append(conversation_id, events, expected_version=version)
        self.publisher.publish(conversation_id, recorded)
        return recorded

    def _find_earlier(self, message: CustomerMessage) -> list[RecordedEvent]:
        recorded = self.store.recorded(message.conversation_id)
        for place, item in enumerate(recorded):
            if (
                isinstance(item.event, UserUttered)
                and message.client_message_id is not None
                and item.event.client_message_id == message.client_message_id
            ):
                return recorded[place : place + 3]
        return []


def build_test_services(
    sessions: Sessions,
    *,
    hub: Hub | None = None,
    publisher: ServerPublisher | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Services:
    """Build services with real stores, a fake model and the echoing manager."""
    hub = hub or Hub()
    publisher = publisher or InProcessPublisher(hub)
    store = SqlTrackerStore(sessions)
    training = TrainingStore(sessions)
    served = ServedModel(cast(BundleInterpreter, FakeInterpreter()), cast(FaqAnswerer, object()), "faq-1")
    understanding = Understanding(served)
    return Services(
        settings=Settings(**{"messages_per_minute": 600, **(settings or {})}),
        bot=BOT,
        manager=cast(DialogueManager, EchoManager(store, publisher)),
        understanding=understanding,
        tracker_store=store,
        conversations=ConversationStore(sessions),
        reviews=ReviewStore(sessions),
        users=UserStore(sessions),
        faq=FaqStore(sessions),
        training=training,
        models=ModelStore(sessions),
        audit=AuditLog(sessions),
        hub=hub,
        publisher=publisher,
        request_retraining=training.create_job,
        close=understanding.close,
    )


@dataclass(frozen=True)
class RunningServer:
    """A real server on loopback."""

    services: Services
    port: int
    edge: Edge

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    @property
    def manager(self) -> EchoManager:
        return cast(EchoManager, self.services.manager)

    def client(self, **headers: str) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers=headers, timeout=20)

    @contextmanager
    def staff_client(self, role: str = "agent") -> Iterator[httpx.Client]:
        """A client that is logged in as Ada (agent) or Olu (operator)."""
        name = {"agent": "Ada", "operator": "Olu"}[role]
        if self.services.users.authenticate(name, PASSWORD) is None:
            self.services.users.add(name, PASSWORD, role)
        with self.client() as client:
            answer = client.post("/api/v1/auth/login", json={"name": name, "password": PASSWORD})
            answer.raise_for_status()
            yield client


@contextmanager
def running(services: Services) -> Iterator[RunningServer]:
    """Serve until the end of the block; clients may connect at once, the socket listens already."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = create_app(services)
    config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=5, **SERVER_OPTIONS)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="test-server")
    thread.start()
    try:
        yield RunningServer(services, listening.getsockname()[1], app.state.edge)
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()
    if thread.is_alive():
        raise RuntimeError("the server did not stop")
