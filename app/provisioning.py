"""What must be there before anybody is served: stores, FAQ entries, a champion bundle, an index.

Every function is safe to call again and changes nothing that exists. Used by the web process, the worker and
the command line; loads torch only when a model is asked for.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from app.bot.bot import Bot
from app.bot.regex_entities import regex_entities_of
from app.bot.thresholds import thresholds_of
from app.db.audit import AuditLog
from app.db.conversation_store import ConversationStore
from app.db.engine import make_sessions, open_engine
from app.db.faq_store import FaqStore
from app.db.migrate import upgrade_engine
from app.db.model_store import ModelInfo, ModelStore
from app.db.reminder_store import ReminderStore
from app.db.review_store import ReviewStore
from app.db.tracker_store import SqlTrackerStore
from app.db.training_store import TrainingStore
from app.db.user_store import UserStore
from app.dialogue.errors import NotFoundError
from app.retraining.registry import ModelRegistry
from app.settings import Settings
from retrieval.importers.read import read_faq
from retrieval.types import FaqEntry, content_hash

if TYPE_CHECKING:
    from app.serving.understanding import ServedModel
    from app.serving.watcher import Wanted
    from nlu.bundle import Bundle
    from nlu.interpreter import BundleInterpreter
    from retrieval.index import FaqIndex
    from retrieval.reader import PassageReader, ReadPairs

log = logging.getLogger(__name__)

SHIPPED_BUNDLE = "bundle"  # folder of a bot project that holds a trained bundle
_NUM_INDEXES = 8  # snapshots that are kept: those of servers that still load, and those to learn vectors from


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The database, store by store."""

    engine: Engine
    trackers: SqlTrackerStore
    reminders: ReminderStore
    conversations: ConversationStore
    reviews: ReviewStore
    users: UserStore
    faq: FaqStore
    training: TrainingStore
    models: ModelStore
    audit: AuditLog

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def open_stores(settings: Settings) -> Stores:
    """Open the database, creating and migrating it as needed."""
    settings.home.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.effective_database_url)
    upgrade_engine(engine)
    sessions = make_sessions(engine)
    return Stores(
        engine=engine,
        trackers=SqlTrackerStore(sessions),
        reminders=ReminderStore(sessions),
        conversations=ConversationStore(sessions),
        reviews=ReviewStore(sessions),
        users=UserStore(sessions),
        faq=FaqStore(sessions),
        training=TrainingStore(sessions),
        models=ModelStore(sessions),
        audit=AuditLog(sessions),
    )


def ensure_faq(stores: Stores, bot: Bot) -> None:
    """Import the bot's FAQ into a store that has no entries yet."""
    if bot.faq_path is not None and not stores.faq.published():
        plan = stores.faq.import_entries(read_faq(bot.faq_path), actor="first start")
        log.info("faq_imported", extra={"num_entries": len(plan.added)})


def ensure_champion(stores: Stores, settings: Settings, bot: Bot) -> ModelInfo:
    """Give the champion; on the first start, and after an update of the bot, its shipped bundle becomes it.

    A champion that was trained here is never replaced by a shipped bundle.

    Raises:
        NotFoundError: there is neither a champion nor a shipped bundle.
    """
    champion = stores.models.champion()
    shipped = bot.path / SHIPPED_BUNDLE
    if shipped.is_dir() and (champion is None or champion.origin == "shipped"):
        return adopt_bundle(stores, settings, shipped, origin="shipped", replaces=champion)
    if champion is None:
        raise NotFoundError(
            f"got no trained bundle for {bot.path}, expected one in the registry or in {shipped}; "
            f"train one with `spandesk train --bot {bot.path}`"
        )
    return champion


def adopt_bundle(
    stores: Stores, settings: Settings, source: Path, *, origin: str, replaces: ModelInfo | None = None
) -> ModelInfo:
    """Copy a bundle into the registry; it becomes champion when there is none, or in place of `replaces`.

    Returns:
        The champion after that.

    Raises:
        CheckpointError: a file of the bundle is missing or changed.
    """
    registry = ModelRegistry(settings.home / "models")
    bundle_id, path = registry.adopt(source)
    metrics = json.loads((path / "metrics.json").read_text(encoding="utf-8"))
    if stores.models.find(bundle_id) is None:
        stores.models.register(bundle_id, path=str(path), origin=origin, metrics=metrics)
    champion = stores.models.champion()
    if champion is None or (replaces is not None and champion.bundle_id == replaces.bundle_id):
        return stores.models.promote(bundle_id, actor=origin)
    return champion


