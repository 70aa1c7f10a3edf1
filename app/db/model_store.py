"""The bundles that this installation knows, which one is champion, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db.audit import AuditEntry, add_entry
from app.db.clock import utc_now
from app.db.engine import Sessions, reading, writing
from app.db.tables import ModelRow, PromotionRow
from app.db.text import check_id, storable
from app.dialogue.errors import ConflictError, NotFoundError
from app.dialogue.ports import Clock


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A bundle; `origin` says how it came ("shipped", "train", "job:<id>")."""

    bundle_id: str
    path: str
    origin: str
    created_at: datetime
    metrics: Mapping[str, Any]
    is_champion: bool


class ModelStore:
    """Bundles in the database; their files are the registry's."""

    def __init__(self, sessions: Sessions, *, clock: Clock = utc_now) -> None:
        self._sessions = sessions
        self._clock = clock

    def register(self, bundle_id: str, *, path: str, origin: str, metrics: Mapping[str, Any]) -> ModelInfo:
        """Make a bundle known; one that is known already only gets its new path and metrics."""
        check_id(bundle_id, "bundle id")
        try:
            return self._register(bundle_id, path=path, origin=origin, metrics=metrics)
        except IntegrityError:  # another process registered it at the same moment: now it is known
            return self._register(bundle_id, path=path, origin=origin, metrics=metrics)

    def list(self) -> tuple[ModelInfo, ...]:
        """Give all bundles, newest first."""
        query = select(ModelRow).order_by(ModelRow.created_at.desc(), ModelRow.bundle_id)
        with reading(self._sessions) as session:
            champion = _newest_promotion(session)
            champion_id = champion.bundle_id if champion is not None else None
            return tuple(_info(row, champion_id) for row in session.scalars(query))

    def find(self, bundle_id: str) -> ModelInfo | None:
        """Give one bundle, or None."""
        with reading(self._sessions) as session:
            return _find(session, storable(bundle_id))

    def champion(self) -> ModelInfo | None:
        """Give the bundle that should be in service, or None before the first promotion."""
        with reading(self._sessions) as session:
            champion = _newest_promotion(session)
            return _find(session, champion.bundle_id) if champion is not None else None

    def promote(self, bundle_id: str, *, actor: str) -> ModelInfo:
        """Make a bundle champion; nothing changes when it is.

        Raises:
            NotFoundError: the bundle is unknown.
        """
        with writing(self._sessions) as session:
            row = session.get(ModelRow, storable(bundle_id))
            if row is None:
                raise NotFoundError(f"models: got the unknown bundle {bundle_id}; see `spandesk models list`")
            champion = _newest_promotion(session)
            if champion is None or champion.bundle_id != bundle_id:
                now = self._clock()
                session.add(PromotionRow(bundle_id=bundle_id, promoted_by=actor, promoted_at=now))
                detail = {"before": champion.bundle_id if champion is not None else None}
                add_entry(session, AuditEntry(now, actor, "model.promote", bundle_id, detail))
            return _info(row, bundle_id)

    def rollback(self, *, actor: str) -> ModelInfo:
        """Withdraw the newest promotion: the champion before it is champion again.

        Raises:
            ConflictError: there is none before it.
        """
        with writing(self._sessions) as session:
            standing = session.scalars(_standing_promotions().limit(2).with_for_update()).all()
            if len(standing) < 2:
                raise ConflictError("models: there is no bundle before the present one to go back to")
            withdrawn, before = standing
            withdrawn.withdrawn_by = actor
            withdrawn.withdrawn_at = self._clock()
            detail = {"withdrawn": withdrawn.bundle_id}
            add_entry(
                session, AuditEntry(withdrawn.withdrawn_at, actor, "model.rollback", before.bundle_id, detail)
            )
            row = session.get_one(ModelRow, before.bundle_id)
            return _info(row, before.bundle_id)

    def _register(self, bundle_id: str, *, path: str, origin: str, metrics: Mapping[str, Any]) -> ModelInfo:
        with writing(self._sessions) as session:
            row = session.get(ModelRow, bundle_id)
            if row is None:
                now = self._clock()
                row = ModelRow(bundle_id=bundle_id, origin=origin, created_at=now)
                session.add(row)
                add_entry(session, AuditEntry(now, origin, "model.register", bundle_id, {"path": path}))
            row.path = path
            row.metrics = dict(metrics)
            champion = _newest_promotion(session)
            return _info(row, champion.bundle_id if champion is not None else None)


def _standing_promotions() -> Select[PromotionRow]:
    return (
        select(PromotionRow)
        .where(PromotionRow.withdrawn_at.is_(None))
        .order_by(PromotionRow.promotion_id.desc())
    )


def _newest_promotion(session: Session) -> PromotionRow | None:
    return session.scalars(_standing_promotions().limit(1)).first()


def _find(session: Session, bundle_id: str) -> ModelInfo | None:
    row = session.get(ModelRow, bundle_id)
    champion = _newest_promotion(session)
    return _info(row, champion.bundle_id if champion is not None else None) if row is not None else None


def _info(row: ModelRow, champion_id: str | None) -> ModelInfo:
    return ModelInfo(
        bundle_id=row.bundle_id,
        path=row.path,
        origin=row.origin,
        created_at=row.created_at,
        metrics=row.metrics,
        is_champion=row.bundle_id == champion_id,
    )
