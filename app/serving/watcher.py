"""Keeps the model in service equal to the wanted one: loads in the background, then swaps.

The database says what is wanted (champion bundle, FAQ content); several servers each watch it by themselves.
What does not load is reported, and the old model stays; it is tried again when something else is wanted, and
after a while, for a disk may have been full.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from app.serving.understanding import ServedModel, Understanding

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The bundle and the FAQ content that should be in service."""

    bundle_id: str
    faq_hash: str


class ModelWatcher:
    """Looks every `interval_s` seconds whether something else is wanted.

    Args:
        understanding: what to swap.
        wanted: reads the present wish; cheap, may raise while the database is away.
        load: loads and warms up a model; slow.
        interval_s: seconds between two looks.
        retry_after_s: seconds until what did not load is tried again.
        now_s: a clock.
    """

    def __init__(
        self,
        understanding: Understanding,
        *,
        wanted: Callable[[], Wanted],
        load: Callable[[Wanted], ServedModel],
        interval_s: float = 1.0,
        retry_after_s: float = 60.0,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._understanding = understanding
        self._wanted = wanted
        self._load = load
        self._interval_s = interval_s
        self._retry_after_s = retry_after_s
        self._now_s = now_s
        self._refused: tuple[Wanted, float] | None = None  # with when it was
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="model-watcher", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def close(self) -> None:
        """Stop watching; a load in progress is abandoned with the process."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=self._interval_s + 1)

    def check(self) -> bool:
        """Look once; say whether a swap was made."""
        wanted = self._wanted()
        served = self._understanding.served
        if wanted == Wanted(served.interpreter.bundle_id, served.faq_hash) or self._is_refused(wanted):
            return False
        started = self._now_s()
        try:
            loaded = self._load(wanted)
        except Exception:  # whatever is wrong with a new model, the old one goes on answering
            log.exception("model_refused", extra={"bundle_id": wanted.bundle_id})
            self._refused = wanted, self._now_s()
            return False
        self._understanding.swap(loaded)
        self._refused = None
        seconds = round(self._now_s() - started, 2)
        log.info("model_swapped", extra={"bundle_id": wanted.bundle_id, "load_s": seconds})
        return True

    def _is_refused(self, wanted: Wanted) -> bool:
        if self._refused is None:
            return False
        refused, at_s = self._refused
        return wanted == refused and self._now_s() - at_s < self._retry_after_s

    def _run(self) -> None:
        while not self._stop.wait(self._interval_s):
            try:
                self.check()
            except Exception:  # the database may be away for a while; the thread must outlive that
                log.exception("model_watch_failed")
