"""A small bot, fakes of all ports, and conversations as tests: ``given(bot).when("text").then(...)``."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from app.dialogue.domain import (
    Domain,
    Form,
    IntentDefinition,
    MappingCondition,
    ResponseVariation,
    SlotDefinition,
    SlotMapping,
)
from app.dialogue.errors import ActionFailedError, ConflictError, RetrievalError, UnderstandingError
from app.dialogue.events import ActionExecuted, BotUttered, DecisionMade, Event, RecordedEvent
from app.dialogue.manager import DialogueManager, Limits, Ports, TurnResult
from app.dialogue.policy_settings import PolicySettings
from app.dialogue.script import BotScript, make_script
from app.dialogue.stories import ActionStep, IntentStep, LoopStep, Rule, SlotStep, Step, StepEntity, Story
from app.dialogue.tracker import Tracker, empty_tracker, fold_recorded
from app.dialogue.understanding import CustomerMessage
from nlu.types import FALLBACK_INTENT, EntitySpan, IntentPrediction, ParsedUtterance
from retrieval.types import Answer, FaqOutcome, NoAnswer

CONVERSATION = "c1"
START = datetime(2025, 5, 1, 12, 0, tzinfo=UTC)

PASSAGE = "You can return an item within 30 days."
RETURNS_ANSWER = Answer("returns", "How long can I return?", PASSAGE, 0, len(PASSAGE), "/help/returns", 0.9)


# --- steps of rules and stories, short to write ----------------------------------------


def said(intent: str, *entities: str) -> IntentStep:
    return IntentStep(intent, tuple(StepEntity(name) for name in entities))


def does(action: str) -> ActionStep:
    return ActionStep(action)


def loop(name: str | None) -> LoopStep:
    return LoopStep(name)


def slot(name: str, value: Any) -> SlotStep:
    return SlotStep(name, value)


def rule(name: str, *steps: Step, **options: Any) -> Rule:
    return Rule(name, steps, **options)


def story(name: str, *steps: Step) -> Story:
    return Story(name, steps)


# --- what was understood ----------------------------------------


def parsed(
    text: str,
    intent: str,
    *entities: tuple[str, str] | tuple[str, str, str],
    ranking: Sequence[str] = (),
    confidence: float = 0.9,
) -> ParsedUtterance:
    """Make a parse; each entity is (entity, piece of the text[, role])."""
    spans = []
    for entity, piece, *role in entities:
        start = text.index(piece)
        spans.append(
            EntitySpan(start, start + len(piece), entity, piece, piece, 0.9, role[0] if role else None)
        )
    names = ranking or (intent,)
    predictions = tuple(IntentPrediction(name, confidence / (i + 1)) for i, name in enumerate(names))
    return ParsedUtterance(text, IntentPrediction(intent, confidence), predictions, tuple(spans))


def not_understood(text: str, *ranking: str) -> ParsedUtterance:
    return parsed(text, FALLBACK_INTENT, ranking=ranking or ("greet", "track_order"), confidence=0.3)


# --- ports ----------------------------------------


@dataclass
class FakeInterpreter:
    """Understands what it was told to; everything else it does not understand."""

    known: dict[str, ParsedUtterance] = field(default_factory=dict)
    bundle_id: str = "bundle-1"
    is_broken: bool = False

    def parse(self, text: str) -> ParsedUtterance:
        if self.is_broken:
            raise UnderstandingError("the model is not loaded")
        return self.known.get(text, not_understood(text))


@dataclass
class FakeAnswerer:
    """Gives the outcome it was told to."""

    outcome: FaqOutcome = field(default_factory=lambda: NoAnswer("nothing is close"))
    entries: Mapping[str, Answer] = field(default_factory=lambda: {"returns": RETURNS_ANSWER})
    is_broken: bool = False
    asked: list[str] = field(default_factory=list)
    said_before: list[tuple[str, ...]] = field(default_factory=list)

    def answer(self, parsed: ParsedUtterance, *, said_before: Sequence[str] = ()) -> FaqOutcome:
        self.asked.append(parsed.text)
        self.said_before.append(tuple(said_before))
        if self.is_broken:
            raise RetrievalError("the index is gone")
        return self.outcome

    def answer_entry(self, entry_id: str) -> FaqOutcome:
        return self.entries.get(entry_id, NoAnswer("the entry is gone"))


Action = Callable[[Tracker], list[Event]]


@dataclass
class FakeActions:
    """Custom actions as functions of the tracker."""

    actions: dict[str, Action] = field(default_factory=dict)

    def knows(self, action: str) -> bool:
        return action in self.actions

    def run(self, action: str, tracker: Tracker) -> list[Event]:
        return self.actions[action](tracker)


def gives(*events: Event) -> Action:
    return lambda _: list(events)


def raises(message: str = "the shop is down") -> Action:
    def _action(_: Tracker) -> list[Event]:
        raise ActionFailedError(message)

    return _action


class MemoryStore:
    """Keeps events in memory, with the same promises as the database."""

    def __init__(self, clock: Callable[[], datetime], log: list[str]) -> None:
        self.rows: dict[str, list[RecordedEvent]] = {}
        self.num_conflicts = 0  # so many appends fail, as if another process had been faster
        self.before_append: Callable[[], None] = lambda: None
        self._clock = clock
        self._log = log

    def load(self, conversation_id: str) -> Tracker:
        return fold_recorded(empty_tracker(conversation_id), self.recorded(conversation_id))

    def recorded(self, conversation_id: str, *, after_sequence: int = 0) -> list[RecordedEvent]:
        return self.rows.get(conversation_id, [])[after_sequence:]

    def append(
        self, conversation_id: str, events: Sequence[Event], *, expected_version: int
    ) -> list[RecordedEvent]:
        self.before_append()
        rows = self.rows.setdefault(conversation_id, [])
        if self.num_conflicts or len(rows) != expected_version:
            self.num_conflicts = max(0, self.num_conflicts - 1)
            raise ConflictError(f"got version {expected_version}, expected {len(rows)}")
        new = [
            RecordedEvent(sequence, self._clock(), event)
            for sequence, event in enumerate(events, expected_version + 1)
        ]
        rows += new
        self._log.append("saved")
        return new


class MemoryPublisher:
    """Remembers what was published."""

    def __init__(self, log: list[str]) -> None:
        self.published: list[RecordedEvent] = []
        self._log = log

    def publish(self, conversation_id: str, events: Sequence[RecordedEvent]) -> None:
        del conversation_id
        self.published += events
        self._log.append("published")


# --- a bot and a conversation with it ----------------------------------------


def filled_in(form: str, *, asked: str | None = None) -> tuple[MappingCondition, ...]:
    return (MappingCondition(form, asked),)


def make_domain(**changes: Any) -> Domain:
    """A shop with one form of three slots: an entity, a text and a yes or no."""
    fields: dict[str, Any] = {
        "intents": {
            name: IntentDefinition(name)
            for name in ("greet", "goodbye", "track_order", "return_item", "inform", "affirm", "deny", "stop")
            + ("ask_help", "talk_to_human", "nlu_fallback")
        },
        "entities": ("order_number", "product", "colour"),
        "slots": {
            "order_number": SlotDefinition(
                "order_number", "text", (SlotMapping("from_entity", entity="order_number"),)
            ),
            "reason": SlotDefinition(
                "reason",
                "text",
                (
                    SlotMapping(
                        "from_text",
                        not_intents=("stop", "ask_help", "nlu_fallback", "talk_to_human"),
                        conditions=filled_in("return_form", asked="reason"),
                    ),
                ),
                influence_conversation=False,
            ),
            "confirmed": SlotDefinition(
                "confirmed",
                "bool",
                tuple(
                    SlotMapping(
                        "from_intent",
                        value=value,
                        intents=(intent,),
                        conditions=filled_in("return_form", asked="confirmed"),
                    )
                    for intent, value in (("affirm", True), ("deny", False))
                ),
            ),
        },
        "responses": {
            name: (ResponseVariation(text),)
            for name, text in {
                "utter_greet": "Hello!",
                "utter_goodbye": "Bye!",
                "utter_stopped": "Stopped.",
                "utter_ask_order_number": "Which order?",
                "utter_ask_reason": "Why?",
                "utter_ask_return_form_confirmed": "Return order {order_number}, sure?",
                "utter_returned": "Done.",
                "utter_welcome": "Welcome!",
            }.items()
        },
        "actions": ("action_track",),
        "forms": {
            "return_form": Form("return_form", ("order_number", "reason", "confirmed")),
        },
    }
    return Domain(**(fields | changes))


RULES = (
    rule("greet", said("greet"), does("utter_greet")),
    rule("track", said("track_order"), does("action_track")),
    rule("help", said("ask_help"), does("action_answer_faq")),
    rule("human", said("talk_to_human"), does("action_request_handoff")),
    rule("start return", said("return_item"), does("return_form"), loop("return_form")),
    rule(
        "submit return",
        does("return_form"),
        loop(None),
        slot("requested_slot", None),
        does("utter_returned"),
        conditions=(loop("return_form"),),
    ),
    rule(
        "stop return",
        said("stop"),
        does("action_deactivate_loop"),
        loop(None),
        does("utter_stopped"),
        conditions=(loop("return_form"),),
    ),
)
TITLES = {"track_order": "Track my order", "return_item": "Return an item", "goodbye": "Leave"}


def make_bot(
    *,
    domain: Domain | None = None,
    rules: Sequence[Rule] = RULES,
    stories: Sequence[Story] = (),
    **options: Any,
) -> BotScript:
    """A bot with comfort, unless other settings are given."""
    settings = PolicySettings(has_comfort=True, max_history=options.pop("max_history", 5))
    defaults = {"intent_titles": TITLES, "settings": settings}
    return make_script(domain or make_domain(), rules, stories, **(defaults | options))


@dataclass
class Conversation:
    """A conversation with a bot whose ports are all in memory."""

    script: BotScript = field(default_factory=make_bot)
    actions: FakeActions = field(default_factory=FakeActions)
    interpreter: FakeInterpreter = field(default_factory=FakeInterpreter)
    answerer: FakeAnswerer = field(default_factory=FakeAnswerer)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        self.log: list[str] = []
        self.now = START
        self.store = MemoryStore(lambda: self.now, self.log)
        self.publisher = MemoryPublisher(self.log)
        ports = Ports(
            self.interpreter,
            self.answerer,
            self.actions,
            self.store,
            self.publisher,
            lambda: self.now,
            random.Random(7),
        )
        self.manager = DialogueManager(self.script, ports, self.limits)
        self.last = TurnResult([])

    def when(
        self,
        text: str,
        understood: ParsedUtterance | None = None,
        *,
        message_id: str | None = None,
        payload: str | None = None,
        channel: str = "web",
    ) -> Conversation:
        """Let the customer say something."""
        if understood is not None:
            self.interpreter.known[text] = understood
        message = CustomerMessage(CONVERSATION, text, message_id, channel, payload)
        self.last = self.manager.handle_message(message)
        return self

    def says(self, text: str, intent: str, *entities: tuple[str, str]) -> Conversation:
        """Let the customer say something that is understood."""
        return self.when(text, parsed(text, intent, *entities))

    def wait(self, **duration: float) -> Conversation:
        self.now += timedelta(**duration)
        return self

    @property
    def events(self) -> list[Event]:
        """What the last turn recorded."""
        return [item.event for item in self.last.recorded]

    @property
    def replies(self) -> list[str]:
        """What the bot said in the last turn."""
        return [event.text for event in self.events if isinstance(event, BotUttered)]

    @property
    def executed(self) -> list[str]:
        """What the bot did in the last turn, without listening."""
        actions = [event.action for event in self.events if isinstance(event, ActionExecuted)]
        return [action for action in actions if action not in {"action_listen", "action_session_start"}]

    @property
    def decisions(self) -> list[tuple[str, str, str]]:
        return [
            (event.decision, event.target, event.policy)
            for event in self.events
            if isinstance(event, DecisionMade)
        ]

    def of_type(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def tracker(self) -> Tracker:
        return self.store.load(CONVERSATION)


def given(**parts: Any) -> Conversation:
    """Begin a conversation; `actions` may be a mapping of functions."""
    if isinstance(parts.get("actions"), dict):
        parts["actions"] = FakeActions(parts["actions"])
    return Conversation(**parts)
