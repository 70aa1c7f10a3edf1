"""What the edge of one server process needs beside the services: limits and threads. Built by `app.main`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import ParamSpec, TypeVar

import anyio.to_thread
from anyio import CapacityLimiter

from app.api.rate_limit import RateLimiter
from app.bootstrap import Services

NUM_TURN_THREADS = 40  # concurrent turns; more wait. SQLAlchemy's pool is made for it
VISITORS_PER_MINUTE = 120  # new conversations from one address
LOGINS_PER_MINUTE = 10  # failed logins from one address, and for one name

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Edge:
    """Services with the limits of this process."""

    services: Services
    messages: RateLimiter
    visitors: RateLimiter
    logins: RateLimiter
    threads: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(NUM_TURN_THREADS))

    async def in_thread(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run something that blocks, without blocking the sockets of others."""
        return await anyio.to_thread.run_sync(partial(function, *args, **kwargs), limiter=self.threads)


def build_edge(services: Services, *, monotonic_s: Callable[[], float] = time.monotonic) -> Edge:
    """Make the limits that the settings ask for."""
    return Edge(
        services=services,
        messages=RateLimiter(services.settings.messages_per_minute, monotonic_s=monotonic_s),
        visitors=RateLimiter(VISITORS_PER_MINUTE, monotonic_s=monotonic_s),
        logins=RateLimiter(LOGINS_PER_MINUTE, monotonic_s=monotonic_s),
    )
