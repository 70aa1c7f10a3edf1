"""The retraining loop with the real encoder and the real trainer, on a bot that is small enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.bot.loader import load_bot
from app.db.training_store import TrainingJob
from app.jobs.tasks import run_retraining
from app.jobs.workshop import open_workshop
from app.provisioning import Stores, bundle_interpreter, open_stores
from app.settings import Settings
from nlu.types import EntityAnnotation
from tests.factories_db import user_said

DOMAIN = """version: "3.1"
intents: [greet, track_order, return_item]
entities: [order_number]
"""
NLU = """version: "3.1"
nlu:
- intent: greet
  examples: |
    - hello
    - hi there
    - good morning
    - hey
    - good evening to you
    - hi, anybody home?
    - hello there friend
    - greetings
    - good afternoon
    - hiya
- intent: track_order
  examples: |
    - where is my order [FH-10001](order_number)
    - where is my parcel?
    - track [FH-10002](order_number) please
    - has my order been sent
    - when does [FH-10003](order_number) arrive
    - my delivery is not here yet
    - status of order [FH-10004](order_number)
    - I am still waiting for my parcel
    - is [FH-10005](order_number) on its way
    - where did my package go
- intent: return_item
  examples: |
    - I want to send this back
    - return order [FH-10006](order_number)
    - how do I give the shoes back? I do not want them
    - I would like to return a shirt
    - send back [FH-10007](order_number)
    - these trousers go back to you
    - please take the jacket back
    - I am returning my order
    - start a return for [FH-10008](order_number)
    - the boots do not fit, I am sending them back
"""
CORRECTED_TEXT = "FH-12345 seems to have fallen into a black hole"
CORRECTED_SPAN = EntityAnnotation(0, 8, "order_number", "FH-12345")


def retrain(settings: Settings, stores: Stores) -> TrainingJob:
    job_id = stores.training.create_job("ann").job_id
    job = run_retraining(job_id, stores.training, open_workshop(settings, stores), worker="w")
    assert job is not None
    return job


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_corrected_turn_is_understood_after_retraining(tmp_path: Path) -> None:
    (tmp_path / "bot" / "data").mkdir(parents=True)
    (tmp_path / "bot" / "domain.yml").write_text(DOMAIN)
    (tmp_path / "bot" / "data" / "nlu.yml").write_text(NLU)
    settings = Settings(home=tmp_path / "home", bot=tmp_path / "bot")
    stores = open_stores(settings)
    first = retrain(settings, stores)
    stores.trackers.append("c", [user_said(CORRECTED_TEXT)], expected_version=0)
    stores.reviews.save_correction(
        "c", 1, intent="track_order", entities=[CORRECTED_SPAN], corrected_by="ann"
    )

    second = retrain(settings, stores)

    champion = stores.models.champion()
    stores.close()
    assert (first.status, first.is_promoted) == ("succeeded", True), first.message
    assert second.status == "succeeded", second.message
    assert second.report is not None
    assert second.report["dataset"]["num_corrections_in_train"] == 1
    assert second.report["champion_id"] == first.challenger_id
    assert champion is not None
    path = settings.home / "models" / str(second.challenger_id)
    parsed = bundle_interpreter(settings, load_bot(settings.bot), path).parse([CORRECTED_TEXT])[0]
    assert parsed.ranking[0].name == "track_order"
