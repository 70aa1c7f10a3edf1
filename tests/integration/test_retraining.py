"""The retraining loop over a real database, queue and registry; the trainer learns by heart."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from app.db.audit import AuditLog
from app.db.engine import Sessions
from app.db.model_store import ModelInfo, ModelStore
from app.db.review_store import ReviewStore
from app.db.tracker_store import SqlTrackerStore
from app.db.training_store import TrainingJob, TrainingStore
from app.jobs.queue import JobQueue, open_queue, request_retraining
from app.jobs.retrain import Workshop
from app.jobs.tasks import run_retraining
from app.retraining.registry import ModelRegistry
from app.settings import Settings
from nlu.data.yaml_source import SourceError
from nlu.types import EntityAnnotation
from tests.factories_db import user_said
from tests.fakes_training import FakeTrainer, bot_data, load_fake_parser, write_bundle

DATA = bot_data(*((f"text number {n}", f"intent_{n % 3}") for n in range(100)))
CORRECTED_TEXT = "my parcel is nowhere"


class Loop:
    """Everything around one retraining, with handles to look inside."""

    def __init__(self, sessions: Sessions, home: Path) -> None:
        self.jobs = TrainingStore(sessions)
        self.models = ModelStore(sessions)
        self.audit = AuditLog(sessions)
        self.trackers = SqlTrackerStore(sessions)
        self.reviews = ReviewStore(sessions)
        self.trainer = FakeTrainer()
        self.home = home
        self.registry = ModelRegistry(home / "models")
        self.indexed: list[tuple[str, ModelInfo | None]] = []  # bundle, and the champion then

    @property
    def workshop(self) -> Workshop:
        return Workshop(
            reviews=self.reviews,
            models=self.models,
            audit=self.audit,
            registry=self.registry,
            read_bot_data=lambda: DATA,
            train=self.trainer.train,
            load_parser=load_fake_parser,
            prepare_index=lambda path: self.indexed.append((path.name, self.models.champion())),
            datasets_path=self.home / "datasets",
            scratch_path=self.home / "training",
        )

    def start_with_champion(self) -> str:
        """Put a bundle in service that knows all of the bot's own texts."""
        known = {example.text: example.intent for example in DATA.examples}
        bundle_id, path = self.registry.adopt(write_bundle(self.home / "shipped", known).path)
        self.models.register(bundle_id, path=str(path), origin="shipped", metrics={})
        self.models.promote(bundle_id, actor="shipped")
        return bundle_id

    def correct(self, text: str, intent: str, *entities: EntityAnnotation) -> None:
        """A customer says it, an agent corrects it."""
        conversation_id = f"c{len(self.reviews.corrected_examples())}"
        self.trackers.append(conversation_id, [user_said(text)], expected_version=0)
        self.reviews.save_correction(conversation_id, 1, intent=intent, entities=entities, corrected_by="ann")

    def retrain(self) -> TrainingJob:
        ended = run_retraining(self.jobs.create_job("ann").job_id, self.jobs, self.workshop, worker="w")
        assert ended is not None
        return ended

    def champion_id(self) -> str:
        champion = self.models.champion()
        assert champion is not None
        return champion.bundle_id


@pytest.fixture
def loop(sessions: Sessions, tmp_path: Path) -> Loop:
    return Loop(sessions, tmp_path)


def test_correction_is_learnt_and_promoted(loop: Loop) -> None:
    before = loop.start_with_champion()
    loop.correct(CORRECTED_TEXT, "intent_1")

    job = loop.retrain()

    champion = loop.models.champion()
    assert (job.status, job.is_promoted, job.progress) == ("succeeded", True, 1.0)
    assert champion is not None
    assert champion.bundle_id == job.challenger_id != before
    assert load_fake_parser(Path(champion.path)).meanings[CORRECTED_TEXT] == "intent_1"
    (indexed, champion_then) = loop.indexed[0]
    assert indexed == champion.bundle_id
    assert champion_then is not None
    assert champion_then.bundle_id == before, "the index must be there before the promotion"


def test_job_reports_the_data_and_the_comparison(loop: Loop) -> None:
    before = loop.start_with_champion()
    loop.correct(CORRECTED_TEXT, "intent_1")

    report = loop.retrain().report

    assert report is not None
    dataset = report["dataset"]
    assert report["champion_id"] == before
    assert dataset["num_train"] + dataset["num_held_out"] == len(DATA.examples) + 1
    assert dataset["num_corrections_in_train"] + dataset["num_corrections_held_out"] == 1
    assert {one["metric"]: (one["champion"], one["challenger"]) for one in report["comparisons"]} == {
        "frame_accuracy": (1.0, 1.0),
        "intent_accuracy": (1.0, 1.0),
        "macro_f1": (1.0, 1.0),
        "span_f1": (0.0, 0.0),
        "corrected_turns_understood": (0.0, 1.0),
    }


def test_held_out_examples_do_not_enter_training(loop: Loop) -> None:
    loop.retrain()

    data, held_out = loop.trainer.seen[0]

    assert held_out
    assert not {example.text for example in data.examples} & {example.text for example in held_out}


