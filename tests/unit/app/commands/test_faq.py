"""``spandesk faq list`` on a database with ratings."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import main
from app.commands import context
from app.db.engine import Sessions
from app.db.faq_store import FaqStore
from app.db.tracker_store import SqlTrackerStore
from app.dialogue.events import AnswerRated, BotUttered, FaqSource
from retrieval.types import FaqEntry


def test_list_shows_how_often_an_entry_answered_and_helped(
    sqlite_sessions: Sessions,
    sqlite_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    FaqStore(sqlite_sessions).save(FaqEntry("returns", "Can I return it?", "Yes."), "ann")
    FaqStore(sqlite_sessions).save(FaqEntry("sizes", "Which size?", "See the table."), "ann")
    answer = BotUttered("Yes.", faq=FaqSource("returns", "Can I return it?", "", 0, 3, 0.9))
    ratings = [AnswerRated(number, is_helpful=number != 3) for number in (1, 2, 3)]
    SqlTrackerStore(sqlite_sessions).append("c", [answer] * 4 + ratings, expected_version=0)
    monkeypatch.setattr(context, "configure_logging", lambda level: None)  # it is the process's, not a test's
    monkeypatch.setenv("SPANDESK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SPANDESK_DATABASE_URL", sqlite_url)

    code = main(["faq", "list"])

    assert code == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["status", "answers", "helpful", "id", "question"],
        ["published", "4", "67%", "of", "3", "returns", "Can", "I", "return", "it?"],
        ["published", "0", "-", "sizes", "Which", "size?"],
    ]
