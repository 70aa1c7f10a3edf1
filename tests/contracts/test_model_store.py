from __future__ import annotations

import pytest

from app.db.audit import AuditLog
from app.db.engine import Sessions
from app.db.model_store import ModelStore
from app.dialogue.errors import ConflictError, InvalidInputError, NotFoundError
from tests.factories_db import TickingClock


@pytest.fixture
def store(sessions: Sessions) -> ModelStore:
    return ModelStore(sessions, clock=TickingClock())


def register(store: ModelStore, *bundle_ids: str) -> None:
    for bundle_id in bundle_ids:
        store.register(bundle_id, path=f"/models/{bundle_id}", origin="train", metrics={"accuracy": 0.9})


def champion_of(store: ModelStore) -> str | None:
    champion = store.champion()
    return champion.bundle_id if champion else None


def test_registered_bundle_is_found(store: ModelStore) -> None:
    info = store.register("b1", path="/models/b1", origin="shipped", metrics={"accuracy": 0.9})

    assert store.find("b1") == info
    assert (info.origin, info.metrics, info.is_champion) == ("shipped", {"accuracy": 0.9}, False)


def test_registering_again_updates_path_and_metrics(store: ModelStore) -> None:
    first = store.register("b1", path="/old", origin="shipped", metrics={})

    second = store.register("b1", path="/new", origin="train", metrics={"accuracy": 1.0})

    assert (second.path, second.metrics) == ("/new", {"accuracy": 1.0})
    assert (second.origin, second.created_at) == ("shipped", first.created_at)


def test_list_gives_the_newest_first_and_marks_the_champion(store: ModelStore) -> None:
    register(store, "b1", "b2")
    store.promote("b1", actor="ann")

    assert [(info.bundle_id, info.is_champion) for info in store.list()] == [("b2", False), ("b1", True)]


def test_there_is_no_champion_before_the_first_promotion(store: ModelStore) -> None:
    register(store, "b1")

    assert store.champion() is None


def test_promote_makes_champion(store: ModelStore) -> None:
    register(store, "b1", "b2")
    store.promote("b1", actor="ann")

    info = store.promote("b2", actor="ann")

    assert store.champion() == info
    assert info.is_champion


def test_promote_refuses_an_unknown_bundle(store: ModelStore) -> None:
    with pytest.raises(NotFoundError, match="unknown bundle b9"):
        store.promote("b9", actor="ann")


def test_rollback_goes_back_step_by_step(store: ModelStore) -> None:
    register(store, "b1", "b2", "b3")
    for bundle_id in ("b1", "b2", "b3"):
        store.promote(bundle_id, actor="ann")

    after_one = store.rollback(actor="ann").bundle_id
    after_two = store.rollback(actor="ann").bundle_id

    assert (after_one, after_two, champion_of(store)) == ("b2", "b1", "b1")
    with pytest.raises(ConflictError, match="no bundle before"):
        store.rollback(actor="ann")


def test_promoting_the_champion_again_is_not_a_step(store: ModelStore) -> None:
    register(store, "b1", "b2")
    store.promote("b1", actor="ann")
    store.promote("b2", actor="ann")
    store.promote("b2", actor="ann")

    assert store.rollback(actor="ann").bundle_id == "b1"


def test_promotion_after_a_rollback_counts_from_there(store: ModelStore) -> None:
    register(store, "b1", "b2", "b3")
    store.promote("b1", actor="ann")
    store.promote("b2", actor="ann")
    store.rollback(actor="ann")
    store.promote("b3", actor="ann")

    assert store.rollback(actor="ann").bundle_id == "b1"


def test_steps_are_audited(store: ModelStore, sessions: Sessions) -> None:
    register(store, "b1", "b2")
    store.promote("b1", actor="ann")
    store.promote("b2", actor="ann")
    store.rollback(actor="bob")

    entries = AuditLog(sessions).entries(limit=2)

    assert [(entry.actor, entry.action, entry.target) for entry in entries] == [
        ("bob", "model.rollback", "b1"),
        ("ann", "model.promote", "b2"),
    ]
    assert entries[0].detail == {"withdrawn": "b2"}


def test_register_refuses_an_empty_id(store: ModelStore) -> None:
    with pytest.raises(InvalidInputError, match="bundle id: got ''"):
        store.register("", path="/x", origin="train", metrics={})
