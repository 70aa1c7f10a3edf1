from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import main
from app.commands import context


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "configure_logging", lambda level: None)  # it is the process's, not a test's
    monkeypatch.setenv("SPANDESK_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)  # the command goes elsewhere


def test_a_bot_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["actions", "--bot", "nowhere"]) == 1
    assert "nowhere, which is not there; name it with --bot" in capsys.readouterr().err


def test_a_bot_without_actions_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["actions", "--bot", str(tmp_path)]) == 1
    assert "has no actions; expected 'actions/' or 'actions.py'" in capsys.readouterr().err


def test_actions_that_cannot_be_imported_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "actions.py").write_text("import no_such_module_anywhere")

    assert main(["actions", "--bot", str(tmp_path)]) == 1
    assert "no_such_module_anywhere" in capsys.readouterr().err
