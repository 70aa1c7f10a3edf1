from dataclasses import replace

import pytest

from retrieval.duplicates import Duplicate, find_duplicates
from tests.fakes_retrieval import ENTRIES, embed_words, entry

RETURNS, DELIVERY, KLARNA = ENTRIES


@pytest.mark.parametrize(
    ("new", "kind"),
    [
        (entry("other", "Something else?", RETURNS.passage.upper()), "same passage"),
        (entry("other", "how  long may I return an item?", "Ask us."), "same question"),
    ],
)
def test_same_words_are_found_without_an_encoder(new, kind: str) -> None:
    assert find_duplicates([new], ENTRIES) == [Duplicate("other", "returns-period", kind)]


@pytest.mark.parametrize(
    ("new", "kind"),
    [
        (entry("other", "How long may I return the items?", "Ask us."), "similar question"),
        (entry("other", "Free?", "Delivery is free from £50! Below that, it costs £3.95"), "similar passage"),
    ],
)
def test_similar_entries_are_found_by_their_embeddings(new, kind: str) -> None:
    (found,) = find_duplicates([new], ENTRIES, embed_words)

    assert (found.entry_id, found.kind, found.is_exact) == ("other", kind, False)
    assert found.similarity > 0.95
    assert find_duplicates([new], ENTRIES) == []


def test_new_entries_are_compared_with_each_other() -> None:
    first, second = entry("a", "Is it open?", "From 9 to 5."), entry("b", "is it open?", "Until 5.")

    assert find_duplicates([first, second], [], embed_words) == [Duplicate("b", "a", "same question")]


def test_entry_is_no_duplicate_of_what_it_replaces() -> None:
    changed = replace(RETURNS, passage="Within 60 days.")

    assert find_duplicates([changed], ENTRIES, embed_words) == []


def test_different_entries_are_no_duplicates() -> None:
    assert find_duplicates(ENTRIES, [], embed_words) == []
    assert find_duplicates([], ENTRIES, embed_words) == []
    assert find_duplicates([KLARNA], [], embed_words) == []
