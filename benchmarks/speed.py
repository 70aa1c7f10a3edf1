"""Speed and memory of the whole path: ``python -m benchmarks.speed [--skip-training]``.

Start-up, first answer, parsing against a bare forward pass of the same encoder (in turn, in one process),
whole turns over WebSocket and REST with 1, 8 and 32 clients, memory, training of the bot. Prints rows.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
from websockets.sync.client import connect

from benchmarks.server import RunningServer, running_server

TURNS_PER_CONVERSATION = 16
UTTERANCES = (
    "hi there",
    "how long does delivery to Ireland take?",
    "thanks",
    "do you have the linen shirt in navy, size M?",
    "what are your opening hours",
    "can I send a gift back without the receipt?",
    "are you a robot",
    "my card was charged twice for the same order!!",
)


def main() -> None:
    """Run everything and print the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skip-training", action="store_true")
    parser.add_argument("--turns", type=int, default=400, help="turns of each load run")
    args = parser.parse_args()
    machine = platform.processor() or platform.machine()
    print(f"{machine}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| what | value |\n|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        with running_server(home):
            pass  # the first start migrates, imports and builds the index
        with running_server(home, messages_per_minute="1000000", log_level="WARNING") as server:
            measure_server(server, args.turns)
        measure_parse()
        if not args.skip_training:
            measure_training(Path(folder) / "bundle")


def row(what: str, value: str) -> None:
    """Print one row of the table."""
    print(f"| {what} | {value} |", flush=True)


def measure_server(server: RunningServer, num_turns: int) -> None:
    """Measure a running server from outside."""
    row("`spandesk serve` to ready (second start)", f"{server.ready_s:.1f} s")
    row("first answer after ready (WebSocket)", f"{websocket_turns(server.url, UTTERANCES[:1])[0]:.0f} ms")
    row(
        "`POST /model/parse`, 1 client",
        quantiles(parse_times(server.url, UTTERANCES * 25)),
    )
    for name, turns in (("WebSocket", websocket_turns), ("REST channel", rest_turns)):
        for num_clients in (1, 8, 32):
            times, rate = load(turns, server.url, num_clients, num_turns)
            row(f"whole turn by {name}, {num_clients} client(s)", f"{quantiles(times)}, {rate:.0f} turns/s")
    row("resident memory of the server after that", f"{server.memory_mib():.0f} MiB")


def load(
    turns: Callable[[str, Sequence[str]], list[float]], url: str, num_clients: int, num_turns: int
) -> tuple[list[float], float]:
    """Let clients talk at once, in conversations of some turns; give all times in ms and turns per second."""
    per_client = max(num_turns // num_clients, len(UTTERANCES))
    texts = (UTTERANCES * per_client)[:per_client]
    times: list[float] = []

    def talk() -> None:
        for start in range(0, len(texts), TURNS_PER_CONVERSATION):
            times.extend(turns(url, texts[start : start + TURNS_PER_CONVERSATION]))

    threads = [threading.Thread(target=talk) for _ in range(num_clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, len(times) / (time.perf_counter() - started)


def websocket_turns(url: str, texts: Sequence[str]) -> list[float]:
    """Say each text over one socket; give the ms until the turn's acknowledgement after its answers."""
    visitor = httpx.post(f"{url}/api/v1/visitors", json={}, timeout=30).json()
    times = []
    with connect(url.replace("http", "ws") + "/api/v1/chat") as socket:
        socket.send(json.dumps({"type": "hello", "after_sequence": 0} | visitor))
        seen = 0
        while (frame := json.loads(socket.recv(timeout=30)))["type"] != "welcome":
            seen = max(seen, frame.get("sequence", 0))
        for text in texts:
            started = time.perf_counter()
            message = {"type": "message", "client_message_id": str(uuid.uuid4()), "text": text}
            socket.send(json.dumps(message))
            _wait_for_turn(socket, message["client_message_id"])
            times.append((time.perf_counter() - started) * 1000)
    return times


def _wait_for_turn(socket: object, client_message_id: str) -> None:
    """Read frames until both the acknowledgement and a bot utterance of this turn are here."""
    acknowledged_at, bot_sequence = None, -1
    while acknowledged_at is None or bot_sequence < acknowledged_at:
        frame = json.loads(socket.recv(timeout=30))  # type: ignore[attr-defined]  # ClientConnection
        if frame["type"] == "error":
            raise RuntimeError(f"the server refused a message: {frame}")
        if frame["type"] == "ack" and frame["client_message_id"] == client_message_id:
            acknowledged_at = frame["sequence"]
        if frame["type"] == "utterance" and frame["kind"] == "bot":
            bot_sequence = frame["sequence"]


def rest_turns(url: str, texts: Sequence[str]) -> list[float]:
    """Say each text over Rasa's REST channel; give the ms of each."""
    sender = str(uuid.uuid4())
    times = []
    with httpx.Client(base_url=url, timeout=30) as client:
        for text in texts:
            started = time.perf_counter()
            response = client.post("/webhooks/rest/webhook", json={"sender": sender, "message": text})
            response.raise_for_status()
            times.append((time.perf_counter() - started) * 1000)
    return times


def parse_times(url: str, texts: Sequence[str]) -> list[float]:
    """Give the ms of each parse over HTTP, on one connection."""
    times = []
    with httpx.Client(base_url=url, timeout=30) as client:
        for text in texts:
            started = time.perf_counter()
            client.post("/model/parse", json={"text": text}).raise_for_status()
            times.append((time.perf_counter() - started) * 1000)
    return times


def measure_parse() -> None:
    """Compare parsing through the batcher with a bare forward pass of the same encoder, in turn."""
    from benchmarks.parse import parse_and_forward_ms

    parse_ms, forward_ms = parse_and_forward_ms(UTTERANCES, rounds=40)
    row("parse in process, 1 client", quantiles(parse_ms))
    row("bare forward pass of the encoder, same texts, in turn", quantiles(forward_ms))
    ratio = statistics.median(parse_ms) / statistics.median(forward_ms)
    row("parse p50 / bare forward p50", f"{ratio:.2f}")


def measure_training(out: Path) -> None:
    """Train the starter bot as a user would."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "app", "train", "--bot", "bots/retail", "--out", str(out)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    row("`spandesk train` on the starter bot", f"{time.perf_counter() - started:.0f} s")


def quantiles(times_ms: Sequence[float]) -> str:
    """Render p50 and p95."""
    cuts = statistics.quantiles(times_ms, n=20, method="inclusive")
    return f"p50 {cuts[9]:.1f} ms, p95 {cuts[18]:.1f} ms"


if __name__ == "__main__":
    main()
