from __future__ import annotations

import pytest

from nlu.training.progress import CALIBRATE_AT, Progress, RunClock, Steps


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0
        self.reports: list[Progress] = []
        self.run = RunClock(self.reports.append, now_s=lambda: self.now_s)


def test_time_left_is_that_of_the_steps_left_and_the_rest() -> None:
    clock = Clock()
    clock.now_s += 5.0
    clock.run.start_training()
    clock.now_s += 20.0

    clock.run.report_epoch(Steps(done=10, total=40, done_here=10), "epoch 1")

    assert clock.reports == [
        Progress("train", pytest.approx(0.3), 30 * 2.0 + 5.0, "epoch 1")  # type: ignore[arg-type]
    ]


def test_the_first_step_says_nothing_of_the_time_that_others_take() -> None:
    clock = Clock()
    clock.run.start_training()
    clock.now_s += 9.0  # the first step prepares what all use
    clock.run.report_step(Steps(done=1, total=41, done_here=1), "step 1")
    clock.now_s += 10.0

    clock.run.report_step(Steps(done=11, total=41, done_here=11), "step 11")

    assert [report.eta_s for report in clock.reports] == [None, 30.0]


def test_nothing_is_promised_where_folds_may_be_trained() -> None:
    clock = Clock()
    clock.now_s += 50.0

    clock.run.report("calibrate", CALIBRATE_AT, "thresholds")

    assert clock.reports[0].eta_s is None


def test_steps_of_an_earlier_process_do_not_count_as_fast() -> None:
    clock = Clock()
    clock.run.start_training()
    clock.now_s += 20.0

    clock.run.report_epoch(Steps(done=30, total=40, done_here=10), "epoch 3")

    assert clock.reports[0].eta_s == 20.0


def test_steps_are_reported_every_few_seconds() -> None:
    clock = Clock()
    clock.run.start_training()
    for done in range(1, 8):
        clock.now_s += 1.0
        clock.run.report_step(Steps(done, 10, done), f"step {done}")

    assert [report.message for report in clock.reports] == ["step 2", "step 4", "step 6"]


def test_caching_is_reported_every_few_seconds() -> None:
    clock = Clock()
    clock.run.report_caching(10, 100)
    clock.now_s += 3.0

    clock.run.report_caching(50, 100)

    assert [(report.stage, report.message) for report in clock.reports] == [("cache", "50 of 100 texts")]
