"""Custom actions on an action server (``python -m rasa_sdk``), by HTTP."""

from __future__ import annotations

import httpx

from app.actions.action_call import action_call
from app.actions.results import read_result
from app.dialogue.action_names import ACTION_ANSWER_FAQ, ACTION_REQUEST_HANDOFF
from app.dialogue.domain import Domain
from app.dialogue.errors import ActionFailedError
from app.dialogue.events import ActionExecutionRejected, Event
from app.dialogue.rasa_domain import domain_to_rasa
from app.dialogue.tracker import Tracker

TIMEOUT_S = 10.0
_OURS = frozenset({ACTION_ANSWER_FAQ, ACTION_REQUEST_HANDOFF})  # bots name them in their domain, we run them


class HttpActionRunner:
    """Runs the actions that the domain names on the server at `url` (port `ActionRunner`); thread-safe."""

    def __init__(
        self, url: str, domain: Domain, *, timeout_s: float = TIMEOUT_S, client: httpx.Client | None = None
    ) -> None:
        self._url = url
        self._domain = domain
        self._written_domain = domain_to_rasa(domain)
        self._actions = frozenset(domain.actions) - domain.responses.keys() - _OURS
        self._client = client or httpx.Client(timeout=timeout_s, trust_env=False)

    def knows(self, action: str) -> bool:
        """Say whether the domain names such a custom action."""
        return action in self._actions

    def run(self, action: str, tracker: Tracker) -> list[Event]:
        """Run an action; a rejection comes back as ActionExecutionRejected.

        Raises:
            ActionFailedError: the server does not answer, or answers with an error or with nonsense.
        """
        call = action_call(action, tracker, self._domain, self._written_domain)
        try:
            answer = self._client.post(self._url, json=call)
        except httpx.HTTPError as error:
            raise ActionFailedError(
                f"the action server at {self._url} did not answer for '{action}': {error!r};"
                f" check that it runs"
            ) from error
        if answer.status_code == httpx.codes.BAD_REQUEST and _rejects(answer, action):
            return [ActionExecutionRejected(action)]
        if answer.status_code != httpx.codes.OK:
            raise ActionFailedError(
                f"the action server answered {answer.status_code} for '{action}';"
                f" {_remedy(answer.status_code)}"
            )
        return read_result(action, _body(answer, action))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _rejects(answer: httpx.Response, action: str) -> bool:
    body = _body(answer, action)
    return isinstance(body, dict) and body.get("action_name") == action


def _body(answer: httpx.Response, action: str) -> object:
    try:
        body: object = answer.json()
    except ValueError as error:
        raise ActionFailedError(
            f"the action server answered no JSON for '{action}': {answer.text[:80]!r}"
        ) from error
    return body


def _remedy(status_code: int) -> str:
    if status_code == httpx.codes.NOT_FOUND:
        return "no such action is registered there; add it, or take it out of the domain"
    return "see the log of the action server"
