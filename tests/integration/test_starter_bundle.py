"""The shipped bundle belongs to the bot's data and to the code, and understands."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.bot.loader import load_bot
from app.retraining.snapshot import build_snapshot
from nlu.bundle import load_bundle
from nlu.checkpoint import CheckpointError
from nlu.data.rasa_nlu import read_nlu
from nlu.interpreter import BundleInterpreter
from nlu.manifest import read_manifest, verify_belongs
from nlu.provenance import hash_code, hash_data

BOT = Path(__file__).parents[2] / "bots" / "retail"
BUNDLE = BOT / "bundle"


def test_starter_bundle_belongs_to_data_and_code() -> None:
    bot = load_bot(BOT)
    train = build_snapshot(read_nlu(bot.nlu_paths, root=bot.path), ()).train

    verify_belongs(read_manifest(BUNDLE), data_hash=hash_data(train), code_hash=hash_code())


def test_starter_bundle_knows_the_intents_of_the_domain() -> None:
    interpreter = BundleInterpreter(load_bundle(BUNDLE))

    assert set(interpreter.intents) <= set(load_bot(BOT).domain.intents)


def test_starter_bundle_is_small() -> None:
    assert sum(path.stat().st_size for path in BUNDLE.iterdir()) < 8_000_000


@pytest.mark.parametrize("name", sorted(path.name for path in BUNDLE.iterdir()))
def test_a_flipped_byte_is_refused(name: str, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(BUNDLE, tmp_path / "bundle"))
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)

    with pytest.raises(CheckpointError, match=name):
        load_bundle(copy)
