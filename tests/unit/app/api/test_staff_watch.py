from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.api.frames import JobFrame, ModelFrame, TranscriptItem, WireUtterance
from app.api.staff_watch import Sighting, changes
from app.api.staff_websocket import ShownItems
from app.db.training_store import TrainingJob

AT = datetime(2026, 1, 1, tzinfo=UTC)
JOB = TrainingJob("j1", "running", "Olu", created_at=AT, updated_at=AT, progress=0.1)


def test_first_look_tells_everything_the_oldest_job_first() -> None:
    newer = replace(JOB, job_id="j2")

    frames = changes(None, Sighting((newer, JOB), "b1"))

    assert [frame.job.job_id for frame in frames if isinstance(frame, JobFrame)] == ["j1", "j2"]
    assert frames[-1] == ModelFrame(bundle_id="b1")


def test_only_what_moved_is_told() -> None:
    other = replace(JOB, job_id="j2")
    moved = replace(JOB, progress=0.2, updated_at=AT + timedelta(seconds=1))

    (frame,) = changes(Sighting((other, JOB), "b1"), Sighting((other, moved), "b1"))

    assert isinstance(frame, JobFrame)
    assert frame.job.progress == 0.2


def test_nothing_new_is_nothing_to_tell() -> None:
    assert list(changes(Sighting((JOB,), "b1"), Sighting((JOB,), "b1"))) == []


def test_new_model_is_told() -> None:
    assert list(changes(Sighting((), "b1"), Sighting((), "b2"))) == [ModelFrame(bundle_id="b2")]


def item(sequence: int, kind: str, *failures: str) -> TranscriptItem:
    utterance = WireUtterance(conversation_id="c1", sequence=sequence, sent_at=AT, kind=kind)  # type: ignore[arg-type]
    return TranscriptItem(utterance=utterance, failures=list(failures))


def test_shown_items_come_again_only_when_they_changed() -> None:
    shown = ShownItems()
    shown.keep_changed([item(3, "customer"), item(5, "bot")])

    again = shown.keep_changed([item(3, "customer", "failed"), item(5, "bot"), item(7, "customer")])

    assert [(one.utterance.sequence, one.failures) for one in again] == [(3, ["failed"]), (7, [])]
    assert shown.last_turn == 7
