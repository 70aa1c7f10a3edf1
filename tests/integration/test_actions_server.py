"""Custom actions on a real rasa-sdk action server, in a process of its own on loopback."""

import logging
from collections.abc import Iterator

import pytest

from app.actions.http import HttpActionRunner
from app.dialogue.action_endpoint import ActionEndpoint
from app.dialogue.errors import ActionFailedError
from app.dialogue.events import ActionExecutionRejected, ActiveLoopChanged, BotUttered, SlotSet
from app.dialogue.tracker import empty_tracker, fold
from tests.action_servers import sdk_server
from tests.fakes_dialogue import does, given, make_bot, make_domain, rule, said
from tests.processes import free_port

ACTIONS = """
from rasa_sdk import Action
from rasa_sdk.events import SlotSet
from rasa_sdk.interfaces import ActionExecutionRejection


class Track(Action):
    def name(self):
        return "action_track"

    async def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text="Order " + str(tracker.get_slot("order_number")))
        return [SlotSet("reason", tracker.latest_message["intent"].get("name"))]


class Fails(Action):
    def name(self):
        return "action_fails"

    async def run(self, dispatcher, tracker, domain):
        raise ValueError("boom")


class Rejects(Action):
    def name(self):
        return "action_rejects"

    async def run(self, dispatcher, tracker, domain):
        raise ActionExecutionRejection("action_rejects")


class Unknown(Action):
    def name(self):
        return "action_unknown_event"

    def run(self, dispatcher, tracker, domain):
        return [{"event": "no_such_event"}, SlotSet("reason", "kept")]


class Old(Action):
    def name(self):
        return "action_old"

    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(template="utter_greet")
        return [SlotSet("reason", tracker.active_form.get("name")), SlotSet("sender", tracker.sender_id)]


class Domain(Action):
    def name(self):
        return "action_domain"

    def run(self, dispatcher, tracker, domain):
        return [SlotSet("reason", sorted(domain["forms"]))]
"""
NAMES = ("track", "fails", "rejects", "missing", "unknown_event", "old", "domain")
DOMAIN = make_domain(actions=tuple(f"action_{name}" for name in NAMES))


@pytest.fixture(scope="module")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("bot")
    (folder / "actions.py").write_text(ACTIONS)
    with sdk_server(folder, free_port()) as url:
        yield url


@pytest.fixture
def runner(server_url: str) -> Iterator[HttpActionRunner]:
    runner = HttpActionRunner(ActionEndpoint(server_url), DOMAIN)
    yield runner
    runner.close()


def test_a_conversation_runs_actions_on_the_server(runner: HttpActionRunner) -> None:
    conversation = given(script=make_bot(domain=DOMAIN), actions=runner)

    conversation.says("where is FH-1", "track_order", ("order_number", "FH-1"))

    assert conversation.of_type(BotUttered) == [BotUttered("Order FH-1")]
    assert conversation.of_type(SlotSet)[-1] == SlotSet("reason", "track_order")


def test_a_rejection_comes_back_as_an_event(runner: HttpActionRunner) -> None:
    assert runner.run("action_rejects", empty_tracker("c1")) == [ActionExecutionRejected("action_rejects")]


def test_an_unknown_event_costs_only_itself(
    runner: HttpActionRunner, caplog: pytest.LogCaptureFixture
) -> None:
    assert runner.run("action_unknown_event", empty_tracker("c1")) == [SlotSet("reason", "kept")]
    assert [r.message for r in caplog.records if r.levelno >= logging.ERROR] == ["event_unknown"]


def test_actions_of_old_bots_run(runner: HttpActionRunner) -> None:
    script = make_bot(domain=DOMAIN, rules=[rule("greet", said("greet"), does("action_old"))])
    tracker = fold(empty_tracker("rest:ann"), [ActiveLoopChanged("return_form")])

    assert runner.run("action_old", tracker)[1:] == [
        SlotSet("reason", "return_form"),
        SlotSet("sender", "ann"),
    ]
    assert given(script=script, actions=runner).says("hi", "greet").replies == ["Hello!"]


def test_a_server_that_keeps_the_domain_needs_it_once(server_url: str) -> None:
    selective = HttpActionRunner(ActionEndpoint(server_url, enable_selective_domain=True), DOMAIN)

    events = [selective.run("action_domain", empty_tracker("c1")) for _ in range(2)]

    selective.close()
    assert events == [[SlotSet("reason", ["return_form"])]] * 2


def test_the_server_takes_deflated_requests(server_url: str) -> None:
    compressing = HttpActionRunner(ActionEndpoint(server_url), DOMAIN, is_compressing=True)

    events = compressing.run("action_domain", empty_tracker("c1"))

    compressing.close()
    assert events == [SlotSet("reason", ["return_form"])]


@pytest.mark.parametrize(("action", "status"), [("action_fails", 500), ("action_missing", 404)])
def test_a_failure_on_the_server_is_a_named_error(runner: HttpActionRunner, action: str, status: int) -> None:
    with pytest.raises(ActionFailedError, match=f"answered {status} for '{action}'"):
        runner.run(action, empty_tracker("c1"))


def test_a_server_that_is_not_there_is_a_named_error() -> None:
    runner = HttpActionRunner(ActionEndpoint(f"http://127.0.0.1:{free_port()}/webhook"), DOMAIN)

    with pytest.raises(ActionFailedError, match="check that it runs"):
        runner.run("action_track", empty_tracker("c1"))
    runner.close()
