"""Token buckets: how much one conversation, address or login name may do. In memory, per server process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MAX_BUCKETS = 20_000  # beyond it the longest unused bucket is forgotten, which only ever lets more through


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at_s: float


class RateLimiter:
    """One token bucket per key; a full bucket allows a burst of `per_minute`. Thread-safe.

    Args:
        per_minute: tokens that flow back per minute, and the size of a bucket.
        monotonic_s: a clock in seconds that never goes back.
        max_buckets: how many keys are remembered.
    """

    def __init__(
        self, per_minute: int, *, monotonic_s: Callable[[], float], max_buckets: int = MAX_BUCKETS
    ) -> None:
        self._capacity = float(per_minute)
        self._per_second = per_minute / 60.0
        self._monotonic_s = monotonic_s
        self._max_buckets = max_buckets
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str) -> float:
        """Take one token; give 0.0, or the seconds until there is one when there is none."""
        with self._lock:
            bucket = self._filled(key)
            if bucket.tokens >= 1.0:
                bucket.tokens -= 1.0
                return 0.0
            return (1.0 - bucket.tokens) / self._per_second

    def give_back(self, key: str) -> None:
        """Return a token: what it was taken for does not count."""
        with self._lock:
            bucket = self._filled(key)
            bucket.tokens = min(self._capacity, bucket.tokens + 1.0)

    def _filled(self, key: str) -> _Bucket:
        now_s = self._monotonic_s()
        bucket = self._buckets.pop(key, None) or _Bucket(self._capacity, now_s)
        gained = (now_s - bucket.filled_at_s) * self._per_second
        bucket.tokens = min(self._capacity, bucket.tokens + gained)
        bucket.filled_at_s = now_s
        self._buckets[key] = bucket
        if len(self._buckets) > self._max_buckets:
            self._buckets.popitem(last=False)
        return bucket
