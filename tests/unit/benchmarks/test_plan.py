"""Which runs there are, which are done, and how one is started."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.nlu.__main__ import Plan, _finished, _parser, command_of, main, make_plan, run_all
from benchmarks.nlu.results import ResultError, RunName, RunResult, is_done, load_result, save_result
from benchmarks.nlu.run import Folders, load_config
from benchmarks.nlu.sets import SETS, UnknownSetError, select_sets
from nlu.training.config import TrainConfig

NAME = RunName("banking77", "lora", 2)


def plan_of(*arguments: str) -> Plan:
    return make_plan(_parser().parse_args(arguments))


def result_of(config: TrainConfig) -> RunResult:
    return RunResult(NAME, {"test": {"span_f1": 0.5}}, 1.5, 2.5, 3, 4, ("note",), config.to_json(), "abc")


@pytest.mark.parametrize("method", ["lora", "full", "bitfit", "adapter", "prompt", "frozen"])
def test_every_set_has_a_configuration(method: str) -> None:
    configs = [load_config(benchmark, RunName(benchmark.name, method, 7)) for benchmark in SETS]

    assert {(config.finetuning.method, config.seed) for config in configs} == {(method, 7)}


def test_configuration_of_a_method_comes_first() -> None:
    (benchmark,) = select_sets(["clinc150"])

    assert benchmark.config_path("full").name == "clinc150.full.toml"
    assert benchmark.config_path("lora").name == "clinc150.toml"


def test_all_leaves_ablations_out() -> None:
    ablations = {one.name for one in SETS} - {one.name for one in select_sets(["all"])}
    assert ablations == {"atis-roles-plain", "conll2003-sentences"}


def test_family_selects_its_members_and_a_name_itself() -> None:
    assert [one.name for one in select_sets(["nlupp"])] == ["nlupp-banking", "nlupp-hotels"]
    assert [one.name for one in select_sets(["conll2003"])] == ["conll2003"]


def test_unknown_set_is_named() -> None:
    with pytest.raises(UnknownSetError, match="got the data set 'snaps', expected some of all, atis"):
        select_sets(["snips", "snaps"])


def test_plan_runs_every_set_with_every_seed() -> None:
    plan = plan_of("--set", "snips,atis", "--seeds", "1,2", "--method", "full", "--validation-only")

    names = [str(name) for _, name in plan.runs()]
    assert names == [
        f"{name}, full, seed {seed}, validation only" for name in ("snips", "atis") for seed in (1, 2)
    ]


def test_a_set_that_trains_long_has_one_seed_unless_more_are_asked_for() -> None:
    def seeds(*arguments: str) -> list[int]:
        return [name.seed for _, name in plan_of("--set", "conll2003,restaurants8k", *arguments).runs()]

    assert seeds() == [1, 1, 2, 3]
    assert seeds("--seeds", "2") == [2, 2]
    assert seeds("--methods") == [1] * 12


TABLE = "<!-- benchmarks.nlu begin -->\n<!-- benchmarks.nlu end -->\n"
CONFIGURATION = 'seed = 1\n[finetuning]\nmethod = "{}"\n'


@pytest.fixture
def configs(tmp_path: Path, monkeypatch) -> Path:
    """Make configurations where SNIPS is trained with another method than ATIS."""
    (tmp_path / "snips.toml").write_text(CONFIGURATION.format("full"))
    (tmp_path / "atis.toml").write_text(CONFIGURATION.format("lora"))
    monkeypatch.setattr("benchmarks.nlu.sets.CONFIGS", tmp_path)
    return tmp_path


def finished(name: RunName) -> RunResult:
    """Give a result as of a run of today's configuration."""
    (benchmark,) = select_sets([name.set_name])
    return replace(result_of(load_config(benchmark, name)), name=name)


@pytest.mark.parametrize(
    ("arguments", "methods"),
    [([], ["full", "lora"]), (["--method", "bitfit"], ["bitfit", "bitfit"])],
    ids=["own", "given"],
)
def test_set_is_run_with_its_own_method_unless_one_is_given(
    configs: Path, arguments: list[str], methods: list[str]
) -> None:
    plan = plan_of("--set", "snips,atis", "--seeds", "1", *arguments)

    assert [name.method for _, name in plan.runs()] == methods


