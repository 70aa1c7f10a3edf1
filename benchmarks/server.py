"""A real ``spandesk serve`` process for benchmarks: started on a free port, watched, ended."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

START_TIMEOUT_S = 180.0


@dataclass(frozen=True)
class RunningServer:
    """A server that answered /ready after `ready_s` seconds."""

    url: str
    process: subprocess.Popen[bytes]
    ready_s: float

    def memory_mib(self) -> float:
        """Give the resident memory of the server process itself (without its worker)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
        return int(kib) / 1024


@contextlib.contextmanager
def running_server(home: Path, **settings: str) -> Iterator[RunningServer]:
    """Serve the starter bot with data files in `home`; settings are ``SPANDESK_…`` names in lower case."""
    port = _free_port()
    environment = {f"SPANDESK_{name.upper()}": value for name, value in settings.items()}
    environment |= {"SPANDESK_HOME": str(home), "SPANDESK_PORT": str(port)}
    log_path = home.parent / f"{home.name}.log"
    with log_path.open("ab") as log:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve"],
            env=os.environ | environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_ready(f"http://127.0.0.1:{port}", process, log_path)
            yield RunningServer(f"http://127.0.0.1:{port}", process, time.perf_counter() - started)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log_path: Path) -> None:
    deadline = time.perf_counter() + START_TIMEOUT_S
    while time.perf_counter() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}:\n{log_path.read_text()[-2000:]}")
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/ready", timeout=1).status_code == 200:
                return
        time.sleep(0.02)
    raise RuntimeError(f"the server was not ready in {START_TIMEOUT_S:g} s:\n{log_path.read_text()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
