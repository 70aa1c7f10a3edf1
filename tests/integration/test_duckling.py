"""Duckling's entities, from a small HTTP server that answers as Duckling does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import pytest

from app.cli import build_parser
from app.commands import test as command
from app.dialogue.payload import payload_value
from app.serving.duckling import RETRY_AFTER_S, DucklingAccess, DucklingInterpreter
from nlu.types import ParsedUtterance
from tests.fakes_bot import write_bot
from tests.fakes_dialogue import FakeInterpreter, parsed

TEXT = "five at noon"
FIVE = {"body": "five", "start": 0, "end": 4, "dim": "number", "value": {"value": 5, "type": "value"}}
NOON = {
    "body": "at noon",
    "start": 5,
    "end": 12,
    "dim": "time",
    "value": {"type": "interval", "from": {"value": "12:00"}, "to": {"value": "13:00"}},
}


class Server:
    """Gives `body` to each question and remembers them."""

    def __init__(self) -> None:
        self.body = json.dumps([FIVE, NOON])
        self.status = 200
        self.asked: list[dict[str, list[str]]] = []
        self.url = ""


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"])).decode()
            server.asked.append({"path": [self.path], **parse_qs(content)})
            self.send_response(server.status)
            self.end_headers()
            self.wfile.write(server.body.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Be silent."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server()) as running:
        yield running


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@contextmanager
def duckling(url: str, *dimensions: str, clock: Clock | None = None) -> Iterator[DucklingInterpreter]:
    model = FakeInterpreter({TEXT: parsed(TEXT, "inform", ("count", "five"))})
    access = DucklingAccess(url, dimensions, timezone="Europe/Berlin")
    interpreter = DucklingInterpreter(model, access, now_s=clock or Clock())
    try:
        yield interpreter
    finally:
        interpreter.close()


def entities(interpreter: DucklingInterpreter) -> list[tuple[str, Any]]:
    return [(span.entity, payload_value(span)) for span in interpreter.parse(TEXT).entities]


def test_values_stand_beside_the_model_s_for_the_same_words(server: Server) -> None:
    with duckling(server.url) as interpreter:
        assert entities(interpreter) == [
            ("count", "five"),
            ("number", 5),
            ("time", {"from": "12:00", "to": "13:00"}),
        ]


def test_server_is_asked_for_the_dimensions_of_the_bot(server: Server) -> None:
    with duckling(server.url, "number") as interpreter:
        assert entities(interpreter) == [("count", "five"), ("number", 5)]
    assert server.asked == [
        {
            "path": ["/parse"],
            "text": [TEXT],
            "locale": ["en_GB"],
            "dims": ['["number"]'],
            "tz": ["Europe/Berlin"],
        }
    ]


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, "[]"), (200, "<html>"), (200, '[{"dim": "number"}]'), (200, "3"), (200, '["x"]')],
)
def test_nonsense_costs_only_its_own_entities(
    server: Server, caplog: pytest.LogCaptureFixture, status: int, body: str
) -> None:
    server.status, server.body = status, body

    with duckling(server.url) as interpreter:
        assert entities(interpreter) == [("count", "five")]
    assert [record.message for record in caplog.records if record.name == "app.serving.duckling"] == [
        "duckling_missing"
    ]


def test_missing_server_is_said_once_and_tried_again_later(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    server.status = 500
    with duckling(server.url, clock=clock) as interpreter:
        for _ in range(3):
            interpreter.parse(TEXT)
        assert len(server.asked) == 1

        clock.now_s += RETRY_AFTER_S
        interpreter.parse(TEXT)
        messages = [record.message for record in caplog.records if record.name == "app.serving.duckling"]
        assert (len(server.asked), messages) == (2, ["duckling_missing"])

        clock.now_s += RETRY_AFTER_S
        server.status = 200
        assert len(entities(interpreter)) == 3


def test_places_outside_the_text_are_left_out(server: Server) -> None:
    server.body = json.dumps([{**FIVE, "end": 400}, {**FIVE, "value": {}}])

    with duckling(server.url) as interpreter:
        assert entities(interpreter) == [("count", "five")]


def test_test_stories_are_judged_with_what_the_server_finds(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Model:
        bundle_id = "fake"

        def parse(self, texts: Sequence[str]) -> list[ParsedUtterance]:
            return [parsed(text, "inform", ("count", "five")) for text in texts]

    monkeypatch.setattr(command, "settings_for", lambda args: SimpleNamespace(bot=args.bot))
    monkeypatch.setattr(command, "chosen_interpreter", lambda bundle, settings: Model())
    write_bot(
        tmp_path,
        domain="intents: [inform]\nentities: [count, number]\nresponses: {utter_ok: [{text: ok}]}\n",
        data__rules="rules:\n- {rule: a, steps: [{intent: inform}, {action: utter_ok}]}\n",
        data__stories="",
        config=f"pipeline:\n- {{name: DucklingEntityExtractor, url: '{server.url}', dimensions: [number]}}\n",
        tests__test_a="""\
stories:
- story: a
  steps:
  - user: "[five](count) at noon"
    intent: inform
  - action: utter_ok
""",
    )

    code = command.run(
        build_parser().parse_args(["test", "--bot", str(tmp_path), "--out", str(tmp_path / "r")])
    )

    assert (code, [asked["text"] for asked in server.asked]) == (1, [[TEXT]])
    (failed,) = json.loads((tmp_path / "r" / "summary.json").read_text())["failed"]
    assert failed["differences"][0]["got"] == "count=five [0:4], number=5 [0:4]"
