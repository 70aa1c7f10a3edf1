"""A bot's custom actions in the server's own process, run by rasa-sdk's executor."""

from __future__ import annotations

import inspect
import logging
from pathlib import Path

from rasa_sdk import Action, FormValidationAction
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection

from app.actions.action_call import WrittenDomain, action_call
from app.actions.bot_package import find_actions, import_actions, modules_beside
from app.actions.declared import declared_actions
from app.actions.loop_thread import LoopThread
from app.actions.results import read_result
from app.dialogue.domain import Domain
from app.dialogue.errors import ActionFailedError
from app.dialogue.events import ActionExecutionRejected, Event
from app.dialogue.tracker import Tracker

_log = logging.getLogger(__name__)

TIMEOUT_S = 10.0
_UNNAMED = (Action.name, FormValidationAction.name)  # raise NotImplementedError


class InProcessActionRunner:
    """Runs the actions of one bot (port `ActionRunner`); thread-safe.

    Args:
        actions_path: the ``actions`` package or module, or the bot folder with it; None or a folder without
            one: the bot has no custom actions.
        domain: the bot's domain; as in Rasa, only actions that it names are run.
        timeout_s: an action that takes longer has failed.

    Raises:
        ActionFailedError: the actions cannot be imported or made.
    """

    def __init__(self, actions_path: Path | None, domain: Domain, *, timeout_s: float = TIMEOUT_S) -> None:
        logging.getLogger("rasa_sdk.executor").setLevel(logging.WARNING)  # it announces every action
        self._domain = WrittenDomain(domain)
        self._timeout_s = timeout_s
        self._executor = ActionExecutor()
        self._loop = LoopThread("actions")
        register_actions(self._executor, actions_path)
        self._actions = declared_actions(domain) & self._executor.actions.keys()
        for action in sorted(self._executor.actions.keys() - self._actions - {""}):  # "": a common base class
            _log.warning("action_not_in_domain", extra={"action": action, "remedy": "add it to 'actions'"})

    def knows(self, action: str) -> bool:
        """Say whether the domain names the action and the bot has code for it."""
        return action in self._actions

    def run(self, action: str, tracker: Tracker) -> list[Event]:
        """Run an action; a rejection comes back as ActionExecutionRejected.

        Raises:
            ActionFailedError: it raised, took too long, is unknown, or returned what we cannot read.
        """
        if not self.knows(action):
            known = ", ".join(sorted(self._actions)) or "none"
            raise ActionFailedError(f"got the action '{action}'; expected one of: {known}")
        call = action_call(action, tracker, self._domain)
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


def register_actions(executor: ActionExecutor, actions_path: Path | None) -> None:
    """Make the bot's actions and give them to the executor.

    Raises:
        ActionFailedError: the actions cannot be imported or made.
    """
    found = find_actions(actions_path) if actions_path is not None else None
    for action_class in _action_classes(found) if found is not None else ():
        try:
            executor.register_action(action_class)
        except Exception as error:
            raise ActionFailedError(
                f"the action class {action_class.__name__} cannot be made: {error!r}"
            ) from error


def _action_classes(path: Path) -> list[type[Action]]:
    """Give the action classes of the bot's modules, each once; what they import counts too, as in Rasa."""
    classes: dict[type[Action], None] = {}
    for module in [*import_actions(path), *modules_beside(path)]:
        for item in vars(module).values():
            if inspect.isclass(item) and issubclass(item, Action) and _has_name(item):
                classes[item] = None
    return [item for item in classes if not item.__module__.startswith(("rasa.", "rasa_sdk."))]


def _has_name(action_class: type[Action]) -> bool:
    """Say whether it is an action, not a base class of the bot's actions."""
    return not inspect.isabstract(action_class) and action_class.name not in _UNNAMED
