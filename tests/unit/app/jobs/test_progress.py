from __future__ import annotations

import pytest

from app.db.engine import Sessions
from app.db.training_store import TrainingJob, TrainingStore
from app.jobs.progress import JobReporter, JobStoppedError
from nlu.training.progress import Progress


class ManualClock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def store(sqlite_sessions: Sessions) -> TrainingStore:
    return TrainingStore(sqlite_sessions)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def reporter(store: TrainingStore, clock: ManualClock) -> JobReporter:
    job = store.claim_job(store.create_job("ann").job_id, worker="w")
    assert job is not None
    return JobReporter(store, job, should_stop=lambda: False, now_s=clock)


def saved(store: TrainingStore) -> TrainingJob:
    return store.jobs()[0]


def test_new_stage_is_saved_at_once(reporter: JobReporter, store: TrainingStore) -> None:
    reporter.report("snapshot", 0.01, "joining")
    reporter.report("train", 0.04, "100 examples")

    assert (saved(store).stage, saved(store).progress, saved(store).message) == (
        "train",
        0.04,
        "100 examples",
    )


def test_reports_within_a_second_are_kept_back(
    reporter: JobReporter, store: TrainingStore, clock: ManualClock
) -> None:
    reporter.report("train", 0.1, "one")
    clock.now_s += 0.9
    reporter.report("train", 0.2, "two")
    between = saved(store).message
    clock.now_s += 0.2
    reporter.report("train", 0.3, "three")

    assert (between, saved(store).message) == ("one", "three")
    assert reporter.job.progress == 0.3


def test_time_left_follows_from_the_time_used(
    reporter: JobReporter, store: TrainingStore, clock: ManualClock
) -> None:
    clock.now_s += 30
    reporter.report("train", 0.25, "epoch 1")

    assert saved(store).eta_s == 90


def test_part_maps_its_own_fraction(reporter: JobReporter, store: TrainingStore) -> None:
    reporter.part("train", 0.2, 0.6)(Progress("epoch", 0.5, None, "half"))

    assert saved(store).progress == pytest.approx(0.4)
    assert saved(store).message == "epoch: half"


def test_stop_is_heard(store: TrainingStore) -> None:
    job = store.claim_job(store.create_job("ann").job_id, worker="w")
    assert job is not None
    reporter = JobReporter(store, job, should_stop=lambda: True)

    with pytest.raises(JobStoppedError, match="start the retraining again"):
        reporter.report("train", 0.1, "one")
