"""A bot's custom actions in the server's own process, run by rasa-sdk's executor."""

from __future__ import annotations

import inspect
import logging
from pathlib import Path

from rasa_sdk import Action, FormValidationAction
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection

from app.actions.action_call import action_call
from app.actions.bot_package import find_actions, import_actions
from app.actions.loop_thread import LoopThread
from app.actions.results import read_result
from app.dialogue.domain import Domain
from app.dialogue.errors import ActionFailedError
from app.dialogue.events import ActionExecutionRejected, Event
from app.dialogue.rasa_domain import domain_to_rasa
from app.dialogue.tracker import Tracker

TIMEOUT_S = 10.0
_UNNAMED = (Action.name, FormValidationAction.name)  # raise NotImplementedError


class InProcessActionRunner:
    """Runs the actions of one bot (port `ActionRunner`); thread-safe.

    Args:
        actions_path: the ``actions`` package or module, or the bot folder with it; None or a folder without
            one: the bot has no custom actions.
        domain: the bot's domain.
        timeout_s: an action that takes longer has failed.

    Raises:
        ActionFailedError: the actions cannot be imported or made.
    """

    def __init__(self, actions_path: Path | None, domain: Domain, *, timeout_s: float = TIMEOUT_S) -> None:
        logging.getLogger("rasa_sdk.executor").setLevel(logging.WARNING)  # it announces every action
        self._domain = domain
        self._written_domain = domain_to_rasa(domain)
        self._timeout_s = timeout_s
        self._executor = ActionExecutor()
        self._loop = LoopThread("actions")
        found = find_actions(actions_path) if actions_path is not None else None
        for action_class in _action_classes(found) if found is not None else ():
            self._register(action_class)

    def knows(self, action: str) -> bool:
        """Say whether the bot has such an action."""
        return action in self._executor.actions

    def run(self, action: str, tracker: Tracker) -> list[Event]:
        """Run an action; a rejection comes back as ActionExecutionRejected.

        Raises:
            ActionFailedError: it raised, took too long, is unknown, or returned what we cannot read.
        """
        if not self.knows(action):
            known = ", ".join(sorted(self._executor.actions)) or "none"
            raise ActionFailedError(f"got the action '{action}'; expected one of: {known}")
        call = action_call(action, tracker, self._domain, self._written_domain)
        try:
            result = self._loop.run(self._executor.run(call), timeout_s=self._timeout_s)
        except ActionExecutionRejection:
            return [ActionExecutionRejected(action)]
        except TimeoutError as error:
            raise ActionFailedError(
                f"the action '{action}' took more than {self._timeout_s} s; make it faster or ask less of it"
            ) from error
        except Exception as error:
            raise ActionFailedError(f"the action '{action}' raised {error!r}") from error
        return read_result(action, result.model_dump() if result is not None else {})

    def close(self) -> None:
        """Stop the thread of the actions."""
        self._loop.close()

    def _register(self, action_class: type[Action]) -> None:
        try:
            self._executor.register_action(action_class)
        except Exception as error:
            raise ActionFailedError(
                f"the action class {action_class.__name__} cannot be made: {error!r}"
            ) from error


def _action_classes(path: Path) -> list[type[Action]]:
    """Give the action classes that the bot's own modules define, each once."""
    classes: dict[type[Action], None] = {}
    for module in import_actions(path):
        for item in vars(module).values():
            is_own = inspect.isclass(item) and item.__module__ == module.__name__
            if is_own and issubclass(item, Action) and _has_name(item):
                classes[item] = None
    return list(classes)


def _has_name(action_class: type[Action]) -> bool:
    """Say whether it is an action, not a base class of the bot's actions."""
    return not inspect.isabstract(action_class) and action_class.name not in _UNNAMED
