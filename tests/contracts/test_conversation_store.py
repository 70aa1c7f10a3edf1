from __future__ import annotations

import pytest

from app.db.conversation_store import Conversation, ConversationStore
from app.db.engine import Sessions
from app.db.tokens import hash_token, new_token
from app.db.tracker_store import SqlTrackerStore
from app.dialogue.errors import ConflictError, InvalidInputError
from app.dialogue.events import BotUttered
from tests.factories_db import TickingClock, user_said


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock()


@pytest.fixture
def store(sessions: Sessions, clock: TickingClock) -> ConversationStore:
    return ConversationStore(sessions, clock=clock)


@pytest.fixture
def trackers(sessions: Sessions, clock: TickingClock) -> SqlTrackerStore:
    return SqlTrackerStore(sessions, clock=clock)


def ids(conversations: list[Conversation]) -> list[str]:
    return [conversation.conversation_id for conversation in conversations]


def test_create_gives_what_find_gives(store: ConversationStore) -> None:
    created = store.create("c", "web", hash_token("t"))

    assert store.find("c") == created
    assert created.last_sequence == 0
    assert created.mode == "bot"


def test_create_refuses_an_id_twice(store: ConversationStore) -> None:
    store.create("c", "web", None)

    with pytest.raises(ConflictError, match="there is one already"):
        store.create("c", "web", None)


@pytest.mark.parametrize("conversation_id", ["unknown", "a\x00b", ""])
def test_find_gives_none_for_an_unknown_id(store: ConversationStore, conversation_id: str) -> None:
    assert store.find(conversation_id) is None


def test_token_opens_its_own_conversation_only(store: ConversationStore) -> None:
    mine, yours = new_token(), new_token()
    store.create("mine", "web", hash_token(mine))
    store.create("yours", "web", hash_token(yours))

    found = store.find_for_token("mine", mine)

    assert found is not None
    assert found.conversation_id == "mine"
    assert store.find_for_token("mine", yours) is None
    assert store.find_for_token("unknown", mine) is None


@pytest.mark.parametrize("token", ["", "x", "\ud800"])
def test_conversation_without_a_token_opens_for_nobody(store: ConversationStore, token: str) -> None:
    store.create("rest:anna", "rest", None)

    assert store.find_for_token("rest:anna", token) is None


def test_summaries_list_the_most_recently_active_first(
    store: ConversationStore, trackers: SqlTrackerStore
) -> None:
    store.create("old", "web", None)
    store.create("new", "web", None)
    trackers.append("old", [user_said("hi again")], expected_version=0)

    assert ids(store.summaries()) == ["old", "new"]


def test_summaries_page_by_time(store: ConversationStore) -> None:
    for number in range(5):
        store.create(f"c{number}", "web", None)

    first = store.summaries(limit=2)
    second = store.summaries(limit=2, before=first[-1].last_at)

    assert ids(first + second) == ["c4", "c3", "c2", "c1"]


@pytest.mark.parametrize("search", ["REFUND", " refund ", "straße", "STRASSE", "50%", "ali"])
def test_summaries_search_in_utterances_and_ids(
    store: ConversationStore, trackers: SqlTrackerStore, search: str
) -> None:
    turn = [user_said("My Refund, please"), BotUttered("Hauptstraße 5: you get 50% back")]
    trackers.append("rest:Alice", turn, expected_version=0)
    trackers.append("other", [user_said("50 pounds")], expected_version=0)

    assert ids(store.summaries(search)) == ["rest:Alice"]


@pytest.mark.parametrize("search", ["%", "_", "' OR 1=1 --", "\x00", "\ud800"])
def test_search_takes_metacharacters_literally(
    store: ConversationStore, trackers: SqlTrackerStore, search: str
) -> None:
    trackers.append("c", [user_said("hello there")], expected_version=0)

    assert store.summaries(search) == []


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_summaries_refuse_a_limit_out_of_range(store: ConversationStore, limit: int) -> None:
    with pytest.raises(InvalidInputError, match="expected 1 to 200"):
        store.summaries(limit=limit)