@pytest.mark.parametrize(
    ("arguments", "method", "written"),
    [([], "full", ["| snips (full) | slot F1"]), (["--method", "lora"], "lora", [])],
    ids=["own", "given"],
)
def test_only_rows_of_the_sets_own_method_are_written(
    configs: Path, monkeypatch, capsys, arguments: list[str], method: str, written: list[str]
) -> None:
    save_result(finished(RunName("snips", method, 1)), configs)
    (configs / "results.md").write_text(TABLE)
    monkeypatch.setenv("SPANDESK_DATA", str(configs))
    paths = ["--out", str(configs), "--results", str(configs / "results.md")]

    assert main(["--set", "snips", "--seeds", "1", *paths, *arguments]) == 0

    assert "slot F1, strict, % | 50.0 | 1 |" in capsys.readouterr().out
    rows = [line for line in (configs / "results.md").read_text().splitlines() if "snips" in line]
    assert [row.partition(",")[0] for row in rows] == written


def test_result_of_another_configuration_is_not_reported(configs: Path) -> None:
    same, other = RunName("atis", "lora", 1), RunName("atis", "lora", 2)
    save_result(finished(same), configs)
    save_result(replace(finished(other), config=TrainConfig(seed=9).to_json()), configs)

    assert [one.name for one in _finished(plan_of("--set", "atis"), configs)] == [same]


def test_a_method_and_the_comparison_of_all_exclude_each_other(capsys) -> None:
    with pytest.raises(SystemExit):
        plan_of("--methods", "--method", "full")
    assert "not allowed with" in capsys.readouterr().err


def test_methods_are_compared_on_clinc150_by_default() -> None:
    plan = plan_of("--methods")

    assert [one.name for one in plan.sets] == ["clinc150"]
    assert plan.methods == ("lora", "full", "bitfit", "adapter", "prompt", "frozen")
    assert plan.seeds == (1,)


def test_command_of_a_run_says_everything() -> None:
    command = command_of(replace(NAME, is_choosing=True), Folders(Path("data"), Path("out")), 3)

    expected = (
        "-m benchmarks.nlu.run banking77 --method lora --seed 2 --data data --out out --jobs 3"
        " --validation-only"
    )
    assert " ".join(command[1:]) == expected


def test_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    result = result_of(TrainConfig())

    path = save_result(result, tmp_path)

    assert path.name == "banking77.lora.2.json"
    assert load_result(path) == result


def test_run_is_done_only_with_the_same_configuration(tmp_path: Path) -> None:
    save_result(result_of(TrainConfig(seed=2)), tmp_path)

    assert is_done(NAME, TrainConfig(seed=2), tmp_path)
    assert not is_done(NAME, TrainConfig(seed=2, validation_fraction=0.3), tmp_path)
    assert not is_done(replace(NAME, is_choosing=True), TrainConfig(seed=2), tmp_path)


@pytest.mark.parametrize(
    ("config", "done"),
    [({"seed": 2}, True), ({"seed": 2, "heads": {"span_size": 97}}, False), ({"sed": 2}, False)],
    ids=["settings at their defaults", "another setting", "unknown setting"],
)
def test_setting_that_a_run_does_not_know_counts_as_default(
    tmp_path: Path, config: dict[str, object], done: bool
) -> None:
    save_result(replace(result_of(TrainConfig()), config=config), tmp_path)

    assert is_done(NAME, TrainConfig(seed=2), tmp_path) is done


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"name": {"model": "x"}}'])
def test_file_that_holds_no_run_is_run_again(tmp_path: Path, text: str) -> None:
    NAME.path(tmp_path).write_text(text)

    assert not is_done(NAME, TrainConfig(), tmp_path)
    with pytest.raises(ResultError, match=r"got .*banking77\.lora\.2\.json .*run it again"):
        load_result(NAME.path(tmp_path))


def test_result_without_the_number_of_threads_is_read(tmp_path: Path) -> None:
    path = save_result(result_of(TrainConfig()), tmp_path)
    document = json.loads(path.read_text())
    del document["num_threads"], document["num_jobs"]
    path.write_text(json.dumps(document))

    assert (load_result(path).num_threads, load_result(path).num_jobs) == (None, 1)


