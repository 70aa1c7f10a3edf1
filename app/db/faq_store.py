"""The FAQ entries with every version they had: the truth from which indexes are built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.audit import AuditEntry, add_entry
from app.db.clock import utc_now
from app.db.engine import Sessions, reading, writing
from app.db.faq_answers import FaqUsage, helped_questions, usage_of_entries
from app.db.faq_rows import columns_of, content_of, entry_from, entry_of, is_same
from app.db.tables import FaqEntryRow, FaqVersionRow
from app.dialogue.errors import InvalidInputError, NotFoundError
from app.dialogue.ports import Clock
from retrieval.types import FaqEntry, FaqStatus, content_hash


@dataclass(frozen=True, slots=True)
class FaqRecord:
    """An entry as it is now, and who made it so."""

    entry: FaqEntry
    version: int
    updated_at: datetime
    updated_by: str
    is_imported: bool


@dataclass(frozen=True, slots=True)
class FaqVersion:
    """What an entry was from `recorded_at` on."""

    entry: FaqEntry
    version: int
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import does to the store.

    Attributes:
        added: entries that are new.
        changed: entries as they are and as they will be.
        num_unchanged: entries that are there already.
        archived: entries of earlier imports that this one no longer holds.
    """

    added: tuple[FaqEntry, ...]
    changed: tuple[tuple[FaqEntry, FaqEntry], ...]
    num_unchanged: int
    archived: tuple[FaqEntry, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Count the entries of each kind."""
        return {
            "num_added": len(self.added),
            "num_changed": len(self.changed),
            "num_unchanged": self.num_unchanged,
            "num_archived": len(self.archived),
        }


class FaqStore:
    """FAQ entries in the database."""

    def __init__(self, sessions: Sessions, *, clock: Clock = utc_now) -> None:
        self._sessions = sessions
        self._clock = clock
        self._hashed: tuple[tuple[int, int], str] | None = None  # the state of the table, and its hash

    def plan_import(self, entries: Sequence[FaqEntry], *, archive_missing: bool = True) -> ImportPlan:
        """Say what `import_entries` would do; nothing is written.

        Raises:
            InvalidInputError: two entries have the same id.
        """
        with reading(self._sessions) as session:
            return _plan(_rows(session), entries, archive_missing=archive_missing)

    def import_entries(
        self, entries: Sequence[FaqEntry], actor: str, *, archive_missing: bool = True
    ) -> ImportPlan:
        """Bring these entries into the store, all or nothing; audited.

        With `archive_missing`, imported entries that are not among them are archived; those that people wrote
        stay.

        Raises:
            InvalidInputError: two entries have the same id.
        """
        with writing(self._sessions) as session:
            rows = _rows(session)
            plan = _plan(rows, entries, archive_missing=archive_missing)
            gone = [replace(entry, status="archived") for entry in plan.archived]
            for entry in (*plan.added, *(after for _, after in plan.changed), *gone):
                self._put(session, rows.get(entry.entry_id), entry, actor=actor, is_imported=True)
            add_entry(session, AuditEntry(self._clock(), actor, "faq.import", "faq", plan.counts))
        return plan

    def save(self, entry: FaqEntry, actor: str) -> FaqRecord:
        """Write an entry as a person wants it: a new one, or a new version; audited.

        An import leaves it alone from then on, unless it holds the same id.
        """
        with writing(self._sessions) as session:
            row = session.get(FaqEntryRow, entry.entry_id)
            return self._change(session, row, entry, actor=actor, action="faq.save")

    def set_status(self, entry_id: str, status: FaqStatus, actor: str) -> FaqRecord:
        """Publish an entry, archive it or make it a draft; audited.

        Raises:
            NotFoundError: there is no such entry.
        """
        with writing(self._sessions) as session:
            row = _require(session, entry_id)
            entry = replace(entry_of(row), status=status)
            return self._change(session, row, entry, actor=actor, action=f"faq.{_VERBS[status]}")

    def restore(self, entry_id: str, version: int, actor: str) -> FaqRecord:
        """Make an earlier version the newest; audited.

        Raises:
            NotFoundError: there is no such entry, or it never had this version.
        """
        with writing(self._sessions) as session:
            row = _require(session, entry_id)
            kept = session.get(FaqVersionRow, (entry_id, version))
            if kept is None:
                raise NotFoundError(
                    f"got no version {version} of the FAQ entry '{entry_id}', expected 1 to {row.version}; "
                    f"see `spandesk faq history {entry_id}`"
                )
            return self._change(session, row, entry_from(kept.content), actor=actor, action="faq.restore")

    def get(self, entry_id: str) -> FaqRecord:
        """Give an entry of any status.

        Raises:
            NotFoundError: there is no such entry.
        """
        with reading(self._sessions) as session:
            return _record(_require(session, entry_id))

    def records(self, status: FaqStatus | None = None) -> tuple[FaqRecord, ...]:
        """Give the entries of one status, or all, ordered by id."""
        query = select(FaqEntryRow)
        if status is not None:
            query = query.where(FaqEntryRow.status == status)
        with reading(self._sessions) as session:
            records = [_record(row) for row in session.scalars(query)]
        return tuple(sorted(records, key=lambda record: record.entry.entry_id))

    def usage(self) -> dict[str, FaqUsage]:
        """Give, for every entry that ever answered, how often it did and how customers rated that."""
        with reading(self._sessions) as session:
            return usage_of_entries(session)

    def helped_questions(self) -> list[tuple[str, str]]:
        """Give entry id and question of the answers that customers rated helpful, each pair once."""
        with reading(self._sessions) as session:
            return helped_questions(session)

    def history(self, entry_id: str) -> tuple[FaqVersion, ...]:
        """Give every version of an entry, newest first.

        Raises:
            NotFoundError: there is no such entry.
        """
        newest_first = FaqVersionRow.version.desc()
        query = select(FaqVersionRow).where(FaqVersionRow.entry_id == entry_id).order_by(newest_first)
        with reading(self._sessions) as session:
            _require(session, entry_id)
            return tuple(
                FaqVersion(entry_from(row.content), row.version, row.recorded_at, row.recorded_by)
                for row in session.scalars(query)
            )

    def published(self) -> tuple[FaqEntry, ...]:
        """Give the published entries, ordered by id."""
        return tuple(record.entry for record in self.records("published"))

    def content_hash(self) -> str:
        """Hash what customers and indexes see of the published entries (not where they came from).

        Cheap as long as nothing changes: every change counts a version up.
        """
        query = select(func.count(), func.coalesce(func.sum(FaqEntryRow.version), 0))
        with reading(self._sessions) as session:
            num_entries, num_versions = session.execute(query).one()
        state, hashed = (num_entries, num_versions), self._hashed
        if hashed is None or hashed[0] != state:
            hashed = self._hashed = (state, content_hash(self.published()))
        return hashed[1]

    def _change(
        self, session: Session, row: FaqEntryRow | None, entry: FaqEntry, *, actor: str, action: str
    ) -> FaqRecord:
        """Write a new version by hand, unless nothing changes."""
        if row is not None and is_same(row, entry):
            return _record(row)
        row = self._put(session, row, entry, actor=actor, is_imported=False)
        detail = {"version": row.version, "status": row.status}
        add_entry(session, AuditEntry(self._clock(), actor, action, entry.entry_id, detail))
        return _record(row)

    def _put(
        self, session: Session, row: FaqEntryRow | None, entry: FaqEntry, *, actor: str, is_imported: bool
    ) -> FaqEntryRow:
        if row is None:
            row = FaqEntryRow(entry_id=entry.entry_id, version=0)
            session.add(row)
        elif row.version == 1 and session.get(FaqVersionRow, (row.entry_id, 1)) is None:
            _keep(session, row)  # it is older than the table of versions
        for name, value in columns_of(entry).items():
            setattr(row, name, value)
        row.version += 1
        row.is_imported = is_imported
        row.updated_at, row.updated_by = self._clock(), actor
        session.flush()
        _keep(session, row)
        return row


_VERBS: dict[FaqStatus, str] = {"draft": "withdraw", "published": "publish", "archived": "archive"}


def _rows(session: Session) -> dict[str, FaqEntryRow]:
    return {row.entry_id: row for row in session.scalars(select(FaqEntryRow))}


def _plan(rows: dict[str, FaqEntryRow], entries: Sequence[FaqEntry], *, archive_missing: bool) -> ImportPlan:
    wanted = {entry.entry_id: entry for entry in entries}
    if len(wanted) != len(entries):
        raise InvalidInputError(f"FAQ import: got {len(entries)} entries, but only {len(wanted)} ids")
    known = [entry for entry in entries if entry.entry_id in rows]
    changed = [entry for entry in known if not is_same(rows[entry.entry_id], entry)]
    gone = [row for row in rows.values() if archive_missing and _is_gone(row, wanted)]
    return ImportPlan(
        added=tuple(entry for entry in entries if entry.entry_id not in rows),
        changed=tuple((entry_of(rows[entry.entry_id]), entry) for entry in changed),
        num_unchanged=len(known) - len(changed),
        archived=tuple(entry_of(row) for row in gone),
    )


def _is_gone(row: FaqEntryRow, wanted: dict[str, FaqEntry]) -> bool:
    return row.is_imported and row.status != "archived" and row.entry_id not in wanted


def _require(session: Session, entry_id: str) -> FaqEntryRow:
    row = session.get(FaqEntryRow, entry_id)
    if row is None:
        raise NotFoundError(
            f"got no FAQ entry '{entry_id}', expected one of the store; see `spandesk faq list`"
        )
    return row


def _keep(session: Session, row: FaqEntryRow) -> None:
    session.add(
        FaqVersionRow(
            entry_id=row.entry_id,
            version=row.version,
            recorded_at=row.updated_at,
            recorded_by=row.updated_by,
            content=content_of(entry_of(row)),
        )
    )


def _record(row: FaqEntryRow) -> FaqRecord:
    return FaqRecord(entry_of(row), row.version, row.updated_at, row.updated_by, row.is_imported)
