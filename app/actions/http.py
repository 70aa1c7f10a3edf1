"""Custom actions on an action server (``python -m rasa_sdk``, ``spandesk actions``), by HTTP."""

from __future__ import annotations

import httpx

from app.actions.action_call import WrittenDomain, action_call
from app.actions.answers import MISSING_DOMAIN, read_answer
from app.actions.circuit_breaker import CircuitBreaker, CircuitOpenError
from app.actions.declared import declared_actions
from app.actions.webhook import ActionServerError, CallLimits, Webhook, WebhookAnswer
from app.dialogue.action_endpoint import ActionEndpoint
from app.dialogue.domain import Domain
from app.dialogue.errors import ActionFailedError
from app.dialogue.events import Event
from app.dialogue.tracker import Tracker


class HttpActionRunner:
    """Runs the actions that the domain names on a server (port `ActionRunner`); thread-safe.

    The domain goes along with every call, as from Rasa 3.6, until the server asks for it by 449: that server
    keeps the domain, and its digest is enough from then on.
    """

    def __init__(
        self,
        endpoint: ActionEndpoint,
        domain: Domain,
        *,
        limits: CallLimits | None = None,
        is_compressing: bool = False,
        client: httpx.Client | None = None,
        breaker: CircuitBreaker | None = None,
    ) -> None:
        self._webhook = Webhook(
            endpoint, limits or CallLimits(), is_compressing=is_compressing, client=client
        )
        self._domain = WrittenDomain(domain)
        self._actions = declared_actions(domain)
        self._breaker = breaker or CircuitBreaker(ActionServerError)
        self._is_selective = endpoint.enable_selective_domain
        self._keeps_domain = False  # a server may forget; then it asks again

    def knows(self, action: str) -> bool:
        """Say whether the domain names such a custom action."""
        return action in self._actions

    def run(self, action: str, tracker: Tracker) -> list[Event]:
        """Run an action; a rejection comes back as ActionExecutionRejected.

        Raises:
            ActionFailedError: the server does not answer, or answers with an error or with nonsense.
        """
        answer = self._call(action, tracker, has_domain=self._should_send_domain(action))
        if answer.status == MISSING_DOMAIN:
            self._keeps_domain = True
            answer = self._call(action, tracker, has_domain=True)
        return read_answer(action, answer)

    def close(self) -> None:
        """Close the connections."""
        self._webhook.close()

    def _should_send_domain(self, action: str) -> bool:
        if self._is_selective:
            return action in self._domain.domain.actions_with_domain
        return not self._keeps_domain

    def _call(self, action: str, tracker: Tracker, *, has_domain: bool) -> WebhookAnswer:
        call = action_call(action, tracker, self._domain, has_domain=has_domain)
        try:
            with self._breaker.guarding():
                return self._webhook.post(call)
        except ActionServerError as error:
            raise ActionServerError(f"the action '{action}' did not run or did not end: {error}") from error
        except CircuitOpenError as error:
            raise ActionFailedError(
                f"the action '{action}' was not run: the action server at {self._webhook.url} {error};"
                f" check that it runs there"
            ) from error
