"""Mistakes in a bot's folder and in stored conversations: a clear message each, no conversation lost.

Each bot is a folder, loaded as it is served, with its actions in the process and a real database; only the
model is told what it understands. Action servers that fail are in `test_actions_failures`.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from app.actions.in_process import InProcessActionRunner
from app.bootstrap import script_of
from app.bot.loader import load_bot
from app.db.engine import Sessions, writing
from app.db.tables import EventRow
from app.db.tracker_store import SqlTrackerStore
from app.dialogue.events import ActionFailed, BotUttered, Event, SessionStarted, SlotSet
from app.dialogue.manager import DialogueManager, Ports
from app.dialogue.understanding import CustomerMessage
from nlu.types import ParsedUtterance
from tests.factories_db import TickingClock
from tests.fakes_bot import write_bot
from tests.fakes_dialogue import FakeAnswerer, FakeInterpreter, MemoryPublisher, parsed

DOMAIN = """\
version: "3.1"
intents: [greet, goodbye, order, tell]
entities: [size]
slots:
  size: {type: text, mappings: [{type: from_entity, entity: size}]}
responses:
  utter_hello: [{text: Hello!}]
  utter_bye: [{text: Bye!}]
  utter_ask_size: [{text: Which size?}]
actions: [action_order]
"""
RULES = """\
version: "3.1"
rules:
- {rule: greet, steps: [{intent: greet}, {action: utter_hello}]}
- {rule: order, steps: [{intent: order}, {action: action_order}]}
"""
ACTIONS = """\
from rasa_sdk import Action

class Order(Action):
    def name(self):
        return "action_order"

    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text="Ordered.")
        return [{"event": "teleport", "to": "Rome"}, {"event": "slot", "name": "size", "value": "L"}]
"""
ID = "conversation"


class Talk:
    """A conversation with the bot of a folder."""

    def __init__(self, folder: Path, sessions: Sessions) -> None:
        self.bot = load_bot(folder)
        self.runner = InProcessActionRunner(self.bot.actions_path, self.bot.domain)
        self.events: list[Event] = []
        self._model = FakeInterpreter()
        store = SqlTrackerStore(sessions, clock=TickingClock())
        ports = Ports(
            self._model,
            FakeAnswerer(),
            self.runner,
            store,
            MemoryPublisher([]),
            TickingClock(),
            random.Random(1),
        )
        self._manager = DialogueManager(script_of(self.bot), ports)

    def hear(self, understood: ParsedUtterance) -> list[str]:
        """Let the customer say something; gives the answers."""
        self._model.known[understood.text] = understood
        result = self._manager.handle_message(CustomerMessage(ID, understood.text, None, "web"))
        self.events = [item.event for item in result.recorded]
        return [event.text for event in self.events if isinstance(event, BotUttered)]

    def greet(self) -> list[str]:
        """Say hello, as the next message after whatever went wrong."""
        return self.hear(parsed("hello", "greet"))

    @property
    def errors(self) -> str:
        return " ".join(event.error for event in self.events if isinstance(event, ActionFailed))


Begin = Callable[[Path], Talk]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "actions.py").write_text(ACTIONS)
    return write_bot(tmp_path, domain=DOMAIN, data__rules=RULES, data__stories="")


@pytest.fixture
def begin(sqlite_sessions: Sessions) -> Iterator[Begin]:
    talks: list[Talk] = []

    def _begin(folder: Path) -> Talk:
        talks.append(Talk(folder, sqlite_sessions))
        return talks[-1]

    yield _begin
    for talk in talks:
        talk.runner.close()


def test_an_unknown_top_level_key_is_named_and_the_bot_talks(folder: Path, begin: Begin) -> None:
    write_bot(folder, domain=f"respnses: {{}}\n{DOMAIN}", data__rules=RULES, data__stories="storys: []\n")

    talk = begin(folder)

    assert talk.greet() == ["Hello!"]
    assert talk.bot.warnings[0].startswith("domain.yml:1: the domain: unknown key 'respnses'; did you mean")
    assert talk.bot.warnings[1].startswith("data/stories.yml:1: a training data file: unknown key 'storys'")


def test_an_entity_that_the_domain_lacks_is_named_and_the_bot_talks(folder: Path, begin: Begin) -> None:
    domain = DOMAIN.replace("entities: [size]", "entities: []")
    stories = "stories:\n- {story: a, steps: [{intent: order, entities: [size]}, {action: action_order}]}\n"
    rules = f"{RULES}- {{rule: tell, steps: [{{intent: tell}}, {{action: utter_bye}}]}}\n"
    write_bot(folder, domain=domain, data__rules=rules, data__stories=stories)

    talk = begin(folder)

    assert talk.hear(parsed("large", "tell", ("size", "large"))) == ["Bye!"]
    assert talk.errors == ""
    assert not [event for event in talk.events if isinstance(event, SlotSet)]  # it is never found, as in Rasa
    assert talk.greet() == ["Hello!"]
    assert talk.bot.warnings == (
        "domain.yml:5: a mapping of the slot 'size': the domain has no entity 'size'; it is never found",
        "data/stories.yml:2: the story 'a': the domain has no entity 'size'; it is never found",
    )


def test_a_form_slot_without_mapping_is_named_and_the_form_can_be_left(folder: Path, begin: Begin) -> None:
    domain = DOMAIN.replace("mappings: [{type: from_entity, entity: size}]", "mappings: []")
    rules = """\
