"""The bundle that ships with the starter bot: made from its data by this code, and it understands the basics.

When one of these fails after a change of data or code: ``make starter-bundle``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.bot.loader import load_bot
from app.bot.training import read_training
from app.commands.context import read_snapshot
from nlu.bundle import load_bundle
from nlu.data.yaml_source import YamlNode, load_yaml
from nlu.interpreter import BundleInterpreter
from nlu.manifest import read_manifest, verify_belongs
from nlu.provenance import hash_code, hash_data
from nlu.types import FALLBACK_INTENT, ParsedUtterance
from retrieval.importers.read import read_faq
from retrieval.training_pairs import training_pairs

BOT = Path("bots/retail")
GOLDEN = load_yaml(Path("tests/golden/starter_parses.yml")).sequence("the golden file")


@pytest.fixture(scope="module")
def interpreter() -> BundleInterpreter:
    return BundleInterpreter(load_bundle(BOT / "bundle"))


def test_starter_bundle_belongs_to_data_and_code() -> None:
    bot = load_bot(BOT)
    assert bot.faq_path is not None
    pairs = (
        training_pairs(read_faq(bot.faq_path)) if read_training(BOT, num_examples=0).retrieval.weight else ()
    )
    data = replace(read_snapshot(bot).train, retrieval_pairs=pairs)

    verify_belongs(read_manifest(BOT / "bundle"), data_hash=hash_data(data), code_hash=hash_code())


def test_starter_bundle_is_a_few_megabytes() -> None:
    size_bytes = sum(path.stat().st_size for path in (BOT / "bundle").iterdir())

    assert size_bytes < 6_000_000


def test_starter_bundle_was_trained_as_its_configuration_says() -> None:
    expected = read_training(BOT, num_examples=0).to_json()

    assert load_bundle(BOT / "bundle").contents.training == expected


@pytest.mark.parametrize(
    "item", GOLDEN, ids=[item.require("text", "an item").text("text") for item in GOLDEN]
)
def test_starter_bundle_understands(interpreter: BundleInterpreter, item: YamlNode) -> None:
    parsed = interpreter.parse([item.require("text", "an item").text("text")])[0]

    intent = item.require("intent", "an item").text("intent")
    assert parsed.intent.name == intent
    assert intent == FALLBACK_INTENT or found(parsed) == item_entities(item)


def found(parsed: ParsedUtterance) -> list[str]:
    return [f"{span.entity}={span.value}" for span in parsed.entities]


def item_entities(item: YamlNode) -> list[str]:
    entities = item.get("entities")
    return [entity.text("an entity") for entity in entities.sequence("entities")] if entities else []
