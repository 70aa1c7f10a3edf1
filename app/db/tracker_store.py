"""Keeps the events of conversations (port ``TrackerStore``) and the summary line of each."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast, get_args

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db.clock import utc_now
from app.db.conversation_rows import lock_conversation, new_conversation
from app.db.engine import Sessions, reading, writing
from app.db.event_json import EventFormatError, StoredEvent, event_from_json, event_to_json
from app.db.faq_answers import keep_answers
from app.db.reminder_store import keep_reminders
from app.db.tables import ConversationRow, EventRow
from app.db.text import check_id, storable
from app.db.tracker_cache import TrackerCache
from app.dialogue.errors import ConflictError
from app.dialogue.events import AgentUttered, BotUttered, Event, EventUnreadable, RecordedEvent, UserUttered
from app.dialogue.ports import Clock
from app.dialogue.reminders import is_external
from app.dialogue.tracker import Mode, Tracker, empty_tracker, fold, fold_recorded

_log = logging.getLogger(__name__)


class SqlTrackerStore:
    """Events in the database; safe for many threads and processes."""

    def __init__(self, sessions: Sessions, *, clock: Clock = utc_now) -> None:
        self._sessions = sessions
        self._clock = clock
        self._cache = TrackerCache()

    def load(self, conversation_id: str) -> Tracker:
        """Fold the stored events; an unknown conversation gives an empty tracker of version 0."""
        known = self._cache.get(conversation_id)
        tracker = fold_recorded(known, self.recorded(conversation_id, after_sequence=known.version))
        self._cache.put(tracker)
        return tracker

    def recorded(self, conversation_id: str, *, after_sequence: int = 0) -> list[RecordedEvent]:
        """Give the events after a sequence number, in order; EventUnreadable for what cannot be read."""
        query = (
            select(
                EventRow.sequence,
                EventRow.recorded_at,
                EventRow.type,
                EventRow.schema_version,
                EventRow.payload,
            )
            .where(EventRow.conversation_id == storable(conversation_id), EventRow.sequence > after_sequence)
            .order_by(EventRow.sequence)
        )
        with reading(self._sessions) as session:
            rows = session.execute(query).all()
        return [
            RecordedEvent(
                sequence, recorded_at, _read(conversation_id, StoredEvent(kind, schema_version, payload))
            )
            for sequence, recorded_at, kind, schema_version, payload in rows
        ]

    def append(
        self, conversation_id: str, events: Sequence[Event], *, expected_version: int
    ) -> list[RecordedEvent]:
        """Store all events and the new summaries in one transaction, numbered from ``expected_version + 1``.

        An unknown conversation begins with its first events.

        Raises:
            ConflictError: the conversation is no longer at `expected_version`, or has one of the
                `client_message_id` already.
            InvalidInputError: the conversation id or an event cannot be stored.
        """
        check_id(conversation_id, "conversation id")
        if not events:
            return []
        stored = [event_to_json(event) for event in events]
        now = self._clock()
        recorded = [
            RecordedEvent(sequence, now, event) for sequence, event in enumerate(events, expected_version + 1)
        ]
        try:
            with writing(self._sessions) as session:
                conversation = _lock_at_version(session, conversation_id, expected_version, events, now)
                _summarise(conversation, recorded)
                session.execute(insert(EventRow), _rows(conversation_id, recorded, stored))
                keep_answers(session, conversation_id, recorded)
                keep_reminders(session, conversation_id, recorded)
        except IntegrityError as error:
            raise ConflictError(
                f"conversation {conversation_id}: this message is recorded already"
            ) from error
        return recorded


def _read(conversation_id: str, stored: StoredEvent) -> Event:
    """Read an event; what another version wrote costs the conversation its session, not its future."""
    try:
        return event_from_json(stored)
    except EventFormatError as error:
        fields = {"conversation_id": conversation_id, "problem": str(error)}
        _log.warning("event_unreadable", extra=fields)
        return EventUnreadable(stored.type, str(error))


def _lock_at_version(
    session: Session, conversation_id: str, expected_version: int, events: Sequence[Event], now: datetime
) -> ConversationRow:
    conversation = lock_conversation(session, conversation_id)
    if conversation is None:
        channel = next((event.channel for event in events if isinstance(event, UserUttered)), "web")
        conversation = new_conversation(conversation_id, channel=channel, token_hash=None, now=now)
        session.add(conversation)
        session.flush()  # a rival that began it too gets, or gives us, an IntegrityError here
    if conversation.last_sequence != expected_version:
        raise ConflictError(
            f"conversation {conversation_id}: got version {expected_version},"
            f" expected {conversation.last_sequence}; load it again"
        )
    return conversation


def _summarise(conversation: ConversationRow, recorded: Sequence[RecordedEvent]) -> None:
    events = [item.event for item in recorded]
    before = replace(empty_tracker(conversation.conversation_id), mode=_as_mode(conversation.mode))
    texts = [storable(text) for event in events if (text := visible_text(event))]
    conversation.mode = fold(before, events).mode
    conversation.last_text = texts[-1] if texts else conversation.last_text
    conversation.last_at = recorded[-1].recorded_at
    conversation.last_sequence = recorded[-1].sequence
    conversation.num_customer_turns += sum(
        isinstance(event, UserUttered) and not event.is_heard_again and not is_external(event)
        for event in events
    )


def _as_mode(mode: str) -> Mode:
    if mode not in get_args(Mode):
        raise ValueError(f"got conversation mode {mode!r}, expected one of {get_args(Mode)}")
    return cast(Mode, mode)


def visible_text(event: Event) -> str | None:
    """Give what a customer can see of an event, or None."""
    match event:
        case UserUttered() if is_external(event):
            return None
        case UserUttered(text=text, display_text=display_text, is_heard_again=False):
            return text if display_text is None else display_text
        case BotUttered(text=text) | AgentUttered(text=text):
            return text
        case _:
            return None


def _rows(
    conversation_id: str, recorded: Sequence[RecordedEvent], stored: Sequence[StoredEvent]
) -> list[dict[str, Any]]:
    return [
        {
            "conversation_id": conversation_id,
            "sequence": item.sequence,
            "client_message_id": _client_message_id(item.event),
            "type": row.type,
            "schema_version": row.schema_version,
            "recorded_at": item.recorded_at,
            "search_text": _search_text(item.event),
            "payload": row.payload,
        }
        for item, row in zip(recorded, stored, strict=True)
    ]


def _client_message_id(event: Event) -> str | None:
    if not isinstance(event, UserUttered) or event.client_message_id is None:
        return None
    return check_id(event.client_message_id, "client message id")


def _search_text(event: Event) -> str | None:
    text = visible_text(event)
    return storable(text).casefold() if text else None