def test_worse_challenger_is_registered_but_not_promoted(loop: Loop) -> None:
    before = loop.start_with_champion()
    loop.trainer = FakeTrainer(forget=[example.text for example in DATA.examples[:60]])

    job = loop.retrain()

    assert (job.status, job.is_promoted) == ("succeeded", False)
    assert job.message.startswith("Not promoted: frame_accuracy: the challenger has")
    assert loop.champion_id() == before
    assert job.challenger_id is not None
    assert loop.models.find(job.challenger_id) is not None
    assert job.report is not None
    assert {one["change"] for one in job.report["changed"]} == {"broken"}


def test_first_bundle_is_promoted(loop: Loop) -> None:
    job = loop.retrain()

    assert job.is_promoted
    assert loop.champion_id() == job.challenger_id


def test_rollback_brings_the_old_champion_back(loop: Loop) -> None:
    before = loop.start_with_champion()
    loop.correct(CORRECTED_TEXT, "intent_1")
    loop.retrain()

    assert loop.models.rollback(actor="ann").bundle_id == before


def test_unusable_correction_is_skipped_and_named(loop: Loop) -> None:
    loop.start_with_champion()
    loop.correct("one half", "intent_1", EntityAnnotation(4, 8, "size", "half"))

    report = loop.retrain().report

    assert report is not None
    assert report["dataset"]["skipped_corrections"] == ["correction:c0/1: the span (4, 8) cuts a word"]


def test_every_step_is_audited(loop: Loop) -> None:
    loop.start_with_champion()
    loop.correct(CORRECTED_TEXT, "intent_1")

    job = loop.retrain()

    entries = [entry for entry in reversed(loop.audit.entries()) if job.job_id in entry.actor + entry.target]
    assert [entry.action for entry in entries] == [
        "training.request",
        "training.start",
        "training.snapshot",
        "model.register",
        "training.gate",
        "model.promote",
        "training.succeeded",
    ]


def test_snapshot_is_kept_and_scratch_is_not(loop: Loop) -> None:
    report = loop.retrain().report

    assert report is not None
    path = loop.home / "datasets" / f"{report['dataset']['snapshot_id']}.json"
    assert len(json.loads(path.read_text())["train"]) == report["dataset"]["num_train"]
    assert list((loop.home / "training").glob("*")) == []


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (SourceError("nlu.yml", 3, "a mistake"), "nlu.yml:3: a mistake"),
        (ZeroDivisionError("x"), "An unexpected ZeroDivisionError stopped the job; the log has it under"),
    ],
)
def test_failure_leaves_a_readable_message_and_the_champion(
    loop: Loop, error: Exception, message: str
) -> None:
    before = loop.start_with_champion()
    loop.trainer = FakeTrainer(fail=error)

    job = loop.retrain()

    assert job.status == "failed"
    assert job.message.startswith(message)
    assert loop.champion_id() == before
    assert list((loop.home / "training").glob("*")) == []


def test_damaged_champion_fails_the_job(loop: Loop) -> None:
    before = loop.start_with_champion()
    (loop.registry.path_of(before) / "meanings.json").unlink()

    job = loop.retrain()

    assert job.status == "failed"
    assert loop.champion_id() == before


def test_job_delivered_twice_runs_once(loop: Loop) -> None:
    job_id = loop.jobs.create_job("ann").job_id
    run_retraining(job_id, loop.jobs, loop.workshop, worker="w")

    assert run_retraining(job_id, loop.jobs, loop.workshop, worker="w") is None
    assert len(loop.trainer.seen) == 1


def test_stopped_worker_fails_its_job_and_changes_nothing(loop: Loop) -> None:
    before = loop.start_with_champion()
    stopping = threading.Event()
    loop.trainer = FakeTrainer(on_progress=stopping.set)
    job_id = loop.jobs.create_job("ann").job_id

    job = run_retraining(job_id, loop.jobs, loop.workshop, worker="w", should_stop=stopping.is_set)

    assert job is not None
    assert (job.status, loop.champion_id()) == ("failed", before)
    assert "The worker was stopped" in job.message


def test_job_declared_dead_meanwhile_stays_failed(loop: Loop) -> None:
    loop.trainer = FakeTrainer(on_progress=lambda: loop.jobs.fail_interrupted(worker="w") and None)
    job_id = loop.jobs.create_job("ann").job_id

    assert run_retraining(job_id, loop.jobs, loop.workshop, worker="w") is None

    found = loop.jobs.find_job(job_id)
    assert found is not None
    assert found.status == "failed"
    assert loop.models.champion() is None


@pytest.fixture
def redis_queue(tmp_path: Path) -> Iterator[JobQueue]:
    queue = open_queue(Settings(home=tmp_path, redis_url="redis://127.0.0.1:6379/9"))
    try:
        queue.huey.storage.conn.ping()
    except RedisConnectionError:
        pytest.skip("no Redis answers at 127.0.0.1:6379")
    queue.huey.flush()
    yield queue
    queue.huey.flush()
    queue.close()


@pytest.mark.redis
def test_job_travels_through_redis(redis_queue: JobQueue, sqlite_sessions: Sessions) -> None:
    job = request_retraining(TrainingStore(sqlite_sessions), redis_queue, "ann")

    assert redis_queue.huey.dequeue().args == (job.job_id,)
