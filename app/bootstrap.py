"""The only wiring place: settings -> Services.

Only this module knows concrete classes on both sides of a port.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.bot.bot import Bot
    from app.db.audit import AuditLog
    from app.db.conversation_store import ConversationStore
    from app.db.faq_store import FaqStore
    from app.db.model_store import ModelStore
    from app.db.review_store import ReviewStore
    from app.db.tracker_store import SqlTrackerStore
    from app.db.training_store import TrainingJob, TrainingStore
    from app.db.user_store import UserStore
    from app.dialogue.manager import DialogueManager
    from app.realtime.hub import Hub
    from app.realtime.publisher import ServerPublisher
    from app.serving.understanding import Understanding
    from app.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything a web process works with, built once and passed down."""

    settings: Settings
    bot: Bot
    manager: DialogueManager
    understanding: Understanding
    tracker_store: SqlTrackerStore
    conversations: ConversationStore
    reviews: ReviewStore
    users: UserStore
    faq: FaqStore
    training: TrainingStore
    models: ModelStore
    audit: AuditLog
    hub: Hub
    publisher: ServerPublisher  # started and stopped with the server's loop
    request_retraining: Callable[[str], TrainingJob]  # actor -> queued job; the queue is a layer above us
    close: Callable[[], None]  # stops threads and closes the database, at shutdown
