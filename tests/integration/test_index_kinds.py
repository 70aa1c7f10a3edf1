"""The index of a large store: candidates are found approximately, and all else is as in a small one."""

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest

from retrieval.index import PASSAGE_WEIGHT, FaqIndex, IndexMismatchError, build_index
from retrieval.snapshot import load_index, save_index
from retrieval.types import FaqEntry
from retrieval.vectors import kind_of
from tests.fakes_retrieval import ENCODER_ID, embed_words, entry

_WORDS = np.array([f"word{number}" for number in range(120)])


def make_entries(num_entries: int) -> list[FaqEntry]:
    rng = np.random.default_rng(1)
    return [
        entry(f"e{number}", *(" ".join([f"n{number}", *rng.choice(_WORDS, 5)]) for _ in range(4)))
        for number in range(num_entries)
    ]


_ENTRIES = make_entries(500)
_QUESTIONS = embed_words([one.alternatives[0] for one in _ENTRIES[::10]])


@pytest.fixture(scope="module")
def exact() -> FaqIndex:
    return build_index(_ENTRIES, embed_words, encoder_id=ENCODER_ID)


@pytest.fixture(scope="module")
def approximate() -> FaqIndex:
    return build_index(_ENTRIES, embed_words, encoder_id=ENCODER_ID, max_exact_rows=0)


def same_first(found: list[list[tuple[str, float]]], expected: list[list[tuple[str, float]]]) -> float:
    """Give the part of the questions for which both found the same best entry."""
    return float(np.mean([a[0][0] == b[0][0] for a, b in zip(found, expected, strict=True)]))


def test_best_entry_is_nearly_always_that_of_exact_search(exact: FaqIndex, approximate: FaqIndex) -> None:
    found = [approximate.search(question, limit=1) for question in _QUESTIONS]

    assert same_first(found, [exact.search(question, limit=1) for question in _QUESTIONS]) >= 0.95


def test_wide_filter_lets_no_other_entry_through(exact: FaqIndex, approximate: FaqIndex) -> None:
    accepted = {one.entry_id for one in _ENTRIES[::2]}

    found = [approximate.search(question, limit=5, entry_ids=accepted) for question in _QUESTIONS]

    expected = [exact.search(question, limit=5, entry_ids=accepted) for question in _QUESTIONS]
    assert {entry_id for hits in found for entry_id, _ in hits} <= accepted
    assert same_first(found, expected) >= 0.95


def test_scores_are_those_of_numpy(approximate: FaqIndex) -> None:
    query, entry_ids = _QUESTIONS[3], ["e17", "e4", "e499"]
    cosines = approximate.vectors.reconstruct_n(0, len(approximate.texts)) @ query

    def best(entry_id: str, is_passage: bool) -> float:
        rows = approximate.rows_of[entry_id]
        return max(cosines[row] for row in rows if (approximate.texts[row].kind == "passage") == is_passage)

    scores = approximate.scores(query, entry_ids)

    assert list(scores) == entry_ids
    expected = [
        PASSAGE_WEIGHT * best(one, True) + (1 - PASSAGE_WEIGHT) * best(one, False) for one in entry_ids
    ]
    np.testing.assert_allclose(list(scores.values()), expected, atol=1e-6)


@pytest.mark.parametrize("step", [25, 499], ids=["few", "two"])
def test_narrow_filter_finds_the_best_of_those_it_accepts(
    exact: FaqIndex, approximate: FaqIndex, step: int
) -> None:
    accepted = [one.entry_id for one in _ENTRIES[::step]]

    found = [approximate.search(question, limit=2, entry_ids=accepted) for question in _QUESTIONS]

    expected = [exact.search(question, limit=2, entry_ids=accepted) for question in _QUESTIONS]
    assert [[one for one, _ in hits] for hits in found] == [[one for one, _ in hits] for hits in expected]


def test_filter_of_nothing_finds_nothing(approximate: FaqIndex) -> None:
    assert approximate.search(_QUESTIONS[0], limit=3, entry_ids=[]) == []


def test_filter_of_an_unknown_entry_is_an_error(approximate: FaqIndex) -> None:
    with pytest.raises(KeyError, match="elsewhere"):
        approximate.search(_QUESTIONS[0], limit=3, entry_ids=["elsewhere"])


def test_only_new_texts_are_embedded_when_a_store_grows(approximate: FaqIndex) -> None:
    asked: list[str] = []

    def embed(texts: Any) -> Any:
        asked.extend(texts)
        return embed_words(texts)

    entries = [*_ENTRIES[100:], entry("new", "what is new", "nothing much")]
    grown = build_index(entries, embed, encoder_id=ENCODER_ID, previous=approximate, max_exact_rows=0)

    fresh = build_index(entries, embed_words, encoder_id=ENCODER_ID, max_exact_rows=0)
    assert asked == ["what is new", "what is new\nnothing much"]
    assert bytes(faiss.serialize_index(grown.vectors)) == bytes(faiss.serialize_index(fresh.vectors))


