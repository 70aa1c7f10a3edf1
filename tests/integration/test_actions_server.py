"""Custom actions on a real rasa-sdk action server, in a process of its own on loopback."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.actions.http import HttpActionRunner
from app.dialogue.action_endpoint import ActionEndpoint
from app.dialogue.errors import ActionFailedError
from app.dialogue.events import ActionExecutionRejected, BotUttered, SlotSet
from app.dialogue.tracker import empty_tracker
from tests.fakes_dialogue import given, make_bot, make_domain

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
"""
DOMAIN = make_domain(actions=("action_track", "action_fails", "action_rejects", "action_missing"))
START_S = 50.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/health", trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail(f"the action server did not start: {log.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("bot")
    (folder / "actions.py").write_text(ACTIONS)
    port, log = free_port(), folder / "server.log"
    command = [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | {"SANIC_HOST": "127.0.0.1"},
            stdout=output,
            stderr=output,
        )
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}", process, log)
        yield f"http://127.0.0.1:{port}/webhook"
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


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


@pytest.mark.parametrize(("action", "status"), [("action_fails", 500), ("action_missing", 404)])
def test_a_failure_on_the_server_is_a_named_error(runner: HttpActionRunner, action: str, status: int) -> None:
    with pytest.raises(ActionFailedError, match=f"answered {status} for '{action}'"):
        runner.run(action, empty_tracker("c1"))


def test_a_server_that_is_not_there_is_a_named_error() -> None:
    runner = HttpActionRunner(ActionEndpoint(f"http://127.0.0.1:{free_port()}/webhook"), DOMAIN)

    with pytest.raises(ActionFailedError, match="check that it runs"):
        runner.run("action_track", empty_tracker("c1"))
    runner.close()
