"""Runs become rows beside target and published figure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.nlu.results import RunName, RunResult
from benchmarks.nlu.sets import select_sets
from benchmarks.nlu.tables import METHODS_MARKER, SETS_MARKER, method_rows, set_rows, write_rows
from benchmarks.tables import MarkerError

DOCUMENT = "before\n<!-- benchmarks.nlu begin -->\n{}\n<!-- benchmarks.nlu end -->\nafter\n"


def run_of(accuracy: float, *, seed: int = 1, set_name: str = "banking77", method: str = "lora") -> RunResult:
    name = RunName(set_name, method, seed)
    metrics = {"test": {"intent_accuracy": accuracy, "calibration_error": 0.02}}
    return RunResult(name, metrics, 300.0, 800.0, 1234567, 9000, (), {}, "abc")


def cells_of(row: str) -> list[str]:
    return [cell.strip() for cell in row.split("|")[1:-1]]


def test_row_has_mean_and_spread_over_seeds() -> None:
    row = set_rows([run_of(0.93, seed=1), run_of(0.95, seed=2), run_of(0.94, seed=3)])[0]

    assert cells_of(row)[:6] == ["banking77", "accuracy, %", "94.0 ± 1.0", "3", "≥ 94.0", "yes"]
    assert cells_of(row)[-2:] == ["5.0 min", "800 MiB"]


def test_missed_target_is_said() -> None:
    assert cells_of(set_rows([run_of(0.9399)])[0])[2:6] == ["94.0", "1", "≥ 94.0", "no"]


def test_limit_is_reached_from_below() -> None:
    calibration, minutes = set_rows([run_of(0.95)])[1:]

    assert cells_of(calibration)[2:6] == ["0.020", "1", "≤ 0.030", "yes"]
    assert cells_of(minutes)[2:6] == ["5.000", "1", "≤ 7.000", "yes"]


@pytest.mark.parametrize(
    ("num_jobs", "label"),
    [(1, "training, minutes"), (4, "training, minutes, 4 processes at once")],
)
def test_time_says_how_many_processes_shared_the_machine(num_jobs: int, label: str) -> None:
    rows = set_rows([replace(run_of(0.95, seed=seed), num_jobs=num_jobs) for seed in (1, 2)])

    assert [cells_of(row)[1] for row in rows] == ["accuracy, %", "expected calibration error", label]


def test_time_is_that_of_runs_with_the_machine_to_themselves() -> None:
    whole = replace(run_of(0.95), num_threads=2)
    shared = [
        replace(run_of(0.95, seed=2), num_threads=1, seconds=700.0),
        replace(run_of(0.95, seed=3), num_threads=2, num_jobs=2, seconds=800.0),
    ]

    *_, minutes = set_rows([whole, *shared])

    assert cells_of(minutes)[1:4] == ["training, minutes, 2 threads", "5.000", "1"]
    assert cells_of(set_rows([whole, *shared])[0])[-2] == "5.0 min"


def test_unusual_method_stands_behind_the_set() -> None:
    assert {cells_of(row)[0] for row in set_rows([run_of(0.95, method="full")])} == {"banking77 (full)"}


def test_run_about_choosing_shows_its_validation_part() -> None:
    name = RunName("banking77", "lora", 1, is_choosing=True)
    run = RunResult(name, {"validation": {"intent_accuracy": 0.5}}, 60.0, 1.0, 1, 1, (), {}, "abc")

    assert cells_of(set_rows([run])[0])[2] == "50.0"


def test_methods_are_compared_in_their_order() -> None:
    (benchmark,) = select_sets(["banking77"])
    results = [run_of(0.9, method="full"), run_of(0.8, method="lora")]

    rows = [cells_of(row) for row in method_rows(benchmark, results, ("lora", "full", "frozen"))]

    assert [row[1] for row in rows] == ["lora", "full"]
    assert rows[0][3:6] == ["80.0", "1", "1,234,567"]


def test_writing_keeps_rows_of_other_sets(tmp_path: Path) -> None:
    path = tmp_path / "results.md"
    path.write_text(DOCUMENT.format("| data |\n|---|\n| snips | kept |\n| banking77 | old |"))

    write_rows(path, SETS_MARKER, ["| banking77 | new |"])

    text = path.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert [line for line in text.splitlines() if "kept" in line or "new" in line or "old" in line] == [
        "| banking77 | new |",
        "| snips | kept |",
    ]


def test_row_of_another_method_is_replaced_too(tmp_path: Path) -> None:
    path = tmp_path / "results.md"
    path.write_text(DOCUMENT.format("| banking77 (full) | old |\n| snips (full) | kept |"))

    write_rows(path, SETS_MARKER, ["| banking77 | new |"])

    rows = [line for line in path.read_text().splitlines() if "banking77" in line or "snips" in line]
    assert rows == ["| banking77 | new |", "| snips (full) | kept |"]


def test_writing_twice_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "results.md"
    path.write_text(DOCUMENT.format(""))
    rows = set_rows([run_of(0.94)])

    write_rows(path, SETS_MARKER, rows)
    first = path.read_text()
    write_rows(path, SETS_MARKER, rows)

    assert path.read_text() == first


def test_document_without_markers_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "results.md"
    path.write_text(DOCUMENT.format(""))

    with pytest.raises(MarkerError, match=r"without the lines '<!-- benchmarks\.methods begin -->'"):
        write_rows(path, METHODS_MARKER, [])
