from dataclasses import replace

from retrieval.types import content_hash
from tests.fakes_retrieval import ENTRIES


def test_content_hash_ignores_order_and_origin() -> None:
    moved = [replace(entry, origin="other.yml:7") for entry in reversed(ENTRIES)]

    assert content_hash(moved) == content_hash(ENTRIES)


def test_content_hash_changes_with_a_word() -> None:
    changed = replace(ENTRIES[0], passage=ENTRIES[0].passage + "!")

    assert content_hash([changed, *ENTRIES[1:]]) != content_hash(ENTRIES)
