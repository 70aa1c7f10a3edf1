"""The FAQ entries: the truth from which indexes are built."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.audit import AuditEntry, add_entry
from app.db.clock import utc_now
from app.db.engine import Sessions, reading, writing
from app.db.tables import FaqEntryRow
from app.dialogue.errors import InvalidInputError
from app.dialogue.ports import Clock
from retrieval.types import FaqEntry


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """What an import did to the store."""

    num_added: int
    num_changed: int
    num_unchanged: int
    num_archived: int


class FaqStore:
    """FAQ entries in the database."""

    def __init__(self, sessions: Sessions, *, clock: Clock = utc_now) -> None:
        self._sessions = sessions
        self._clock = clock

    def import_entries(self, entries: Sequence[FaqEntry], actor: str) -> ImportCounts:
        """Make the imported entries equal to these, all or nothing; audited.

        Imported entries that are no longer among them are archived; entries written in the console stay.

        Raises:
            InvalidInputError: two entries have the same id.
        """
        wanted = {entry.entry_id: entry for entry in entries}
        if len(wanted) != len(entries):
            raise InvalidInputError(f"FAQ import: got {len(entries)} entries, but only {len(wanted)} ids")
        with writing(self._sessions) as session:
            rows = {row.entry_id: row for row in session.scalars(select(FaqEntryRow))}
            changed = [entry for entry in entries if entry.entry_id in rows and _differs(rows, entry)]
            added = [entry for entry in entries if entry.entry_id not in rows]
            gone = [row for row in rows.values() if _is_gone(row, wanted)]
            self._save(session, rows, [*added, *changed])
            self._archive(gone)
            counts = ImportCounts(
                num_added=len(added),
                num_changed=len(changed),
                num_unchanged=len(entries) - len(added) - len(changed),
                num_archived=len(gone),
            )
            detail = dataclasses.asdict(counts)
            add_entry(session, AuditEntry(self._clock(), actor, "faq.import", "faq", detail))
        return counts

    def published(self) -> tuple[FaqEntry, ...]:
        """Give the published entries, ordered by id."""
        query = select(FaqEntryRow).where(FaqEntryRow.status == "published").order_by(FaqEntryRow.entry_id)
        with reading(self._sessions) as session:
            rows = session.scalars(query).all()
        return tuple(sorted((_entry(row) for row in rows), key=lambda entry: entry.entry_id))

    def content_hash(self) -> str:
        """Hash what customers and indexes see of the published entries (not where they came from)."""
        content = [dataclasses.asdict(dataclasses.replace(entry, origin="")) for entry in self.published()]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def _save(self, session: Session, rows: dict[str, FaqEntryRow], entries: Sequence[FaqEntry]) -> None:
        for entry in entries:
            row = rows.get(entry.entry_id) or FaqEntryRow(entry_id=entry.entry_id)
            for name, value in _columns(entry).items():
                setattr(row, name, value)
            row.updated_at = self._clock()
            session.add(row)

    def _archive(self, rows: Sequence[FaqEntryRow]) -> None:
        for row in rows:
            row.status = "archived"
            row.updated_at = self._clock()


def _is_gone(row: FaqEntryRow, wanted: dict[str, FaqEntry]) -> bool:
    return row.is_imported and row.status == "published" and row.entry_id not in wanted


def _differs(rows: dict[str, FaqEntryRow], entry: FaqEntry) -> bool:
    row = rows[entry.entry_id]
    return any(getattr(row, name) != value for name, value in _columns(entry).items() if name != "origin")


def _columns(entry: FaqEntry) -> dict[str, object]:
    return {
        "question": entry.question,
        "passage": entry.passage,
        "alternatives": list(entry.alternatives),
        "tags": list(entry.tags),
        "source": entry.source,
        "language": entry.language,
        "origin": entry.origin,
        "status": "published",
        "is_imported": True,
    }


def _entry(row: FaqEntryRow) -> FaqEntry:
    return FaqEntry(
        entry_id=row.entry_id,
        question=row.question,
        passage=row.passage,
        alternatives=tuple(row.alternatives),
        tags=tuple(row.tags),
        source=row.source,
        language=row.language,
        origin=row.origin,
    )
