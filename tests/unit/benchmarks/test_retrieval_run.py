"""The retrieval benchmark end to end over a small made-up set, with an encoder that counts words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.embedding import RememberingEmbedder
from benchmarks.retrieval.__main__ import Run, compute, main
from benchmarks.retrieval.data import Collection, Question, RetrievalData, halve
from benchmarks.retrieval.measure import measure
from benchmarks.retrieval.results import SetResult, is_current, load_result, save_result
from benchmarks.retrieval.sets import RetrievalSet, UnknownSetError, select_sets
from benchmarks.retrieval.tables import result_rows, write_rows
from retrieval.types import FaqEntry, Hit

ENTRIES = (
    FaqEntry("tea", "Do you have tea?", "We serve green tea."),
    FaqEntry("dogs", "Are dogs allowed?", "Dogs may come in."),
)
QUESTIONS = (Question("green tea", frozenset({"tea"})), Question("dogs allowed", frozenset({"tea"})))
COLLECTION = Collection("shop", ENTRIES, QUESTIONS)
SEARCHES = ("bm25", "encoder", "ranks", "ours")
WORDS = ("tea", "green", "dogs", "allowed")


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    rows = [[1.0, *(float(word in text.lower()) for word in WORDS)] for text in texts]
    counts = np.array(rows, dtype=np.float32)
    unit: NDArray[np.float32] = counts / np.linalg.norm(counts, axis=1, keepdims=True)
    return unit


def make_run(folder: Path, *, is_choosing: bool = False) -> Run:
    return Run(folder, folder, embed, encoder_id="words", commit="abc", is_choosing=is_choosing)


def make_set(name: str = "stackfaq", validation: tuple[Collection, ...] = ()) -> RetrievalSet:
    return RetrievalSet(name, lambda _: RetrievalData(name, validation, lambda: (COLLECTION,)))


def make_result(metrics: dict[str, dict[str, float]]) -> SetResult:
    return SetResult("stackfaq", {"test": metrics}, {"test": 1249}, {"test": 125}, (), "words", "abc")


def values(recall_1: float, mrr: float) -> dict[str, float]:
    return {"recall@1": recall_1, "recall@5": 0.9, "mrr": mrr}


def test_every_search_is_measured_over_all_questions() -> None:
    metrics = measure([COLLECTION], embed, encoder_id="words")

    assert set(metrics) == {"bm25", "encoder", "ranks", "ours"}
    assert metrics["encoder"] == {"recall@1": 0.5, "recall@5": 1.0, "mrr": 0.75}
    assert metrics["bm25"] == {"recall@1": 0.5, "recall@5": 0.5, "mrr": 0.5}  # shares no word with the tea


def test_context_is_searched_with_the_last_turn_first() -> None:
    question = Question("and dogs", frozenset({"dogs"}), context=("hello", "we have tea"))

    assert question.with_context(0) == "and dogs"
    assert question.with_context(1) == "and dogs\nwe have tea"
    assert question.with_context(9) == "and dogs\nwe have tea\nhello"


def test_context_counts_only_where_a_set_asks_for_it() -> None:
    follow_up = Question("allowed?", frozenset({"dogs"}), context=("green tea",))
    collection = replace(COLLECTION, questions=(follow_up,))

    plain = measure([collection], embed, encoder_id="words")
    with_context = measure([collection], embed, encoder_id="words", num_context_turns=1)

    assert (plain["encoder"]["mrr"], with_context["encoder"]["mrr"]) == (1.0, 0.5)
    assert (plain["ours"]["mrr"], with_context["ours"]["mrr"]) == (1.0, 1.0)  # the question still counts


def test_halves_share_no_question() -> None:
    first, second = halve(replace(COLLECTION, questions=(*QUESTIONS, QUESTIONS[0])))

    assert (first.questions, second.questions) == ((QUESTIONS[0], QUESTIONS[0]), (QUESTIONS[1],))
    assert first.entries == second.entries == ENTRIES


def test_reranking_changes_only_its_own_column() -> None:
    def reverse(_: str, hits: Sequence[Hit]) -> list[Hit]:
        return list(reversed(hits))

    plain = measure([COLLECTION], embed, encoder_id="words")
    reranked = measure([COLLECTION], embed, encoder_id="words", rerank=reverse)

    assert {name: reranked[name] for name in plain} == plain
    assert reranked["reranked"]["mrr"] == 0.75


def test_choosing_never_reads_the_test_part(tmp_path: Path) -> None:
    def refuse() -> tuple[Collection, ...]:
        raise AssertionError

    data = RetrievalData("stackfaq", (COLLECTION,), refuse)
    benchmark = RetrievalSet("stackfaq", lambda _: data)

    assert set(compute(benchmark, make_run(tmp_path, is_choosing=True)).metrics) == {"validation"}


def test_finished_set_is_not_computed_again(tmp_path: Path) -> None:
    first = compute(make_set(), make_run(tmp_path))
    gone = RetrievalSet("stackfaq", lambda _: pytest.fail("read again"))

    assert compute(gone, make_run(tmp_path)) == first


def test_result_of_changed_code_is_not_current() -> None:
    result = make_result({})

    assert is_current(result, encoder_id="words", commit="abc")
    assert not is_current(result, encoder_id="other", commit="abc")
    assert not is_current(result, encoder_id="words", commit="def")
    changed = replace(result, commit="abc+changes")
    assert not is_current(changed, encoder_id="words", commit="abc+changes")


def test_broken_result_is_none(tmp_path: Path) -> None:
    path = save_result(make_result({}), tmp_path)
    path.write_text(path.read_text()[:20])

    assert load_result("stackfaq", tmp_path) is None


def test_rows_show_the_gain_over_the_better_single_search() -> None:
    metrics = {"bm25": values(0.6, 0.7), "encoder": values(0.5, 0.72)}
    metrics |= {"ranks": values(0.55, 0.71), "ours": values(0.65, 0.756)}

    rows = result_rows([make_result(metrics)])

    assert rows == [
        "| stackfaq | test, 1,249 of 125 | R@1, % | 60.0 | 50.0 | 55.0 | 65.0 | +5.0 |  |  |  |  |",
        "| stackfaq | test | R@5, % | 90.0 | 90.0 | 90.0 | 90.0 | +0.0 |  |  |  |  |",
        "| stackfaq | test | MRR, % | 70.0 | 72.0 | 71.0 | 75.6 | +3.6 |  | gain ≥ 3.0 | yes |  |",
    ]


def test_passage_aims_count_the_best_of_ours() -> None:
    metrics = {name: values(0.3, 0.5) for name in SEARCHES} | {"reranked": values(0.4, 0.6)}
    result = replace(make_result(metrics), set_name="multidoc2dial")

    first, *_ = result_rows([result])

    assert "| 30.0 | +0.0 | 40.0 | ≥ 40.0 | yes |" in first


def test_rows_go_between_the_markers(tmp_path: Path) -> None:
    document = tmp_path / "results.md"
    document.write_text("<!-- benchmarks.retrieval begin -->\n<!-- benchmarks.retrieval end -->\n")
    metrics = {name: values(0.3, 0.5) for name in SEARCHES}

    write_rows(document, result_rows([make_result(metrics)]))

    assert document.read_text().count("| stackfaq |") == 3


@pytest.mark.parametrize(("arguments", "is_read"), [([], True), (["--set", "stackfaq"], False)])
def test_all_sets_end_with_the_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], is_read: bool
) -> None:
    document, out = tmp_path / "results.md", tmp_path / "retrieval"
    document.write_text("<!-- benchmarks.retrieval begin -->\n<!-- benchmarks.retrieval end -->\n")
    asked: list[list[str]] = []
    monkeypatch.setenv("SPANDESK_DATA", str(tmp_path))
    monkeypatch.setattr("benchmarks.retrieval.__main__._results", lambda sets, run: [])
    monkeypatch.setattr("benchmarks.reading.main", lambda given: asked.append(given) or 0)

    assert main([*arguments, "--out", str(out), "--results", str(document)]) == 0

    reading = ["--out", str(tmp_path / "reading"), "--results", str(document)]
    assert asked == ([reading] if is_read else [])


def test_unknown_set_is_refused() -> None:
    with pytest.raises(UnknownSetError, match="got nosuch; expected some of all, covidfaq"):
        select_sets(["nosuch"])


def test_missing_data_folder_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SPANDESK_DATA", raising=False)

    assert main(["--set", "all"]) == 2
    assert "expected the folder of the data sets; set it" in capsys.readouterr().err


def test_embeddings_are_remembered_over_runs(tmp_path: Path) -> None:
    asked: list[str] = []

    def counting(texts: Sequence[str]) -> NDArray[np.float32]:
        asked.extend(texts)
        return embed(texts)

    first = RememberingEmbedder(counting, tmp_path / "rows.npz")(["tea", "dogs", "tea"])
    second = RememberingEmbedder(counting, tmp_path / "rows.npz")(["dogs", "green"])

    assert asked == ["tea", "dogs", "green"]
    np.testing.assert_array_equal(first, embed(["tea", "dogs", "tea"]))
    np.testing.assert_array_equal(second, embed(["dogs", "green"]))
