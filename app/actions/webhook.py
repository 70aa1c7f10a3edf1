"""One call of an action server by HTTP: how a request is sent, when it is sent again, how much may come back.

Knows nothing of actions. A request is repeated only when no connection came about: once something was sent,
the server may have acted on it.
"""

from __future__ import annotations

import json
import logging
import ssl
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from app.dialogue.action_endpoint import ActionEndpoint
from app.dialogue.errors import ActionFailedError

_log = logging.getLogger(__name__)

_CONNECT_TIMEOUT_S = 5.0
_HEADERS = {"content-type": "application/json", "accept": "application/json"}


class ActionServerError(ActionFailedError):
    """The server itself is not well, whatever the action: not there, silent, or gone in the middle."""


@dataclass(frozen=True, slots=True)
class CallLimits:
    """What one call may cost."""

    timeout_s: float = 10.0  # to wait for the answer, all tries to connect together
    max_answer_bytes: int = 10 * 2**20
    num_tries: int = 3  # to connect
    backoff_s: float = 0.2  # before the second try; doubled each time


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """What came back, decompressed."""

    status: int
    content: bytes


class Webhook:
    """Posts JSON to one address; thread-safe. Every call has a connection of its own, as with Rasa.

    Args:
        endpoint: the address, and what lets us in.
        limits: what a call may cost.
        is_compressing: send bodies deflated; answers may always be compressed.
        client: another HTTP client than one for `endpoint`.
        sleep: waits between two tries to connect.

    Raises:
        ActionFailedError: the address or a certificate file cannot be used.
    """

    def __init__(
        self,
        endpoint: ActionEndpoint,
        limits: CallLimits,
        *,
        is_compressing: bool = False,
        client: httpx.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        address = _checked_url(endpoint.url)
        token = {endpoint.token_name: endpoint.token} if endpoint.token is not None else {}
        self._address = address.copy_merge_params({**endpoint.params, **token})
        self.url = str(address.copy_with(username="", password="", query=None))  # without secrets
        self._limits = limits
        self._is_compressing = is_compressing
        self._headers = dict(endpoint.headers)
        self._auth = endpoint.basic_auth
        self._client = client or _make_client(endpoint, limits)
        self._sleep = sleep

    def post(self, body: Mapping[str, Any]) -> WebhookAnswer:
        """Send `body`, and give what came back.

        Raises:
            ActionServerError: nothing came back, or not all of it.
            ActionFailedError: the answer is too large or cannot be decompressed.
        """
        request = self._request(body)
        deadline = time.monotonic() + self._limits.timeout_s
        wait_s = self._limits.backoff_s
        for tries_left in range(self._limits.num_tries - 1, -1, -1):
            try:
                return self._send(request, deadline)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if not tries_left or time.monotonic() + wait_s >= deadline:
                    raise ActionServerError(
                        f"the action server at {self.url} cannot be reached: {error};"
                        f" check that it runs there"
                    ) from error
                _log.info("action_server_retry", extra={"url": self.url, "wait_s": wait_s})
            self._sleep(wait_s)
            wait_s *= 2
        raise AssertionError("the last try gives or raises")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _request(self, body: Mapping[str, Any]) -> httpx.Request:
        content = json.dumps(body).encode("ascii")
        headers = dict(_HEADERS)
        if self._is_compressing:
            content = zlib.compress(content)
            headers["content-encoding"] = "deflate"
        return self._client.build_request(
            "POST", self._address, content=content, headers=headers | self._headers
        )

    def _send(self, request: httpx.Request, deadline: float) -> WebhookAnswer:
        try:
            answer = self._client.send(request, auth=self._auth, stream=True)
            try:
                return WebhookAnswer(answer.status_code, self._read(answer, deadline))
            finally:
                answer.close()
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise
        except httpx.TimeoutException as error:
            raise self._too_slow() from error
        except httpx.DecodingError as error:
            raise ActionFailedError(
                f"the action server at {self.url} sent an answer that cannot be decompressed: {error}"
            ) from error
        except httpx.HTTPError as error:
            raise ActionServerError(
                f"the action server at {self.url} broke the connection off ({error!r}); it is not asked"
                f" again, since it may have acted; see its log"
            ) from error

    def _read(self, answer: httpx.Response, deadline: float) -> bytes:
        content = bytearray()
        for chunk in answer.iter_bytes():
            content += chunk
            if len(content) > self._limits.max_answer_bytes:
                raise ActionFailedError(
                    f"the action server at {self.url} sent more than {self._limits.max_answer_bytes} bytes;"
                    f" expected events and responses; let the action return less"
                )
            if time.monotonic() > deadline:
                raise self._too_slow()
        return bytes(content)

    def _too_slow(self) -> ActionServerError:
        return ActionServerError(
            f"the action server at {self.url} did not answer within {self._limits.timeout_s:g} s; it is not"
            f" asked again, since it may have acted; make the action faster or raise"
            f" SPANDESK_ACTION_TIMEOUT_S"
        )


def _checked_url(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ActionFailedError(f"got the action server's address {url!r}: {error}") from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise ActionFailedError(
            f"got the action server's address {url!r}; expected one such as http://127.0.0.1:5055/webhook"
        )
    return parsed


def _make_client(endpoint: ActionEndpoint, limits: CallLimits) -> httpx.Client:
    return httpx.Client(
        timeout=httpx.Timeout(limits.timeout_s, connect=min(limits.timeout_s, _CONNECT_TIMEOUT_S)),
        trust_env=False,
        limits=httpx.Limits(max_keepalive_connections=0),
        verify=_certificates(endpoint.cafile) if endpoint.cafile is not None else True,
    )


def _certificates(cafile: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=cafile)
    except (OSError, ssl.SSLError) as error:
        raise ActionFailedError(
            f"got the certificate file {cafile!r} for the action server, which cannot be read: {error}"
        ) from error
