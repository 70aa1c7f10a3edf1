"""Trackers of the conversations that are going on, so that a turn reads only the events that are new.

Events are append-only, so a cached tracker is never wrong, only behind; the store reads the rest.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from app.dialogue.tracker import Tracker, empty_tracker

MAX_EVENTS = 20_000  # of all cached trackers together: about 20 MB


class TrackerCache:
    """The trackers used last, as many as `max_events` allow; thread-safe."""

    def __init__(self, *, max_events: int = MAX_EVENTS) -> None:
        self._max_events = max_events
        self._num_events = 0
        self._trackers: OrderedDict[str, Tracker] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, conversation_id: str) -> Tracker:
        """Give the tracker as it was last seen; an empty one when it is not here."""
        with self._guard:
            tracker = self._trackers.get(conversation_id)
            if tracker is None:
                return empty_tracker(conversation_id)
            self._trackers.move_to_end(conversation_id)
            return tracker

    def put(self, tracker: Tracker) -> None:
        """Keep a tracker as it was read from the database; an older one never replaces a newer one."""
        with self._guard:
            before = self._trackers.get(tracker.conversation_id)
            if not tracker.events or (before is not None and before.version >= tracker.version):
                return
            self._num_events += len(tracker.events) - (len(before.events) if before else 0)
            self._trackers[tracker.conversation_id] = tracker
            self._trackers.move_to_end(tracker.conversation_id)
            while self._num_events > self._max_events:
                _, oldest = self._trackers.popitem(last=False)
                self._num_events -= len(oldest.events)