def bundle_interpreter(settings: Settings, bot: Bot, path: Path) -> BundleInterpreter:
    """Load a bundle from its folder, with the thresholds that the bot's ``config.yml`` sets.

    Raises:
        CheckpointError: the bundle is damaged or made for another encoder.
    """
    from nlu.bundle import load_bundle
    from nlu.checkpoint import resolve_encoder
    from nlu.interpreter import BundleInterpreter

    bundle = load_bundle(path, encoder=resolve_encoder(settings.encoder))
    patterns = regex_entities_of(bot, bundle.contents.regexes, bundle.contents.lookups)
    interpreter = BundleInterpreter(_with_bot_thresholds(bundle, bot), patterns)
    interpreter.warm_up()
    return interpreter


def _with_bot_thresholds(bundle: Bundle, bot: Bot) -> Bundle:
    calibration = bundle.contents.calibration
    thresholds = thresholds_of(bot, calibration.thresholds)
    contents = replace(bundle.contents, calibration=replace(calibration, thresholds=thresholds))
    return replace(bundle, contents=contents)


def champion_interpreter(stores: Stores, settings: Settings, bot: Bot) -> BundleInterpreter:
    """Load the champion, provisioning it first if need be."""
    return bundle_interpreter(settings, bot, Path(ensure_champion(stores, settings, bot).path))


def load_served(
    stores: Stores, settings: Settings, bot: Bot, reader: PassageReader | None, wanted: Wanted
) -> ServedModel:
    """Load a bundle and the index of the present FAQ entries for it.

    Raises:
        NotFoundError: the bundle is not registered.
        CheckpointError: the bundle is damaged.
    """
    model = stores.models.find(wanted.bundle_id)
    if model is None:
        raise NotFoundError(f"got the unknown bundle {wanted.bundle_id}; see `spandesk models list`")
    return load_answering(settings, stores, bundle_interpreter(settings, bot, Path(model.path)), reader)


def load_answering(
    settings: Settings, stores: Stores, interpreter: BundleInterpreter, reader: PassageReader | None
) -> ServedModel:
    """Join an interpreter with a reader and the index of the present FAQ entries."""
    from app.serving.understanding import ServedModel
    from retrieval.answerer import FaqAnswerer

    faq_hash = stores.faq.content_hash()  # before the entries: a change in between is noticed later
    entries = stores.faq.published()
    index = open_index(settings, entries, interpreter)
    answerer = FaqAnswerer(entries, index, interpreter.embed, reader=reader)
    return ServedModel(interpreter, answerer, faq_hash)


def open_reader(settings: Settings) -> PassageReader | None:
    """Load the reader of the settings for one caller at a time; see `load_reading`."""
    from retrieval.reader import PassageReader

    read = load_reading(settings)
    return None if read is None else PassageReader(read)


def load_reading(settings: Settings) -> ReadPairs | None:
    """Load what reads help texts for answers, as the settings say.

    Raises:
        CheckpointError: it is missing, damaged, or made for an encoder that is not here.
    """
    from nlu.serving import load_serving_reader
    from retrieval.shipped import SHIPPED_READER

    if settings.reader == "none":
        return None
    path = SHIPPED_READER if settings.reader == "shipped" else Path(settings.reader)
    return load_serving_reader(path).read


def wanted_model(stores: Stores, fallback: str) -> Wanted:
    """Say what should be in service now: the champion (`fallback` without one) and the FAQ content."""
    from app.serving.watcher import Wanted

    champion = stores.models.champion()
    return Wanted(champion.bundle_id if champion else fallback, stores.faq.content_hash())


def open_index(settings: Settings, entries: Sequence[FaqEntry], interpreter: BundleInterpreter) -> FaqIndex:
    """Load the index snapshot for these entries and this encoder, or build and save it.

    Only texts that no snapshot of the encoder holds are embedded.
    """
    from retrieval.embedder import BatchedEmbedder
    from retrieval.index import IndexMismatchError, build_index
    from retrieval.snapshot import load_index, newest_index, remove_old_indexes, save_index, snapshot_path

    folder, encoder_id = settings.home / "index", interpreter.encoder_id
    wanted = {"encoder_id": encoder_id, "content_hash": content_hash(entries)}
    path = snapshot_path(folder, **wanted)
    if path.is_dir():
        try:
            return load_index(path, **wanted)
        except IndexMismatchError as error:
            log.warning("index_refused", extra={"reason": str(error)})
    previous = newest_index(folder, encoder_id=encoder_id)
    embed = BatchedEmbedder(interpreter.embed)
    index = build_index(entries, embed, encoder_id=encoder_id, previous=previous)
    save_index(index, path)
    remove_old_indexes(folder, num_kept=_NUM_INDEXES)
    return index
