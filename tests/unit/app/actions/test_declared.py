"""As in Rasa, custom actions run only if the domain names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.actions.in_process import InProcessActionRunner
from app.dialogue.events import (
    ActionExecutionRejected,
    ActionFailed,
    ActiveLoopChanged,
    BotUttered,
    Event,
    SlotSet,
)
from app.dialogue.senders import sender_of
from app.dialogue.tracker import Tracker, empty_tracker
from tests.fakes_dialogue import given, make_domain

ACTIONS = """
from base_of_this_test import Greeter
from rasa_sdk import Action
from rasa_sdk.events import SlotSet


class Validate(Action):
    def name(self):
        return "validate_return_form"

    def run(self, dispatcher, tracker, domain):
        return [SlotSet("order_number", "checked")]


class Greets(Greeter):
    def name(self):
        return "action_greets"
"""
BASE = """
from rasa_sdk import Action


class Greeter(Action):
    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text=f"Hello {tracker.sender_id}")
        return []


class Beside(Greeter):
    def name(self):
        return "action_beside"
"""


def runner_for(folder: Path, *actions: str) -> InProcessActionRunner:
    base = f"base_{abs(hash(folder))}"  # modules beside the actions are the process's, by their names
    (folder / "actions.py").write_text(ACTIONS.replace("base_of_this_test", base))
    (folder / f"{base}.py").write_text(BASE)
    return InProcessActionRunner(folder, make_domain(actions=actions))


@pytest.mark.parametrize("is_declared", [True, False])
def test_a_form_is_validated_only_if_the_domain_says_so(tmp_path: Path, is_declared: bool) -> None:
    runner = runner_for(tmp_path, *["validate_return_form"][: int(is_declared)])

    conversation = given(actions=runner).says("return FH-1", "return_item", ("order_number", "FH-1"))

    runner.close()
    assert (SlotSet("order_number", "checked") in conversation.events) is is_declared


def test_code_that_the_domain_does_not_name_is_listed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    runner = runner_for(tmp_path, "action_greets", "action_without_code", "utter_greet")

    listed = [vars(r)["action"] for r in caplog.records if r.message == "action_not_in_domain"]
    assert listed == ["action_beside", "validate_return_form"]
    assert [runner.knows(name) for name in ("action_greets", "action_without_code", "utter_greet")] == [
        True,
        False,
        False,
    ]


def test_classes_beside_the_actions_count_and_know_the_customer(tmp_path: Path) -> None:
    runner = runner_for(tmp_path, "action_beside")

    assert runner.run("action_beside", empty_tracker("rest:ann")) == [BotUttered("Hello ann")]
    runner.close()


@pytest.mark.parametrize(
    ("conversation_id", "sender"),
    [("rest:ann", "ann"), ("rest:rest:ann", "rest:ann"), ("8f1c-x", "8f1c-x"), ("ann:rest:", "ann:rest:")],
)
def test_a_sender_is_known_without_our_prefix(conversation_id: str, sender: str) -> None:
    assert sender_of(conversation_id) == sender


def test_a_validating_action_that_rejects_rejects_for_its_form() -> None:
    def _rejects(_: Tracker) -> list[Event]:
        return [ActionExecutionRejected("validate_return_form")]

    conversation = given(actions={"validate_return_form": _rejects})
    conversation.says("return FH-1", "return_item", ("order_number", "FH-1"))

    assert conversation.of_type(ActionExecutionRejected) == [ActionExecutionRejected("return_form")]
    assert conversation.of_type(ActiveLoopChanged) == conversation.of_type(ActionFailed) == []