- {rule: start, steps: [{intent: tell}, {action: size_form}, {active_loop: size_form}]}
- rule: leave
  condition: [{active_loop: size_form}]
  steps: [{intent: goodbye}, {action: action_deactivate_loop}, {active_loop: null}, {action: utter_bye}]
"""
    forms = "forms: {size_form: {required_slots: [size]}}\n"
    write_bot(folder, domain=domain + forms, data__rules=RULES + rules, data__stories="")

    talk = begin(folder)

    assert talk.bot.warnings == (
        "domain.yml:5: the slot 'size' of the form 'size_form' has no mappings, so nothing can fill it;"
        " expected 'mappings:' under the slot",
    )
    assert talk.hear(parsed("a shirt", "tell")) == ["Which size?"]
    talk.hear(parsed("large", "tell", ("size", "large")))
    assert SlotSet("size", "large") not in talk.events
    assert talk.greet() == ["Hello!", "Which size?"]
    assert talk.hear(parsed("bye", "goodbye")) == ["Bye!"]
    assert talk.greet() == ["Hello!"]


def test_an_unknown_event_of_an_action_is_logged_and_costs_only_itself(
    folder: Path, begin: Begin, caplog: pytest.LogCaptureFixture
) -> None:
    talk = begin(folder)

    assert talk.hear(parsed("one shirt", "order")) == ["Ordered."]
    assert SlotSet("size", "L") in talk.events
    assert talk.errors == ""
    (record,) = [record for record in caplog.records if record.message == "event_unknown"]
    assert (record.levelno, vars(record)["action"], vars(record)["event"]) == (
        logging.ERROR,
        "action_order",
        "teleport",
    )
    assert talk.greet() == ["Hello!"]


def test_a_loop_of_rules_that_never_listens_is_stopped_and_named(folder: Path, begin: Begin) -> None:
    circle = """\
- {rule: on, wait_for_user_input: false, steps: [{action: utter_bye}, {action: utter_ask_size}]}
- {rule: and on, wait_for_user_input: false, steps: [{action: utter_ask_size}, {action: utter_bye}]}
- {rule: start, wait_for_user_input: false, steps: [{intent: tell}, {action: utter_bye}]}
"""
    write_bot(folder, domain=DOMAIN, data__rules=RULES + circle, data__stories="")

    talk = begin(folder)

    assert len(talk.hear(parsed("large", "tell"))) == 11  # ten answers and the apology
    assert talk.errors == (
        "got more than 10 actions in one turn, the last was 'utter_ask_size'; a rule or story runs in a"
        " circle"
    )
    assert talk.greet() == ["Hello!"]


def test_stored_events_of_an_older_version_are_logged_and_begin_a_new_session(
    folder: Path, begin: Begin, sqlite_sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    begin(folder).hear(parsed("one shirt", "order"))
    with writing(sqlite_sessions) as session:
        session.execute(update(EventRow).where(EventRow.type == "slot_set").values(schema_version=0))

    talk = begin(folder)  # another server, or this one after an update

    assert talk.greet() == ["Hello!"]
    assert SessionStarted() in talk.events
    (problem,) = {
        vars(record)["problem"] for record in caplog.records if record.message == "event_unreadable"
    }
    assert "event slot_set: got schema version 0, expected 1" in problem
    assert talk.hear(parsed("bye", "order")) == ["Ordered."]
    assert SessionStarted() not in talk.events


def test_a_circle_of_checkpoints_is_named_and_its_stories_are_told(folder: Path, begin: Begin) -> None:
    stories = """\
stories:
- story: Begin
  steps: [{intent: tell}, {action: utter_ask_size}, {checkpoint: asked}]
- story: Again
  steps: [{checkpoint: asked}, {intent: tell}, {action: utter_ask_size}, {checkpoint: asked}]
- story: End
  steps: [{checkpoint: asked}, {intent: goodbye}, {action: utter_bye}]
"""
    write_bot(folder, domain=DOMAIN, data__rules=RULES, data__stories=stories)

    talk = begin(folder)

    assert talk.bot.warnings == (
        "data/stories.yml:5: the checkpoint 'asked' leads back to itself; the circle is gone round at most 3"
        " times",
    )
    for _ in range(3):
        assert talk.hear(parsed("large", "tell")) == ["Which size?"]
    assert talk.hear(parsed("bye", "goodbye")) == ["Bye!"]
    assert talk.greet() == ["Hello!"]


def test_a_story_that_contradicts_a_rule_is_logged_and_the_rule_decides(
    folder: Path, begin: Begin, caplog: pytest.LogCaptureFixture
) -> None:
    stories = "stories:\n- {story: other, steps: [{intent: greet}, {action: utter_bye}]}\n"
    write_bot(folder, domain=DOMAIN, data__rules=RULES, data__stories=stories)

    talk = begin(folder)

    (problem,) = [vars(item)["problem"] for item in caplog.records if item.message == "rules_contradict"]
    assert problem == (
        "data/stories.yml:2: the story 'other' goes on with 'utter_bye', but the rule 'greet'"
        " (data/rules.yml:3) goes on with 'utter_hello' there; change one of them, or add a condition to the"
        " rule"
    )
    assert [talk.greet(), talk.greet()] == [["Hello!"], ["Hello!"]]
