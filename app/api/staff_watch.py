"""Watches what other processes change, jobs and the model in service, while staff are connected.

The worker is another process and writes to the database; one look a second serves all staff sockets of this
server.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from app.api.edge import Edge
from app.api.frames import JobFrame, ModelFrame
from app.api.to_wire import job_to_wire
from app.db.training_store import TrainingJob

INTERVAL_S = 1.0
NUM_JOBS = 5  # the latest ones; older ones no longer change

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was seen at one look."""

    jobs: tuple[TrainingJob, ...] = ()
    bundle_id: str = ""


class StaffWatch:
    """Looks once in a while and wakes the staff sockets when something is different."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._latest = Sighting()

    @property
    def latest(self) -> Sighting:
        """Give what was seen last."""
        return self._latest

    async def run(self) -> None:
        """Look every `INTERVAL_S` seconds, for as long as the server runs."""
        while True:
            await asyncio.sleep(INTERVAL_S)
            if self._edge.services.hub.num_staff == 0:
                continue
            try:
                await self.look()
            except Exception:  # the database may be away for a while; the watch goes on
                log.exception("staff_watch_failed")

    async def look(self) -> Sighting:
        """Look once."""
        services = self._edge.services
        jobs = await self._edge.in_thread(services.training.jobs, limit=NUM_JOBS)
        sighting = Sighting(jobs=tuple(jobs), bundle_id=services.understanding.bundle_id)
        if sighting != self._latest:
            self._latest = sighting
            services.hub.wake_staff()
        return sighting


def changes(before: Sighting | None, now: Sighting) -> Sequence[JobFrame | ModelFrame]:
    """Give the frames for what is different, the oldest job first; everything at the first look."""
    known = set() if before is None else {(job.job_id, job.updated_at) for job in before.jobs}
    frames: list[JobFrame | ModelFrame] = [
        JobFrame(job=job_to_wire(job))
        for job in reversed(now.jobs)
        if (job.job_id, job.updated_at) not in known
    ]
    if before is None or before.bundle_id != now.bundle_id:
        frames.append(ModelFrame(bundle_id=now.bundle_id))
    return frames
