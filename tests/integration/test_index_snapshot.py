import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval.index import FaqIndex, IndexMismatchError, build_index
from retrieval.snapshot import load_index, newest_index, remove_old_indexes, save_index, snapshot_path
from retrieval.types import Embed
from tests.fakes_retrieval import ENCODER_ID, ENTRIES, embed_words

_FILES = ("manifest.json", "vectors.faiss", "texts.jsonl")


@pytest.fixture(params=[12, 0], ids=["exact", "approximate"])
def index(request: pytest.FixtureRequest) -> FaqIndex:
    return build_index(ENTRIES, embed_words, encoder_id=ENCODER_ID, max_exact_rows=request.param)


def test_saved_index_is_loaded_bit_for_bit(index: FaqIndex, tmp_path: Path) -> None:
    save_index(index, tmp_path / "one")

    loaded = load_index(tmp_path / "one", encoder_id=ENCODER_ID, content_hash=index.content_hash)

    num_rows = len(index.texts)
    assert loaded.texts == index.texts
    np.testing.assert_array_equal(
        loaded.vectors.reconstruct_n(0, num_rows), index.vectors.reconstruct_n(0, num_rows)
    )


def test_search_equals_exact_numpy_search(index: FaqIndex) -> None:
    query = embed_words(["how long can things be returned"])[0]
    rows = index.vectors.reconstruct_n(0, len(index.texts))
    best_row = int(np.argmax(rows @ query))

    found = index.search(query, limit=3)

    assert found[0][0] == index.texts[best_row].entry_id
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)


@pytest.mark.parametrize("name", _FILES)
@pytest.mark.parametrize("place", [0.0, 0.5, 0.99])
def test_one_flipped_byte_is_refused(index: FaqIndex, tmp_path: Path, name: str, place: float) -> None:
    save_index(index, tmp_path / "one")
    damaged = tmp_path / "one" / name
    content = bytearray(damaged.read_bytes())
    content[int(place * (len(content) - 1))] ^= 1
    damaged.write_bytes(content)

    with pytest.raises(IndexMismatchError, match=rf"{name}.*spandesk index build"):
        load_index(tmp_path / "one")


@pytest.mark.parametrize("name", _FILES)
def test_a_missing_file_is_refused(index: FaqIndex, tmp_path: Path, name: str) -> None:
    save_index(index, tmp_path / "one")
    (tmp_path / "one" / name).unlink()

    with pytest.raises(IndexMismatchError, match=rf"{name}.*spandesk index build"):
        load_index(tmp_path / "one")


def test_an_index_of_another_encoder_is_refused(index: FaqIndex, tmp_path: Path) -> None:
    save_index(index, tmp_path / "one")

    message = "encoder_id of the index one: got bag-of-words, expected newer; build it again"
    with pytest.raises(IndexMismatchError, match=message):
        load_index(tmp_path / "one", encoder_id="newer")


def test_an_index_of_other_content_is_refused(index: FaqIndex, tmp_path: Path) -> None:
    save_index(index, tmp_path / "one")

    with pytest.raises(IndexMismatchError, match="content_hash of the index one: .*expected other"):
        load_index(tmp_path / "one", content_hash="other")


def test_saving_again_replaces_a_damaged_index_and_leaves_nothing_else(
    index: FaqIndex, tmp_path: Path
) -> None:
    save_index(index, tmp_path / "one")
    (tmp_path / "one" / "texts.jsonl").write_text("[]")

    save_index(index, tmp_path / "one")

    assert load_index(tmp_path / "one").texts == index.texts
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_saving_what_is_there_already_leaves_it_for_its_readers(index: FaqIndex, tmp_path: Path) -> None:
    save_index(index, tmp_path / "one")
    before = (tmp_path / "one").stat().st_ino

    save_index(index, tmp_path / "one")

    assert (tmp_path / "one").stat().st_ino == before
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_saving_other_content_replaces_an_index(index: FaqIndex, tmp_path: Path) -> None:
    save_index(index, tmp_path / "one")

    save_index(build_index(ENTRIES[:1], embed_words, encoder_id=ENCODER_ID), tmp_path / "one")

    assert set(load_index(tmp_path / "one").rows_of) == {ENTRIES[0].entry_id}


