"""Waits for what another process does: until it has done it, has ended, or takes too long."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import time
from collections.abc import Callable

import pytest

_LOOK_AGAIN_S = 0.05


def wait_until(
    check: Callable[[], bool], *, process: subprocess.Popen[bytes], timeout_s: float, what: str
) -> None:
    """Look again and again until it holds, but not longer than the process lives and `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not check():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {timeout_s:.0f} s for {what}")
        try:
            status = process.wait(_LOOK_AGAIN_S)
        except subprocess.TimeoutExpired:
            continue
        if not check():
            pytest.fail(f"waited for {what}, but the process has ended with {status}")
        return


def wait_for_end(pid: int, *, timeout_s: float) -> None:
    """Wait until a process that is no child of ours has ended."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended, _, _ = select.select([process], [], [], timeout_s)
    os.close(process)
    if not ended:
        pytest.fail(f"waited {timeout_s:.0f} s for the process {pid} to end")


def wait_for_silence(port: int, *, timeout_s: float) -> None:
    """Wait until nobody listens on the port: a worker of a killed server may outlive it for a moment."""
    deadline = time.monotonic() + timeout_s
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return
        if time.monotonic() > deadline:
            pytest.fail(f"waited {timeout_s:.0f} s for nobody to listen on port {port}")
        time.sleep(_LOOK_AGAIN_S)


def free_port() -> int:
    """Give a port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
