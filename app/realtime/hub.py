"""Who is connected, and what each socket still has to hear.

Lives in the server's event loop; only `app.realtime.publisher` crosses threads. A feed is a bounded mailbox:
it knows the newest sequence number always and the events themselves while they fit; a socket that finds a gap
reads from the store. So a slow socket costs little memory and loses nothing. The hub knows no wire format.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.dialogue.events import RecordedEvent

MAX_FEED_EVENTS = 256
MAX_CHANGED_CONVERSATIONS = 500


@dataclass(frozen=True, slots=True)
class ConversationNews:
    """What happened to a conversation since the last look.

    `events` are ordered; they may be fewer than what happened up to `newest_sequence` (0: nothing new known).
    `must_read` says that something may have been missed and the store has to be asked. `corrected` are the
    sequence numbers of turns that an agent corrected. `is_typing` is None when unchanged.
    """

    events: tuple[RecordedEvent, ...]
    newest_sequence: int
    must_read: bool
    corrected: frozenset[int]
    is_typing: bool | None


@dataclass(slots=True)
class _Pending:
    """What a feed collects between two looks."""

    events: list[RecordedEvent] = field(default_factory=list)
    newest_sequence: int = 0
    must_read: bool = False
    corrected: set[int] = field(default_factory=set)
    is_typing: bool | None = None


class ConversationFeed:
    """One socket's mailbox for one conversation."""

    def __init__(self, conversation_id: str, *, max_events: int = MAX_FEED_EVENTS) -> None:
        self.conversation_id = conversation_id
        self._max_events = max_events
        self._something_new = asyncio.Event()
        self._pending = _Pending()

    def put_events(self, newest_sequence: int, events: Sequence[RecordedEvent]) -> None:
        """Note saved events; without room for them, only that they exist."""
        pending = self._pending
        pending.newest_sequence = max(pending.newest_sequence, newest_sequence)
        if len(pending.events) + len(events) <= self._max_events:
            pending.events += events
        self._something_new.set()

    def put_correction(self, sequence: int) -> None:
        """Note that the turn with this sequence number was corrected."""
        self._pending.corrected.add(sequence)
        self._something_new.set()

    def put_typing(self, *, is_typing: bool) -> None:
        """Note that somebody began or stopped writing an answer; only the latest counts."""
        self._pending.is_typing = is_typing
        self._something_new.set()

    def request_read(self) -> None:
        """Make the socket ask the store, since something may have been missed."""
        self._pending.must_read = True
        self._something_new.set()

    async def next(self) -> ConversationNews:
        """Wait for something new and take all of it."""
        await self._something_new.wait()
        pending, self._pending = self._pending, _Pending()
        self._something_new.clear()
        return ConversationNews(
            events=tuple(sorted(pending.events, key=lambda item: item.sequence)),
            newest_sequence=pending.newest_sequence,
            must_read=pending.must_read,
            corrected=frozenset(pending.corrected),
            is_typing=pending.is_typing,
        )


class StaffFeed:
    """One staff socket's mailbox: which conversations changed, and that something else may have."""

    def __init__(self) -> None:
        self._something_new = asyncio.Event()
        self._changed: dict[str, None] = {}  # ordered set

    def put_change(self, conversation_id: str) -> None:
        """Note a changed conversation; beyond the bound the longest unchanged is forgotten."""
        self._changed.pop(conversation_id, None)
        self._changed[conversation_id] = None
        if len(self._changed) > MAX_CHANGED_CONVERSATIONS:
            del self._changed[next(iter(self._changed))]
        self._something_new.set()

    def wake(self) -> None:
        """Make the socket look for news that is not about a conversation."""
        self._something_new.set()

    async def next(self) -> tuple[str, ...]:
        """Wait for something new; give the changed conversations, the latest last."""
        await self._something_new.wait()
        changed = tuple(self._changed)
        self._changed.clear()
        self._something_new.clear()
        return changed


class Hub:
    """All feeds of this server process."""

    def __init__(self) -> None:
        self._feeds: dict[str, set[ConversationFeed]] = {}
        self._staff: set[StaffFeed] = set()

    @property
    def num_staff(self) -> int:
        """Count the connected staff sockets."""
        return len(self._staff)

    def num_followers(self, conversation_id: str) -> int:
        """Count the sockets, of customers and staff, that follow a conversation."""
        return len(self._feeds.get(conversation_id, ()))

    @contextmanager
    def following(self, conversation_id: str) -> Iterator[ConversationFeed]:
        """Follow one conversation; from entering on, nothing is missed."""
        feed = ConversationFeed(conversation_id)
        self._feeds.setdefault(conversation_id, set()).add(feed)
        try:
            yield feed
        finally:
            followers = self._feeds[conversation_id]
            followers.discard(feed)
            if not followers:
                del self._feeds[conversation_id]

    @contextmanager
    def watching(self) -> Iterator[StaffFeed]:
        """Watch all conversations for changes."""
        feed = StaffFeed()
        self._staff.add(feed)
        try:
            yield feed
        finally:
            self._staff.discard(feed)

    def announce_events(
        self, conversation_id: str, newest_sequence: int, events: Sequence[RecordedEvent] = ()
    ) -> None:
        """Tell of saved events; without the events themselves, sockets read them from the store."""
        for feed in self._followers(conversation_id):
            feed.put_events(newest_sequence, events)
        for staff in self._staff:
            staff.put_change(conversation_id)

    def announce_correction(self, conversation_id: str, sequence: int) -> None:
        """Tell of a corrected turn."""
        for feed in self._followers(conversation_id):
            feed.put_correction(sequence)

    def announce_typing(self, conversation_id: str, *, is_typing: bool) -> None:
        """Tell that an answer is being made, or no longer."""
        for feed in self._followers(conversation_id):
            feed.put_typing(is_typing=is_typing)

    def announce_gap(self) -> None:
        """Make every socket ask the store: news from other servers may have been lost."""
        for conversation_id, feeds in self._feeds.items():
            for feed in feeds:
                feed.request_read()
            for staff in self._staff:
                staff.put_change(conversation_id)

    def wake_staff(self) -> None:
        """Make every staff socket look for news about jobs and models."""
        for staff in self._staff:
            staff.wake()

    def _followers(self, conversation_id: str) -> Collection[ConversationFeed]:
        return self._feeds.get(conversation_id, ())
