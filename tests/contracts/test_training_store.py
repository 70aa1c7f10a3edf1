from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from app.db.audit import AuditLog
from app.db.engine import Sessions
from app.db.training_store import STALE_AFTER, TrainingStore
from app.dialogue.errors import ConflictError, NotFoundError
from tests.factories_db import TickingClock


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock()


@pytest.fixture
def store(sessions: Sessions, clock: TickingClock) -> TrainingStore:
    return TrainingStore(sessions, clock=clock)


def test_created_job_is_queued(store: TrainingStore) -> None:
    job = store.create_job("ann")

    assert store.find_job(job.job_id) == job
    assert (job.status, job.requested_by, job.progress) == ("queued", "ann", 0.0)


@pytest.mark.parametrize("job_id", ["unknown", "a\x00"])
def test_unknown_job_is_not_found(store: TrainingStore, job_id: str) -> None:
    assert store.find_job(job_id) is None
    assert store.claim_job(job_id, worker="w") is None


def test_one_active_job_at_a_time(store: TrainingStore) -> None:
    job = store.create_job("ann")
    store.claim_job(job.job_id, worker="w")

    with pytest.raises(ConflictError, match="queued or running already"):
        store.create_job("bob")


def test_finished_job_makes_room(store: TrainingStore) -> None:
    first = store.create_job("ann")
    store.update_job(replace(first, status="failed", message="no data"))

    second = store.create_job("bob")

    assert [job.job_id for job in store.jobs()] == [second.job_id, first.job_id]
    assert [job.job_id for job in store.jobs(limit=1)] == [second.job_id]


def test_two_racing_requests_give_one_job(store: TrainingStore) -> None:
    barrier = threading.Barrier(2)

    def request(name: str) -> bool:
        barrier.wait()
        try:
            store.create_job(name)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(request, ["ann", "bob"])) == [False, True]


def test_two_racing_workers_claim_a_job_once(store: TrainingStore) -> None:
    job_id = store.create_job("ann").job_id
    barrier = threading.Barrier(2)

    def claim(worker: str) -> bool:
        barrier.wait()
        return store.claim_job(job_id, worker=worker) is not None

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(claim, ["w1", "w2"])) == [False, True]


def test_update_saves_every_field(store: TrainingStore) -> None:
    job = store.claim_job(store.create_job("ann").job_id, worker="w")
    assert job is not None

    saved = store.update_job(
        replace(job, stage="training", progress=0.5, eta_s=12.5, message="epoch 3", challenger_id="b2")
    )

    assert store.find_job(job.job_id) == saved
    assert (saved.stage, saved.progress, saved.eta_s, saved.message) == ("training", 0.5, 12.5, "epoch 3")


def test_finished_job_has_a_time_and_a_report(store: TrainingStore) -> None:
    job = store.create_job("ann")

    saved = store.update_job(
        replace(job, status="succeeded", eta_s=3.0, is_promoted=False, report={"reasons": ["worse"]})
    )

    assert store.find_job(job.job_id) == saved
    assert saved.finished_at == saved.updated_at
    assert saved.eta_s is None
    assert saved.report == {"reasons": ["worse"]}


def test_finished_job_stays_finished(store: TrainingStore) -> None:
    job = store.create_job("ann")
    store.update_job(replace(job, status="failed", message="killed"))

    with pytest.raises(ConflictError, match=r"is finished \(failed\): killed"):
        store.update_job(replace(job, progress=0.9))


def test_update_of_an_unknown_job_is_refused(store: TrainingStore) -> None:
    job = replace(store.create_job("ann"), job_id="other")

    with pytest.raises(NotFoundError, match="no job other"):
        store.update_job(job)


def test_restarted_worker_fails_its_own_running_job(store: TrainingStore) -> None:
    job_id = store.create_job("ann").job_id
    store.claim_job(job_id, worker="w")

    failed = store.fail_interrupted(worker="w")

    found = store.find_job(job_id)
    assert failed == [found]
    assert found is not None
    assert found.status == "failed"
    assert "The worker stopped" in found.message


def test_worker_leaves_the_job_of_another_alone(store: TrainingStore) -> None:
    store.claim_job(store.create_job("ann").job_id, worker="other")

    assert store.fail_interrupted(worker="w") == []


def test_worker_fails_a_job_that_is_silent_for_long(store: TrainingStore, clock: TickingClock) -> None:
    store.claim_job(store.create_job("ann").job_id, worker="other")
    clock.advance(STALE_AFTER)

    assert len(store.fail_interrupted(worker="w")) == 1


def test_queued_job_is_not_interrupted(store: TrainingStore) -> None:
    store.create_job("ann")

    assert store.fail_interrupted(worker="w") == []


def test_life_of_a_job_is_audited(store: TrainingStore, sessions: Sessions) -> None:
    job = store.claim_job(store.create_job("ann").job_id, worker="w")
    assert job is not None
    store.update_job(replace(job, progress=0.5))
    store.update_job(replace(job, status="succeeded"))

    entries = AuditLog(sessions).entries()

    assert [entry.action for entry in entries] == ["training.succeeded", "training.start", "training.request"]