def test_a_failed_save_leaves_the_old_index(
    index: FaqIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_index(index, tmp_path / "one")
    broken = FaqIndex(index.texts, object(), index.content_hash, index.vectors)  # type: ignore[arg-type]

    with pytest.raises(TypeError, match="not JSON serializable"):
        save_index(broken, tmp_path / "one")

    assert load_index(tmp_path / "one").texts == index.texts
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_manifest_says_where_the_index_comes_from(index: FaqIndex, tmp_path: Path) -> None:
    save_index(index, tmp_path / "one")

    manifest = json.loads((tmp_path / "one" / "manifest.json").read_text())

    assert manifest["encoder_id"] == ENCODER_ID
    assert manifest["content_hash"] == index.content_hash
    assert (manifest["num_texts"], manifest["num_dimensions"]) == (len(index.texts), 64)


def test_snapshot_paths_differ_by_encoder_and_content(tmp_path: Path) -> None:
    paths = {
        snapshot_path(tmp_path, encoder_id=encoder_id, content_hash=content)
        for encoder_id, content in [("a", "b"), ("a", "c"), ("ab", "")]
    }

    assert len(paths) == 3


def test_an_empty_store_has_an_empty_index(tmp_path: Path) -> None:
    save_index(build_index([], embed_words, encoder_id=ENCODER_ID), tmp_path / "empty")

    assert load_index(tmp_path / "empty").search(embed_words(["a"])[0], limit=3) == []


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.ones((2, 4), dtype=np.float32), r"got shape \(2, 4\), expected \(12, hidden\)"),
        (np.ones((12, 4), dtype=np.float32), r"got length 2\.0, expected length 1"),
        (np.full((12, 4), np.nan, dtype=np.float32), r"got length nan, expected length 1"),
    ],
    ids=["too few", "not unit", "not a number"],
)
def test_embeddings_that_do_not_fit_are_refused(rows: np.ndarray, message: str) -> None:
    with pytest.raises(IndexMismatchError, match=message):
        build_index(ENTRIES, lambda texts: rows, encoder_id=ENCODER_ID)


def asked(texts: list[str]) -> Embed:
    """Embed, and note which texts were asked for."""

    def embed(wanted: Sequence[str]) -> NDArray[np.float32]:
        texts.extend(wanted)
        return embed_words(wanted)

    return embed


def test_only_new_texts_are_embedded_and_the_index_is_the_same(index: FaqIndex) -> None:
    changed = replace(ENTRIES[0], passage="Most items can be returned within 30 days.\n\nSale items: never.")
    entries = (changed, ENTRIES[2], replace(ENTRIES[1], question="What does it cost to send?"))
    texts: list[str] = []

    partly = build_index(entries, asked(texts), encoder_id=ENCODER_ID, previous=index)

    fresh = build_index(entries, embed_words, encoder_id=ENCODER_ID)
    assert texts == [
        "How long may I return an item?\nSale items: never.",
        "What does it cost to send?",
        "What does it cost to send?\nDelivery is free from £50.",
        "What does it cost to send?\nBelow that it costs £3.95.",
    ]
    assert (partly.texts, partly.content_hash) == (fresh.texts, fresh.content_hash)
    num_rows = len(fresh.texts)
    np.testing.assert_array_equal(
        partly.vectors.reconstruct_n(0, num_rows), fresh.vectors.reconstruct_n(0, num_rows)
    )


def test_nothing_new_embeds_nothing(index: FaqIndex) -> None:
    texts: list[str] = []

    fewer = build_index(ENTRIES[:1], asked(texts), encoder_id=ENCODER_ID, previous=index)
    none = build_index([], asked(texts), encoder_id=ENCODER_ID, previous=index)

    assert texts == []
    assert (len(fewer.texts), none.num_dimensions) == (len(index.rows_of["returns-period"]), 64)
    assert none.search(embed_words(["delivery"])[0], limit=3) == []


def test_vectors_of_another_encoder_are_never_taken(index: FaqIndex) -> None:
    texts: list[str] = []

    build_index(ENTRIES, asked(texts), encoder_id="another", previous=index)

    assert len(texts) == len(index.texts)


def test_newest_whole_index_of_an_encoder_is_found(index: FaqIndex, tmp_path: Path) -> None:
    other = build_index(ENTRIES[:1], embed_words, encoder_id="another")
    for age, (name, one) in enumerate([("broken", index), ("other", other), ("new", index), ("old", index)]):
        save_index(one, tmp_path / name)
        os.utime(tmp_path / name, (1_000_000 - age, 1_000_000 - age))
    (tmp_path / "broken" / "texts.jsonl").write_text("[]")
    (tmp_path / ".unfinished").mkdir()

    found = newest_index(tmp_path, encoder_id=ENCODER_ID)
    remove_old_indexes(tmp_path, num_kept=3)

    assert found is not None
    assert found.texts == index.texts
    assert sorted(path.name for path in tmp_path.iterdir()) == [".unfinished", "broken", "new", "other"]
    assert newest_index(tmp_path / "nowhere", encoder_id=ENCODER_ID) is None


_FULL_DISK = """
import resource, sys
from pathlib import Path
from retrieval.index import build_index
from retrieval.snapshot import SnapshotError, save_index
from tests.fakes_retrieval import ENCODER_ID, ENTRIES, embed_words

index = build_index(ENTRIES, embed_words, encoder_id=ENCODER_ID)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    save_index(index, Path(sys.argv[1]) / "new")
except SnapshotError as error:
    print(error)
"""


@pytest.mark.parametrize("room", [0, 1000, 3000], ids=["nothing", "some vectors", "vectors alone"])
def test_full_disk_is_named_and_leaves_the_old_snapshot(index: FaqIndex, tmp_path: Path, room: int) -> None:
    save_index(index, tmp_path / "old")

    done = subprocess.run(
        [sys.executable, "-c", _FULL_DISK, str(tmp_path), str(room)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith(f"got no room for the index new in {tmp_path}")
    assert done.stdout.endswith("free some space\n")
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert load_index(tmp_path / "old").texts == index.texts