def test_failed_run_is_told_and_the_next_one_runs(tmp_path: Path, monkeypatch, capfd) -> None:
    code = "import sys; print('ran'); sys.exit(sys.argv[1] == '1')"
    monkeypatch.setattr(
        "benchmarks.nlu.__main__.command_of", lambda name, *_: [sys.executable, "-c", code, str(name.seed)]
    )

    failed = run_all(plan_of("--set", "banking77", "--seeds", "1,2"), Folders(tmp_path, tmp_path))

    assert failed == [RunName("banking77", "lora", 1)]
    assert capfd.readouterr().out.split() == ["ran", "ran"]


def test_finished_run_is_not_repeated(tmp_path: Path, monkeypatch) -> None:
    (benchmark,) = select_sets(["banking77"])
    save_result(result_of(load_config(benchmark, NAME)), tmp_path)
    monkeypatch.setattr("benchmarks.nlu.__main__.command_of", lambda *_: ["no-such-program"])

    assert run_all(plan_of("--set", "banking77", "--seeds", "2"), Folders(tmp_path, tmp_path)) == []


def test_missing_folder_of_data_is_said(monkeypatch, capsys) -> None:
    monkeypatch.delenv("SPANDESK_DATA", raising=False)

    assert main(["--set", "snips"]) == 2
    assert "got SPANDESK_DATA='', expected the folder of the data sets" in capsys.readouterr().err


# The first of two waits for the second, which only comes when both run at once; an alarm ends a vain wait.
_MEET = "import signal, sys; signal.alarm(40); open(sys.argv[1], 'r' if sys.argv[2] == '1' else 'w').close()"


def test_as_many_runs_as_jobs_go_on_at_once(tmp_path: Path, monkeypatch) -> None:
    os.mkfifo(tmp_path / "meeting")
    monkeypatch.setattr(
        "benchmarks.nlu.__main__.command_of",
        lambda name, *_: [sys.executable, "-c", _MEET, str(tmp_path / "meeting"), str(name.seed)],
    )

    failed = run_all(plan_of("--set", "snips", "--seeds", "1,2"), Folders(tmp_path, tmp_path), num_jobs=2)

    assert failed == []


@pytest.mark.parametrize(("num_jobs", "num_threads"), [(1, "8"), (2, "4"), (3, "2"), (16, "1")])
def test_runs_share_the_processors(
    tmp_path: Path, monkeypatch, capfd, num_jobs: int, num_threads: str
) -> None:
    code = "import os; print(os.environ['OMP_NUM_THREADS'])"
    monkeypatch.setattr(
        "benchmarks.nlu.__main__.os.sched_getaffinity", lambda _: set(range(8)), raising=False
    )
    monkeypatch.setattr("benchmarks.nlu.__main__.command_of", lambda *_: [sys.executable, "-c", code])

    run_all(plan_of("--set", "snips", "--seeds", "1"), Folders(tmp_path, tmp_path), num_jobs=num_jobs)

    assert capfd.readouterr().out.split() == [num_threads]


@pytest.mark.parametrize("num_jobs", ["0", "-1", "two"])
def test_impossible_number_of_jobs_is_refused(num_jobs: str, capsys) -> None:
    with pytest.raises(SystemExit):
        plan_of("--jobs", num_jobs)

    assert "--jobs" in capsys.readouterr().err


def test_failed_runs_of_several_jobs_are_told_in_the_order_of_the_plan(tmp_path: Path, monkeypatch) -> None:
    code = "import sys; sys.exit(sys.argv[1] != '2')"
    monkeypatch.setattr(
        "benchmarks.nlu.__main__.command_of", lambda name, *_: [sys.executable, "-c", code, str(name.seed)]
    )

    failed = run_all(plan_of("--set", "snips", "--seeds", "3,2,1"), Folders(tmp_path, tmp_path), num_jobs=3)

    assert [name.seed for name in failed] == [3, 1]


@pytest.mark.parametrize(("arguments", "num_jobs"), [([], 1), (["--jobs", "3"], 3)], ids=["default", "given"])
def test_number_of_jobs_is_that_of_the_command_line(
    tmp_path: Path, monkeypatch, arguments: list[str], num_jobs: int
) -> None:
    seen: list[int] = []
    monkeypatch.setenv("SPANDESK_DATA", str(tmp_path))
    monkeypatch.setattr(
        "benchmarks.nlu.__main__.run_all", lambda plan, folders, *, num_jobs: seen.append(num_jobs) or []
    )

    code = main(["--set", "snips", "--validation-only", "--out", str(tmp_path), *arguments])

    assert (code, seen) == (0, [num_jobs])
