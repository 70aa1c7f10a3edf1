"""Fires reminders when they are due, in a thread of its own; several servers share the work by claims.

What fails is tried again after the claim has run out, a few times; a reminder that can never be fired is
reported and dropped.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from app.dialogue.errors import ConflictError, InvalidInputError, NotFoundError
from app.dialogue.ports import Reminders
from app.dialogue.reminders import DueReminder

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
MAX_CONFLICTS = 20  # in one attempt: as many rivals may be busy in the same conversation
_PAUSE_S = 0.02  # after a conflict


class ReminderAlarm:
    """Looks every `interval_s` seconds for reminders that are due.

    Args:
        reminders: where they are.
        fire: triggers one, or nothing if it is not wanted any more.
        interval_s: seconds between two looks.
    """

    def __init__(
        self, reminders: Reminders, *, fire: Callable[[DueReminder], object], interval_s: float = 1.0
    ) -> None:
        self._reminders = reminders
        self._fire = fire
        self._interval_s = interval_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reminder-alarm", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Stop; a reminder that is being fired is finished first."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=self._interval_s + 5)

    def check(self) -> int:
        """Fire all that is due; give how many there were."""
        count = 0
        while not self._stop.is_set() and (reminder := self._reminders.claim_due()) is not None:
            count += 1
            if self._try_to_fire(reminder):
                self._reminders.settle(reminder)
        return count

    def _try_to_fire(self, reminder: DueReminder) -> bool:
        """Fire a reminder; say whether it is settled with that."""
        fields = {"conversation_id": reminder.conversation_id, "sequence": reminder.sequence}
        try:
            self._fire_among_rivals(reminder)
        except (InvalidInputError, NotFoundError) as error:
            log.error("reminder_dropped", extra={**fields, "reason": str(error)})
            return True
        except Exception:  # whatever is wrong with one reminder, the others must be fired
            log.exception("reminder_failed", extra=fields)
            return reminder.num_attempts >= MAX_ATTEMPTS
        return True

    def _fire_among_rivals(self, reminder: DueReminder) -> None:
        """Fire a reminder, and after a conflict again: whoever was faster is through by then."""
        for _ in range(MAX_CONFLICTS):
            try:
                self._fire(reminder)
            except ConflictError:
                self._stop.wait(_PAUSE_S)
            else:
                return
        self._fire(reminder)

    def _run(self) -> None:
        while not self._stop.wait(self._interval_s):
            try:
                self.check()
            except Exception:  # the database may be away for a while; the thread must outlive that
                log.exception("reminder_watch_failed")
