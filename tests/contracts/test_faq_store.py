from __future__ import annotations

from dataclasses import replace

import pytest

from app.db.audit import AuditLog
from app.db.engine import Sessions
from app.db.faq_store import FaqStore, ImportCounts
from app.dialogue.errors import InvalidInputError
from retrieval.types import FaqEntry
from tests.factories_db import TickingClock

DELIVERY = FaqEntry("delivery", "How long?", "Two days.", ("When?",), ("post",), "/help", "en", "f.yml:3")
RETURNS = FaqEntry("returns", "Can I return it?", "Within 30 days.\n\nFree of charge.")


@pytest.fixture
def store(sessions: Sessions) -> FaqStore:
    return FaqStore(sessions, clock=TickingClock())


def test_imported_entries_are_published_in_order(store: FaqStore) -> None:
    counts = store.import_entries([RETURNS, DELIVERY], "operator")

    assert store.published() == (DELIVERY, RETURNS)
    assert counts == ImportCounts(num_added=2, num_changed=0, num_unchanged=0, num_archived=0)


def test_import_says_what_changed(store: FaqStore) -> None:
    store.import_entries([DELIVERY, RETURNS], "operator")
    changed = replace(DELIVERY, passage="Three days.")
    new = FaqEntry("sizes", "Which size?", "See the table.")

    counts = store.import_entries([changed, new], "operator")

    assert counts == ImportCounts(num_added=1, num_changed=1, num_unchanged=0, num_archived=1)
    assert store.published() == (changed, new)


def test_import_of_the_same_changes_nothing(store: FaqStore) -> None:
    store.import_entries([DELIVERY], "operator")
    before = store.content_hash()

    counts = store.import_entries([replace(DELIVERY, origin="f.yml:9")], "operator")

    assert counts == ImportCounts(num_added=0, num_changed=0, num_unchanged=1, num_archived=0)
    assert store.content_hash() == before


def test_archived_entry_comes_back(store: FaqStore) -> None:
    store.import_entries([DELIVERY, RETURNS], "operator")
    store.import_entries([DELIVERY], "operator")

    counts = store.import_entries([DELIVERY, RETURNS], "operator")

    assert counts.num_changed == 1
    assert store.published() == (DELIVERY, RETURNS)


def test_import_refuses_an_id_twice(store: FaqStore) -> None:
    with pytest.raises(InvalidInputError, match="got 2 entries, but only 1 ids"):
        store.import_entries([DELIVERY, replace(DELIVERY, question="Other?")], "operator")
    assert store.published() == ()


def test_content_hash_changes_with_the_content(store: FaqStore) -> None:
    empty = store.content_hash()
    store.import_entries([DELIVERY], "operator")
    one = store.content_hash()
    store.import_entries([replace(DELIVERY, alternatives=("Now?",))], "operator")

    assert len({empty, one, store.content_hash()}) == 3


def test_import_is_audited(store: FaqStore, sessions: Sessions) -> None:
    store.import_entries([DELIVERY], "ann")

    entry = AuditLog(sessions).entries()[0]

    assert (entry.actor, entry.action) == ("ann", "faq.import")
    assert entry.detail["num_added"] == 1