def test_searches_at_once_find_what_each_finds_alone(approximate: FaqIndex) -> None:
    alone = [approximate.search(question, limit=5) for question in _QUESTIONS]
    together: dict[int, Any] = {}

    def ask(number: int) -> None:
        together[number] = [approximate.search(question, limit=5) for question in _QUESTIONS]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [together[number] for number in range(4)] == [alone] * 4


def test_loaded_index_finds_the_same(approximate: FaqIndex, tmp_path: Path) -> None:
    save_index(approximate, tmp_path / "one")

    loaded = load_index(tmp_path / "one", encoder_id=ENCODER_ID, content_hash=approximate.content_hash)

    assert (kind_of(loaded.vectors), loaded.texts) == ("approximate", approximate.texts)
    assert [loaded.search(one, limit=5) for one in _QUESTIONS] == [
        approximate.search(one, limit=5) for one in _QUESTIONS
    ]


@pytest.mark.parametrize("kind", ["exact", "approximate"])
def test_manifest_says_how_vectors_are_searched(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    save_index(request.getfixturevalue(kind), tmp_path / "one")

    assert json.loads((tmp_path / "one" / "manifest.json").read_text())["vector_kind"] == kind


@pytest.mark.parametrize("part", [0.0, 0.5, 0.999])
def test_truncated_vectors_are_refused(approximate: FaqIndex, tmp_path: Path, part: float) -> None:
    save_index(approximate, tmp_path / "one")
    vectors = tmp_path / "one" / "vectors.faiss"
    vectors.write_bytes(vectors.read_bytes()[: int(part * vectors.stat().st_size)])

    with pytest.raises(IndexMismatchError, match=r"vectors\.faiss of the index one: got .*build it again"):
        load_index(tmp_path / "one")


def write_manifest(folder: Path, **changes: Any) -> None:
    """Change a manifest as a program of another version would have written it: with its own hash."""
    manifest = json.loads((folder / "manifest.json").read_text()) | changes
    del manifest["manifest_hash"]
    own_hash = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest | {"manifest_hash": own_hash}))


@pytest.mark.parametrize("version", [2, 4])
def test_another_format_is_refused(approximate: FaqIndex, tmp_path: Path, version: int) -> None:
    save_index(approximate, tmp_path / "one")
    write_manifest(tmp_path / "one", format_version=version)

    message = f"the index one: got format {version}, expected format 3; build it again"
    with pytest.raises(IndexMismatchError, match=message):
        load_index(tmp_path / "one")


@pytest.mark.parametrize(("kind", "claimed"), [("exact", "approximate"), ("approximate", "exact")])
def test_vectors_of_the_other_kind_are_refused(
    kind: str, claimed: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    save_index(request.getfixturevalue(kind), tmp_path / "one")
    write_manifest(tmp_path / "one", vector_kind=claimed)

    message = rf"vectors\.faiss of one: got {kind} vectors, expected {claimed} vectors; build it again"
    with pytest.raises(IndexMismatchError, match=message):
        load_index(tmp_path / "one")


def graph(approximate: FaqIndex) -> bytes:
    other = faiss.IndexHNSWFlat(approximate.num_dimensions, 8, faiss.METRIC_INNER_PRODUCT)
    return bytes(faiss.serialize_index(other))


@pytest.mark.parametrize(
    ("make", "message"),
    [(graph, "got IndexHNSWFlat"), (lambda _: b"not an index", "got what FAISS cannot read")],
    ids=["another index", "no index"],
)
def test_vectors_that_are_no_index_of_ours_are_refused(
    approximate: FaqIndex, tmp_path: Path, make: Callable[[FaqIndex], bytes], message: str
) -> None:
    save_index(approximate, tmp_path / "one")
    content = make(approximate)
    (tmp_path / "one" / "vectors.faiss").write_bytes(content)
    files = json.loads((tmp_path / "one" / "manifest.json").read_text())["files"]
    write_manifest(tmp_path / "one", files=files | {"vectors.faiss": hashlib.sha256(content).hexdigest()})

    with pytest.raises(IndexMismatchError, match=f"{message}, expected approximate vectors; build it again"):
        load_index(tmp_path / "one")


def test_a_store_that_shrinks_is_searched_exactly_again(approximate: FaqIndex) -> None:
    few = [replace(one, alternatives=()) for one in _ENTRIES[:5]]

    index = build_index(few, embed_words, encoder_id=ENCODER_ID, previous=approximate, max_exact_rows=100)

    assert kind_of(index.vectors) == "exact"
