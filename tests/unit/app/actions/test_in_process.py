from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.actions.in_process import InProcessActionRunner
from app.dialogue.errors import ActionFailedError
from app.dialogue.events import ActionExecutionRejected, BotUttered, Event, SlotSet, UserUttered
from app.dialogue.tracker import empty_tracker, fold
from tests.fakes_dialogue import make_domain, parsed

ACTIONS = '''
import asyncio
from abc import ABC, abstractmethod
from decimal import Decimal

from rasa_sdk import Action, FormValidationAction
from rasa_sdk.events import SlotSet
from rasa_sdk.interfaces import ActionExecutionRejection


class ShopAction(Action, ABC):
    @abstractmethod
    def shop(self): ...


class Nameless(Action):
    """A base class of the bot's own."""


class Track(Action):
    def name(self):
        return "action_track"

    async def run(self, dispatcher, tracker, domain):
        await asyncio.sleep(0)
        order = tracker.get_slot("order_number")
        dispatcher.utter_message(text=f"{order} of {tracker.sender_id}")
        dispatcher.utter_message(response="utter_greet", city="Rome")
        intent = tracker.latest_message["intent"]["name"]
        return [SlotSet("reason", intent), SlotSet("n", len(domain["slots"]))]


class Blocking(Action):
    def name(self):
        return "action_without_async"

    def run(self, dispatcher, tracker, domain):
        return [SlotSet("reason", "x")]


class Nothing(Action):
    def name(self):
        return "action_nothing"

    async def run(self, dispatcher, tracker, domain):
        return None


class Fails(Action):
    def name(self):
        return "action_fails"

    async def run(self, dispatcher, tracker, domain):
        raise KeyError("order")


class Odd(Action):
    def name(self):
        return "action_odd"

    async def run(self, dispatcher, tracker, domain):
        return [SlotSet("reason", Decimal("1.5"))]


class Unknown(Action):
    def name(self):
        return "action_unknown_event"

    async def run(self, dispatcher, tracker, domain):
        return [{"event": "party"}]


class Rejects(Action):
    def name(self):
        return "action_rejects"

    async def run(self, dispatcher, tracker, domain):
        raise ActionExecutionRejection("action_rejects")


class Slow(Action):
    def name(self):
        return "action_slow"

    async def run(self, dispatcher, tracker, domain):
        await asyncio.Event().wait()


class Validate(FormValidationAction):
    def name(self):
        return "validate_return_form"

    def validate_reason(self, value, dispatcher, tracker, domain):
        return {"reason": value.upper()}
'''

NAMES = (
    "without_async",
    "nothing",
    "fails",
    "odd",
    "unknown_event",
    "rejects",
    "slow",
    "track",
    "one",
    "two",
)
DOMAIN = make_domain(actions=("validate_return_form", *(f"action_{name}" for name in NAMES)))

MakeRunner = Callable[..., InProcessActionRunner]


@pytest.fixture
def make_runner(tmp_path: Path) -> Iterator[MakeRunner]:
    made: list[InProcessActionRunner] = []

    def _make(text: str = ACTIONS, timeout_s: float = 10.0) -> InProcessActionRunner:
        (tmp_path / "actions.py").write_text(text)
        made.append(InProcessActionRunner(tmp_path, DOMAIN, timeout_s=timeout_s))
        return made[-1]

    yield _make
    for runner in made:
        runner.close()


def run(runner: InProcessActionRunner, action: str, *events: Event) -> list[Event]:
    said = UserUttered("where", parsed("where", "track_order"))
    return runner.run(action, fold(empty_tracker("c1"), [said, *events]))


def test_what_an_action_says_comes_before_what_it_changes(make_runner: MakeRunner) -> None:
    events = run(make_runner(), "action_track", SlotSet("order_number", "FH-1"))

    assert events == [
        BotUttered("FH-1 of c1"),
        BotUttered("", custom={"city": "Rome"}, response="utter_greet"),
        SlotSet("reason", "track_order"),
        SlotSet("n", 3),
    ]


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("action_without_async", [SlotSet("reason", "x")]),
        ("action_nothing", []),
        ("action_rejects", [ActionExecutionRejected("action_rejects")]),
        ("action_unknown_event", []),
    ],
)
def test_an_action_may_be_plain_or_do_nothing_or_reject(
    make_runner: MakeRunner, action: str, expected: list[Event]
) -> None:
    assert run(make_runner(), action) == expected


def test_a_validating_action_checks_the_last_slots(make_runner: MakeRunner) -> None:
    assert run(make_runner(), "validate_return_form", SlotSet("reason", "big")) == [SlotSet("reason", "BIG")]


@pytest.mark.parametrize(
    ("action", "problem"),
    [
        ("action_fails", r"the action 'action_fails' raised KeyError\('order'\)"),
        ("action_odd", "'action_odd' gave a value that is not JSON"),
        ("action_missing", "got the action 'action_missing'; expected one of: action_fails, action_nothing"),
    ],
)
def test_a_failure_is_a_named_error(make_runner: MakeRunner, action: str, problem: str) -> None:
    with pytest.raises(ActionFailedError, match=problem):
        run(make_runner(), action)


def test_an_action_that_takes_too_long_has_failed_and_others_go_on(make_runner: MakeRunner) -> None:
    runner = make_runner(timeout_s=0.05)

    with pytest.raises(ActionFailedError, match=r"took more than 0\.05 s"):
        run(runner, "action_slow")

    assert run(runner, "action_nothing") == []


def test_base_classes_are_no_actions(make_runner: MakeRunner) -> None:
    runner = make_runner()

    assert runner.knows("action_track")
    assert not runner.knows("action_missing")


def test_an_action_that_cannot_be_made_is_an_error(make_runner: MakeRunner) -> None:
    text = "from rasa_sdk import Action\nclass Bad(Action):\n    def name(self): raise ValueError('no name')"

    with pytest.raises(ActionFailedError, match="the action class Bad cannot be made"):
        make_runner(text)


@pytest.mark.parametrize("path", [None, Path("no/such/bot")])
def test_a_bot_without_actions_knows_none(path: Path | None) -> None:
    runner = InProcessActionRunner(path, make_domain())

    assert not runner.knows("action_track")
    with pytest.raises(ActionFailedError, match="expected one of: none"):
        run(runner, "action_track")


def test_two_bots_have_their_own_actions(tmp_path: Path) -> None:
    text = (
        "from rasa_sdk import Action\n"
        "class A(Action):\n"
        "    def name(self): return 'action_{0}'\n"
        "    def run(self, dispatcher, tracker, domain): return []\n"
    )
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "actions.py").write_text(text.format(name))

    one, two = (InProcessActionRunner(tmp_path / name, DOMAIN) for name in ("one", "two"))

    assert [runner.knows("action_one") for runner in (one, two)] == [True, False]
