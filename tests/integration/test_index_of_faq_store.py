from datetime import UTC, datetime
from pathlib import Path

from app.db.engine import Sessions
from app.db.faq_store import FaqStore
from retrieval.importers.read import read_faq
from retrieval.index import build_index
from retrieval.types import FaqEntry, content_hash
from tests.fakes_retrieval import ENCODER_ID, ENTRIES, embed_words

_FAQ = Path(__file__).parents[2] / "bots" / "retail" / "faq"


def test_every_text_of_the_starter_bots_faq_is_in_its_index() -> None:
    entries = read_faq(_FAQ)

    index = build_index(entries, embed_words, encoder_id=ENCODER_ID)

    questions = {text.text for text in index.texts if text.kind != "passage"}
    assert len(entries) >= 80
    assert questions == {text for entry in entries for text in (entry.question, *entry.alternatives)}
    assert index.content_hash == content_hash(entries)
    assert set(index.rows_of) == {entry.entry_id for entry in entries}


def test_every_entry_of_the_starter_bot_is_found_by_its_own_question() -> None:
    entries = read_faq(_FAQ)
    index = build_index(entries, embed_words, encoder_id=ENCODER_ID)
    queries = embed_words([entry.question for entry in entries])

    found = [{entry_id for entry_id, _ in index.search(query, limit=3)} for query in queries]

    missed = [entry.entry_id for entry, ids in zip(entries, found, strict=True) if entry.entry_id not in ids]
    assert missed == []


def test_index_and_database_name_the_same_content_alike(sqlite_sessions: Sessions) -> None:
    store = FaqStore(sqlite_sessions, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    store.import_entries(ENTRIES, "operator")

    index = build_index(store.published(), embed_words, encoder_id=ENCODER_ID)

    assert index.content_hash == store.content_hash() == content_hash(ENTRIES)


def test_pieces_of_a_long_passage_are_rows_that_know_where_they_stand() -> None:
    passage = "## Coats\n\n" + "We mend coats of wool. " * 60 + "\n\n## Shoes\n\nNo shoes."
    entry = FaqEntry("repairs", "What do you repair?", passage)

    index = build_index([entry], embed_words, encoder_id=ENCODER_ID)

    rows = [text for text in index.texts if text.kind == "passage"]
    assert [len(text.text.split()) for text in rows] == [147, 150, 5, 4]
    assert all(passage[text.start : text.end] == text.text for text in rows)
