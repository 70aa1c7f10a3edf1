"""Reminders of a real rasa-sdk action, fired by processes that compete and die."""

from __future__ import annotations

import random
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from app.actions.in_process import InProcessActionRunner
from app.db.clock import utc_now
from app.db.engine import make_sessions, open_engine
from app.db.reminder_store import CLAIM, ReminderStore
from app.db.tracker_store import SqlTrackerStore
from app.dialogue.events import ActionFailed, UserUttered
from app.dialogue.manager import DialogueManager, Ports
from app.dialogue.ports import Clock
from app.dialogue.reminders import is_external
from app.dialogue.understanding import CustomerMessage
from app.serving.alarm import ReminderAlarm
from tests.fakes_dialogue import (
    FakeAnswerer,
    FakeInterpreter,
    MemoryPublisher,
    does,
    make_bot,
    make_domain,
    parsed,
    rule,
    said,
)

ROOT = Path(__file__).parents[2]
INTENT = "EXTERNAL_x"
NUM_REMINDERS = 12
ACTIONS = f"""\
import datetime
from rasa_sdk import Action
from rasa_sdk.events import ReminderScheduled

class Schedule(Action):
    def name(self):
        return "action_schedule"

    def run(self, dispatcher, tracker, domain):
        due = datetime.datetime.now() - datetime.timedelta(seconds=5)
        return [ReminderScheduled("{INTENT}", due, name=f"r{{i}}") for i in range({NUM_REMINDERS})]

class Nonsense(Action):
    def name(self):
        return "action_nonsense"

    def run(self, dispatcher, tracker, domain):
        return [{{"event": "reminder", "intent": "{INTENT}", "date_time": "soon"}}]
"""
PROGRAM = """\
import sys
from pathlib import Path
from tests.integration.test_reminders import alarm_of
print(alarm_of(sys.argv[1], Path(sys.argv[2])).check())
"""


def write_actions(folder: Path) -> Path:
    path = folder / "actions.py"
    path.write_text(ACTIONS)
    return path


def manager_of(url: str, actions: Path, *, clock: Clock = utc_now) -> DialogueManager:
    intents = {**make_domain().intents, INTENT: make_domain().intents["greet"]}
    domain = make_domain(intents=intents, actions=("action_schedule", "action_nonsense"))
    script = make_bot(
        domain=domain,
        rules=[
            rule("schedule", said("greet"), does("action_schedule")),
            rule("nonsense", said("stop"), does("action_nonsense")),
            rule("answer", said(INTENT), does("utter_greet")),
        ],
    )
    known = {"hi": parsed("hi", "greet"), "stop": parsed("stop", "stop")}
    ports = Ports(
        FakeInterpreter(known),
        FakeAnswerer(),
        InProcessActionRunner(actions, domain),
        SqlTrackerStore(make_sessions(open_engine(url)), clock=clock),
        MemoryPublisher([]),
        clock,
        random.Random(1),
    )
    return DialogueManager(script, ports)


def alarm_of(url: str, actions: Path, *, clock: Clock = utc_now) -> ReminderAlarm:
    store = ReminderStore(make_sessions(open_engine(url)), clock=clock)
    return ReminderAlarm(store, fire=manager_of(url, actions, clock=clock).fire_reminder)


def fired(url: str, conversation_id: str) -> list[str | None]:
    events = SqlTrackerStore(make_sessions(open_engine(url))).load(conversation_id).events
    return [
        event.client_message_id for event in events if isinstance(event, UserUttered) and is_external(event)
    ]


def test_processes_that_compete_fire_each_reminder_once(sqlite_url: str, tmp_path: Path) -> None:
    actions = write_actions(tmp_path)
    manager_of(sqlite_url, actions).handle_message(CustomerMessage("c", "hi"))

    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, sqlite_url, str(actions)], cwd=ROOT, stdout=subprocess.PIPE
        )
        for _ in range(2)
    ]
    counts = [int(process.communicate(timeout=60)[0]) for process in processes]

    assert sum(counts) == NUM_REMINDERS
    found = fired(sqlite_url, "c")
    assert (len(found), len(set(found))) == (NUM_REMINDERS, NUM_REMINDERS)


def test_reminder_that_was_fired_by_a_process_that_died_is_not_fired_again(
    sqlite_url: str, tmp_path: Path
) -> None:
    actions = write_actions(tmp_path)
    manager = manager_of(sqlite_url, actions)
    manager.handle_message(CustomerMessage("c", "hi"))
    store = ReminderStore(make_sessions(open_engine(sqlite_url)))
    due = store.claim_due()
    assert due is not None
    manager.fire_reminder(due)  # and then the process dies before it says so

    later = utc_now() + 2 * CLAIM
    count = alarm_of(sqlite_url, actions, clock=lambda: later).check()

    assert count == NUM_REMINDERS
    assert fired(sqlite_url, "c").count(due.message_id) == 1
    assert len(fired(sqlite_url, "c")) == NUM_REMINDERS


def test_message_of_the_customer_cancels_what_is_due(sqlite_url: str, tmp_path: Path) -> None:
    actions = write_actions(tmp_path)
    manager = manager_of(sqlite_url, actions)
    manager.handle_message(CustomerMessage("c", "hi"))
    manager.handle_message(CustomerMessage("c", "/goodbye"))

    assert alarm_of(sqlite_url, actions).check() == NUM_REMINDERS
    assert fired(sqlite_url, "c") == []
    later = utc_now() + timedelta(days=1)
    assert alarm_of(sqlite_url, actions, clock=lambda: later).check() == 0


def test_action_with_a_broken_time_fails_by_name_and_the_conversation_goes_on(
    sqlite_url: str, tmp_path: Path
) -> None:
    manager = manager_of(sqlite_url, write_actions(tmp_path))

    events = [item.event for item in manager.handle_message(CustomerMessage("c", "stop")).recorded]

    (failure,) = [event for event in events if isinstance(event, ActionFailed)]
    assert "got the reminder's time 'soon'; expected ISO 8601" in failure.error
    assert manager.handle_message(CustomerMessage("c", "/goodbye")).recorded
