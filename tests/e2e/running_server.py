"""`spandesk serve` as a process of its own, with a home folder of its own."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.processes import free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 120.0  # a busy machine; an idle one needs a few seconds


class Server:
    """`spandesk serve` with a home folder of its own; may be killed and started again."""

    def __init__(self, home: Path, *, worker: str) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._worker = worker
        self._output_path = home / "output.txt"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it can answer customers."""
        env = os.environ | {
            "SPANDESK_HOME": str(self.home),
            "SPANDESK_PORT": str(self.port),
            "SPANDESK_WORKER": self._worker,
        }
        with self._output_path.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app", "serve"],
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            wait_until(
                self._is_ready,
                process=self._process,
                timeout_s=START_TIMEOUT_S,
                what="the server to be ready",
            )
        except pytest.fail.Exception as failure:
            pytest.fail(f"{failure}:\n{self._output_path.read_text(encoding='utf-8')}")

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(timeout=10)

    def stop(self) -> None:
        """End it and all that it started."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(timeout=10)

    @property
    def operator_password(self) -> str:
        """Give the password of the first operator, as the first start printed it."""
        found = re.search(r"with the password (\S+)", self._output_path.read_text(encoding="utf-8"))
        assert found, "the first start printed no password"
        return found.group(1)

    def add_agent(self, name: str, password: str) -> None:
        """Add an agent by the command line."""
        subprocess.run(
            [sys.executable, "-m", "app", "user", "add", name, "--role", "agent", "--password-stdin"],
            cwd=ROOT,
            env=os.environ | {"SPANDESK_HOME": str(self.home)},
            input=password + "\n",
            text=True,
            check=True,
            capture_output=True,
            timeout=60,
        )

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/ready", timeout=5).status_code == 200
        except httpx.TransportError:
            return False
