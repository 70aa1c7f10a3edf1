"""Action servers as real processes on loopback, and one that misbehaves as it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.processes import wait_for_silence, wait_until

ROOT = Path(__file__).parents[1]
START_S = 50.0


@contextmanager
def sdk_server(folder: Path, port: int) -> Iterator[str]:
    """Run rasa-sdk's own server over ``actions.py`` in `folder`; gives the address of its webhook."""
    command = [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "--port", str(port)]
    with _process(command, folder, port, {"SANIC_HOST": "127.0.0.1"}) as url:
        yield url


@contextmanager
def spandesk_actions(folder: Path, port: int, *options: str) -> Iterator[str]:
    """Run ``spandesk actions``."""
    command = [sys.executable, "-m", "app", "actions", "--bot", str(folder), "--port", str(port), *options]
    with _process(command, ROOT, port, {"SPANDESK_HOME": str(folder / "home")}) as url:
        yield url


@contextmanager
def _process(command: Sequence[str], cwd: Path, port: int, settings: dict[str, str]) -> Iterator[str]:
    log = Path(os.devnull) if cwd == ROOT else cwd / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=os.environ | settings,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_healthy(port, process, log)
        yield f"http://127.0.0.1:{port}/webhook"
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # the SDK's workers too, as a machine that goes away
        process.wait(10)
        wait_for_silence(port, timeout_s=10)


def _wait_until_healthy(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    with httpx.Client(trust_env=False, verify=False) as client:

        def is_healthy() -> bool:
            try:
                return client.get(f"http://127.0.0.1:{port}/health").status_code == httpx.codes.OK
            except httpx.TransportError:
                return False

        try:
            wait_until(is_healthy, process=process, timeout_s=START_S, what="the action server to start")
        except pytest.fail.Exception as failure:
            pytest.fail(f"{failure}: {log.read_text()[-2000:]}")


Behaviour = Callable[[BaseHTTPRequestHandler], None]


class CrookedServer:
    """A server on loopback whose every answer is a function; counts what it was asked."""

    def __init__(self) -> None:
        self.behave: Behaviour = answers(200, b'{"events": [], "responses": [{"text": "Well."}]}')
        self.bodies: list[bytes] = []
        self.may_go_on = threading.Event()  # what hangs, hangs until then
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/webhook"

    def __enter__(self) -> CrookedServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.may_go_on.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        crooked = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                crooked.bodies.append(self.rfile.read(int(self.headers["content-length"])))
                crooked.behave(self)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler


def answers(status: int, content: bytes, *, promised_bytes: int | None = None) -> Behaviour:
    """Answer so; with `promised_bytes` more is announced than comes."""

    def _answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("content-type", "application/json")
        request.send_header("content-length", str(promised_bytes or len(content)))
        request.end_headers()
        request.wfile.write(content)

    return _answer


def hangs_up(request: BaseHTTPRequestHandler) -> None:
    """Close the connection without a word."""
    request.close_connection = True
