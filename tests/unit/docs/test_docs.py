"""The documents name every setting and every command."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.api import frames
from app.cli import build_parser
from app.settings import Settings

DOCS = Path(__file__).parents[3] / "docs"


def command_names(parser: argparse.ArgumentParser, prefix: str = "spandesk") -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, child in action.choices.items():
                yield from command_names(child, f"{prefix} {name}")
            return
    yield prefix


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_settings_page_names_every_setting(name: str) -> None:
    assert f"`SPANDESK_{name.upper()}`" in (DOCS / "settings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", list(command_names(build_parser())))
def test_commands_page_names_every_command(command: str) -> None:
    assert f"`{command}" in (DOCS / "commands.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "frame", [name for name in dir(frames) if name.endswith("Frame") and name != "Frame"]
)
def test_protocol_page_names_every_frame(frame: str) -> None:
    model = getattr(frames, frame)
    kinds = model.model_fields["type"].annotation.__args__ if hasattr(model, "model_fields") else ()

    assert all(f"`{kind}`" in (DOCS / "protocol.md").read_text(encoding="utf-8") for kind in kinds)


def test_help_imports_no_torch() -> None:
    code = "import sys, app.cli; app.cli.build_parser().format_help(); print('torch' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("package", ["app", "nlu", "retrieval", "migrations"])
def test_packages_come_from_this_tree(package: str) -> None:
    module = __import__(package)

    assert Path(str(module.__file__)).parents[1] == DOCS.parent
