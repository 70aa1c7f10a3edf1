"""``spandesk test`` as its users run it: real processes, the real model, a bot folder of Rasa's kind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes_bot import write_bot

ROOT = Path(__file__).parents[2]
RETAIL = ROOT / "bots" / "retail"
Spandesk = Callable[..., "subprocess.CompletedProcess[str]"]

pytestmark = pytest.mark.timeout(900)

DOMAIN = """
version: "3.1"
intents: [greet, goodbye, track_order, return_item, inform, bot_challenge]
entities: [order_number, email]
slots:
  order_number:
    type: text
    mappings: [{type: from_entity, entity: order_number}]
  email:
    type: text
    influence_conversation: false
    mappings: [{type: from_entity, entity: email}]
responses:
  utter_greet: [{text: Hello!}]
  utter_goodbye: [{text: Bye!}]
  utter_bot: [{text: I am a program.}]
  utter_ask_order_number: [{text: Which order?}]
  utter_ask_email: [{text: Which address?}]
  utter_returned: [{text: Done.}]
forms:
  return_form:
    required_slots: [order_number, email]
actions: [action_track, validate_return_form]
"""
RULES = """
version: "3.1"
rules:
- rule: Greet
  steps: [{intent: greet}, {action: utter_greet}]
- rule: Leave
  steps: [{intent: goodbye}, {action: utter_goodbye}]
- rule: Be honest
  steps: [{intent: bot_challenge}, {action: utter_bot}]
- rule: Track
  steps: [{intent: track_order}, {action: action_track}]
- rule: Start a return
  steps: [{intent: return_item}, {action: return_form}, {active_loop: return_form}]
- rule: End a return
  condition: [{active_loop: return_form}]
  steps:
  - action: return_form
  - active_loop: null
  - slot_was_set: [{requested_slot: null}]
  - action: utter_returned
"""
TESTS = """
version: "3.1"
stories:
- story: An order
  steps:
  - user: hello
    intent: greet
  - action: utter_greet
  - user: |
      where is my order [FH-10482](order_number)?
    intent: track_order
  - slot_was_set:
    - order_number: FH-10482
  - action: action_track
- story: A return without the form's questions, with a digression
  steps:
  - user: hi, I would like to return an item
    intent: return_item
  - action: return_form
  - active_loop: return_form
  - user: are you a robot?
    intent: bot_challenge
  - action: utter_bot
  - action: return_form
  - user: |
      [anna.keller@example.com](email)
    intent: inform
  - action: return_form
  - active_loop: null
  - action: utter_returned
"""
WRONG = """
- story: A wrong end
  steps:
  - user: hello
    intent: greet
  - action: utter_goodbye
"""


@pytest.fixture
def spandesk_test(tmp_path: Path) -> Spandesk:
    def run(*args: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"SPANDESK_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "app", "test", *args]
        return subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=400
        )

    return run


def small_bot(tmp_path: Path, tests: str) -> list[str]:
    bot = write_bot(
        tmp_path / "bot", domain=DOMAIN, data__rules=RULES, data__stories="", tests__test_stories=tests
    )
    return ["--bot", str(bot), "--bundle", str(RETAIL / "bundle")]


def test_a_bot_of_rasas_kind_is_judged_without_its_actions(spandesk_test: Spandesk, tmp_path: Path) -> None:
    done = spandesk_test(*small_bot(tmp_path, TESTS + WRONG))

    assert (done.returncode, done.stderr) == (1, "")
    assert "2 of 3 stories correct" in done.stdout
    assert "action: expected utter_goodbye, got utter_greet" in done.stdout
    results = tmp_path / "results"
    summary = json.loads((results / "summary.json").read_text())
    assert summary["pretences"] == {"the form rejected": 1}
    assert (summary["num_utterances"], summary["intent_accuracy"], summary["entity_f1"]) == (6, 1.0, 1.0)
    failed = (results / "failed_test_stories.yml").read_text()
    assert failed.count("- story:") == 1
    assert "- action: utter_goodbye  # predicted: utter_greet" in failed


def test_a_mistake_is_one_line_with_its_place(spandesk_test: Spandesk, tmp_path: Path) -> None:
    done = spandesk_test(*small_bot(tmp_path, TESTS.replace("(order_number)", "{order_number}", 1)))

    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("spandesk: tests/test_stories.yml:9: expected JSON after '[FH-10482]'")


def test_the_starter_bot_is_judged_both_ways(spandesk_test: Spandesk, tmp_path: Path) -> None:
    stories = tmp_path / "two.yml"
    text = (RETAIL / "tests" / "test_stories.yml").read_text(encoding="utf-8")
    first, second = text.split("\n  - story: ")[
        1:3
    ]  # all said at once; then detail by detail, by a follow-up
    stories.write_text("stories:\n  - story: " + first + "\n  - story: " + second, encoding="utf-8")
    arguments = ["--bot", str(RETAIL), "--stories", str(stories)]

    live = spandesk_test(*arguments, "--out", "live")
    as_rasa = spandesk_test(*arguments, "--as-rasa")

    assert (live.returncode, live.stdout.splitlines()[0]) == (0, "2 of 2 test conversations passed")
    assert json.loads((tmp_path / "live" / "summary.json").read_text())["judged"].startswith("live")
    assert as_rasa.returncode == 1
    assert "1 of 2 stories correct" in as_rasa.stdout
    assert "action: expected action_track_order, got action_listen" in as_rasa.stdout
