"""The shipped bundle fits the domain, and no damaged copy of it is loaded."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.bot.loader import load_bot
from nlu.bundle import load_bundle
from nlu.checkpoint import CheckpointError
from nlu.interpreter import BundleInterpreter

BOT = Path(__file__).parents[2] / "bots" / "retail"
BUNDLE = BOT / "bundle"


def test_starter_bundle_knows_the_intents_of_the_domain() -> None:
    interpreter = BundleInterpreter(load_bundle(BUNDLE))

    assert set(interpreter.intents) <= set(load_bot(BOT).domain.intents)


@pytest.mark.parametrize("name", sorted(path.name for path in BUNDLE.iterdir()))
def test_a_flipped_byte_is_refused(name: str, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(BUNDLE, tmp_path / "bundle"))
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)

    with pytest.raises(CheckpointError, match=name):
        load_bundle(copy)
