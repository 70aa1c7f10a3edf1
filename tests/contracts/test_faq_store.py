from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import delete

from app.db.audit import AuditLog
from app.db.engine import Sessions, writing
from app.db.faq_store import FaqStore, ImportPlan
from app.db.tables import FaqVersionRow
from app.dialogue.errors import InvalidInputError, NotFoundError
from retrieval.types import FaqEntry
from tests.factories_db import TickingClock

DELIVERY = FaqEntry("delivery", "How long?", "Two days.", ("When?",), ("post",), "/help", "en", "f.yml:3")
RETURNS = FaqEntry("returns", "Can I return it?", "Within 30 days.\n\nFree of charge.")


@pytest.fixture
def store(sessions: Sessions) -> FaqStore:
    return FaqStore(sessions, clock=TickingClock())


def counts_of(plan: ImportPlan) -> tuple[int, ...]:
    return tuple(plan.counts.values())  # added, changed, unchanged, archived


def test_imported_entries_are_published_in_order(store: FaqStore) -> None:
    plan = store.import_entries([RETURNS, DELIVERY], "operator")

    assert store.published() == (DELIVERY, RETURNS)
    assert counts_of(plan) == (2, 0, 0, 0)


def test_import_says_what_changed(store: FaqStore) -> None:
    store.import_entries([DELIVERY, RETURNS], "operator")
    changed = replace(DELIVERY, passage="Three days.")
    new = FaqEntry("sizes", "Which size?", "See the table.")

    planned = store.plan_import([changed, new])
    assert store.published() == (DELIVERY, RETURNS)  # a plan changes nothing
    plan = store.import_entries([changed, new], "operator")

    assert plan == planned
    assert (plan.added, plan.changed, plan.archived) == ((new,), ((DELIVERY, changed),), (RETURNS,))
    assert counts_of(plan) == (1, 1, 0, 1)
    assert store.published() == (changed, new)


def test_import_of_the_same_changes_nothing(store: FaqStore) -> None:
    store.import_entries([DELIVERY], "operator")
    before = store.content_hash()

    plan = store.import_entries([replace(DELIVERY, origin="f.yml:9")], "operator")

    assert counts_of(plan) == (0, 0, 1, 0)
    assert len(store.history("delivery")) == 1
    assert store.content_hash() == before


def test_archived_entry_comes_back(store: FaqStore) -> None:
    store.import_entries([DELIVERY, RETURNS], "operator")
    store.import_entries([DELIVERY], "operator")

    plan = store.import_entries([DELIVERY, RETURNS], "operator")

    assert counts_of(plan) == (0, 1, 1, 0)
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


def test_content_is_hashed_once_for_each_change(
    store: FaqStore, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.import_entries([DELIVERY, RETURNS], "operator")
    before = store.content_hash()
    other_process = FaqStore(sessions)
    with monkeypatch.context() as patch:
        patch.setattr(FaqStore, "published", None)
        assert store.content_hash() == before

    other_process.set_status("delivery", "archived", "ann")

    assert store.content_hash() == other_process.content_hash() != before


def test_import_is_audited(store: FaqStore, sessions: Sessions) -> None:
    store.import_entries([DELIVERY], "ann")

    entry = AuditLog(sessions).entries()[0]

    assert (entry.actor, entry.action) == ("ann", "faq.import")
    assert entry.detail["num_added"] == 1


def test_drafts_and_days_of_validity_are_kept(store: FaqStore) -> None:
    sale = replace(DELIVERY, entry_id="sale", valid_from=date(2026, 12, 1), valid_until=date(2026, 12, 31))
    draft = replace(RETURNS, status="draft")

    store.import_entries([sale, draft], "operator")

    assert store.published() == (sale,)
    assert [record.entry for record in store.records()] == [draft, sale]
    assert [record.entry for record in store.records("draft")] == [draft]


def test_every_version_is_kept_with_who_made_it(store: FaqStore, sessions: Sessions) -> None:
    store.import_entries([DELIVERY], "operator")
    edited = replace(DELIVERY, passage="Three days.", valid_until=date(2027, 1, 1))

    record = store.save(edited, "ann")
    store.set_status("delivery", "archived", "bea")

    assert (record.version, record.updated_by, record.is_imported) == (2, "ann", False)
    versions = [(one.version, one.recorded_by, one.entry) for one in store.history("delivery")]
    assert versions == [
        (3, "bea", replace(edited, status="archived")),
        (2, "ann", edited),
        (1, "operator", DELIVERY),
    ]
    acts = [(entry.actor, entry.action, entry.target) for entry in AuditLog(sessions).entries()]
    assert acts[:2] == [("bea", "faq.archive", "delivery"), ("ann", "faq.save", "delivery")]


def test_earlier_version_comes_back_as_a_new_one(store: FaqStore) -> None:
    store.save(DELIVERY, "ann")
    store.save(replace(DELIVERY, passage="Three days."), "ann")

    record = store.restore("delivery", 1, "bea")

    assert (record.entry, record.version, record.updated_by) == (DELIVERY, 3, "bea")
    assert store.published() == (DELIVERY,)


def test_saving_the_same_makes_no_version(store: FaqStore) -> None:
    first = store.save(DELIVERY, "ann")

    assert store.save(DELIVERY, "bea") == first
    assert store.set_status("delivery", "published", "bea") == first
    assert len(store.history("delivery")) == 1


def test_import_leaves_alone_what_people_wrote(store: FaqStore) -> None:
    store.save(RETURNS, "ann")

    plan = store.import_entries([DELIVERY], "operator")

    assert plan.archived == ()
    assert store.published() == (DELIVERY, RETURNS)


def test_entry_from_before_versions_keeps_what_it_was(store: FaqStore, sessions: Sessions) -> None:
    store.import_entries([DELIVERY], "operator")
    with writing(sessions) as session:  # as the migration leaves an old row
        session.execute(delete(FaqVersionRow))

    store.save(replace(DELIVERY, passage="Three days."), "ann")

    assert [(one.version, one.entry.passage) for one in store.history("delivery")] == [
        (2, "Three days."),
        (1, "Two days."),
    ]


def test_entry_or_version_that_is_not_there_is_named(store: FaqStore) -> None:
    store.save(DELIVERY, "ann")

    with pytest.raises(NotFoundError, match="got no FAQ entry 'sale'"):
        store.set_status("sale", "draft", "ann")
    with pytest.raises(NotFoundError, match="got no FAQ entry 'sale'"):
        store.history("sale")
    with pytest.raises(NotFoundError, match="got no FAQ entry 'sale'"):
        store.get("sale")
    with pytest.raises(NotFoundError, match="got no version 7 of the FAQ entry 'delivery', expected 1 to 1"):
        store.restore("delivery", 7, "ann")
