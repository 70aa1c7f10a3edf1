from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from app.cli import build_parser
from app.commands import evaluate
from app.dialogue.errors import NotFoundError
from app.settings import Settings
from nlu.types import IntentPrediction, ParsedUtterance
from tests.fakes_bot import write_bot

NLU = """
version: "3.1"
nlu:
- intent: greet
  examples: |
    - hello
- intent: track
  examples: |
    - track it
"""

Evaluate = Callable[..., int]


class AlwaysOneIntent:
    """Understands everything as one intent; the folder of the bundle names it."""

    def __init__(self, intent: str) -> None:
        self.bundle_id = f"bundle-{intent}"
        self._guess = IntentPrediction(intent, 0.75)

    def parse(self, texts: Sequence[str], contexts: Sequence[str]) -> list[ParsedUtterance]:
        return [ParsedUtterance(text, self._guess, (self._guess,)) for text in texts]


@pytest.fixture
def spandesk_evaluate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Evaluate:
    (tmp_path / "data.yml").write_text(NLU, encoding="utf-8")
    monkeypatch.setattr(evaluate, "settings_for", lambda args: None)
    monkeypatch.setattr(evaluate, "chosen_interpreter", lambda bundle, settings: AlwaysOneIntent(bundle.name))

    def run(*arguments: str) -> int:
        given = ["evaluate", "--data", str(tmp_path / "data.yml"), "--bundle", "greet", *arguments]
        return evaluate.run(build_parser().parse_args(given))

    return run


def test_evaluate_prints_figures_and_misses(
    spandesk_evaluate: Evaluate, capsys: pytest.CaptureFixture[str]
) -> None:
    assert spandesk_evaluate() == 0

    printed = capsys.readouterr().out
    assert "intent_accuracy      0.5\n" in printed
    assert "'track it': expected track, got greet (0.75)" in printed
    assert "span_f1" not in printed  # the file has no entities and nothing out of scope
    assert "out_of_scope_recall" not in printed


def test_evaluate_beside_another_bundle_says_what_changed(
    spandesk_evaluate: Evaluate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spandesk_evaluate("--before", "track", "--report", str(tmp_path / "report"))

    printed = capsys.readouterr().out
    assert "1 examples from wrong to right, 1 from right to wrong:" in printed
    assert "intent_accuracy      0.5   before 0.5" in printed
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "bundle bundle-greet after bundle-track: data.yml" in page


def test_evaluate_prints_json_and_nothing_else(
    spandesk_evaluate: Evaluate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spandesk_evaluate("--json", "--report", str(tmp_path))

    assert json.loads(capsys.readouterr().out) == json.loads((tmp_path / "report.json").read_bytes())


def test_a_bot_of_which_nothing_is_held_out_is_measured_on_a_file_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=tmp_path, bot=write_bot(tmp_path / "bot"))
    monkeypatch.setattr(evaluate, "settings_for", lambda _: settings)

    with pytest.raises(NotFoundError, match=r"got no held-out examples .*--data"):
        evaluate.run(build_parser().parse_args(["evaluate"]))
