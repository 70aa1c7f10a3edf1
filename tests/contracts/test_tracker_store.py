from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.db.conversation_store import ConversationStore
from app.db.engine import Sessions
from app.db.tracker_store import SqlTrackerStore
from app.dialogue.errors import ConflictError, InvalidInputError
from app.dialogue.events import AgentJoined, BotUttered, HandoffRequested, SlotSet
from app.dialogue.tracker import empty_tracker, fold_recorded
from tests.factories_db import START, TickingClock, full_turn, user_said


@pytest.fixture
def store(sessions: Sessions) -> SqlTrackerStore:
    return SqlTrackerStore(sessions, clock=TickingClock())


def test_load_gives_an_empty_tracker_for_an_unknown_conversation(store: SqlTrackerStore) -> None:
    assert store.load("nobody") == empty_tracker("nobody")


def test_append_gives_back_what_recorded_reads(store: SqlTrackerStore) -> None:
    recorded = store.append("c", full_turn(), expected_version=0)

    assert store.recorded("c") == recorded
    assert [item.sequence for item in recorded] == list(range(1, len(full_turn()) + 1))
    assert recorded[0].recorded_at > START


def test_load_folds_all_appended_events(store: SqlTrackerStore) -> None:
    first = store.append("c", full_turn(), expected_version=0)
    second = store.append("c", [SlotSet("size", 8)], expected_version=len(first))

    tracker = store.load("c")

    assert tracker == fold_recorded(empty_tracker("c"), first + second)
    assert tracker.version == len(first) + 1
    assert tracker.slots["size"] == 8


def test_recorded_gives_only_events_after_a_sequence_number(store: SqlTrackerStore) -> None:
    store.append("c", [SlotSet("a", 1), SlotSet("b", 2), SlotSet("c", 3)], expected_version=0)

    assert [item.event for item in store.recorded("c", after_sequence=2)] == [SlotSet("c", 3)]


def test_conversations_are_numbered_separately(store: SqlTrackerStore) -> None:
    store.append("one", [SlotSet("a", 1)], expected_version=0)
    store.append("two", [SlotSet("b", 2)], expected_version=0)

    assert [item.sequence for item in store.recorded("two")] == [1]


def test_append_refuses_an_old_version(store: SqlTrackerStore) -> None:
    store.append("c", [SlotSet("a", 1)], expected_version=0)

    with pytest.raises(ConflictError, match="got version 0, expected 1"):
        store.append("c", [SlotSet("a", 2)], expected_version=0)
    assert store.load("c").version == 1


def test_append_refuses_a_version_that_is_ahead(store: SqlTrackerStore) -> None:
    with pytest.raises(ConflictError, match="got version 3, expected 0"):
        store.append("c", [SlotSet("a", 2)], expected_version=3)


def test_append_of_nothing_changes_nothing(store: SqlTrackerStore) -> None:
    assert store.append("c", [], expected_version=0) == []
    assert store.recorded("c") == []


def test_append_refuses_a_client_message_id_twice(store: SqlTrackerStore) -> None:
    store.append("c", [user_said("hi", client_message_id="m1")], expected_version=0)

    with pytest.raises(ConflictError, match="recorded already"):
        store.append("c", [user_said("hi", client_message_id="m1")], expected_version=1)


def test_client_message_ids_are_per_conversation(store: SqlTrackerStore) -> None:
    store.append("one", [user_said("hi", client_message_id="m1")], expected_version=0)
    store.append("two", [user_said("hi", client_message_id="m1")], expected_version=0)

    assert store.load("two").version == 1


def test_append_is_all_or_nothing(store: SqlTrackerStore) -> None:
    store.append("c", [user_said("hi", client_message_id="m1")], expected_version=0)
    batch = [SlotSet("a", 1), user_said("again", client_message_id="m1")]

    with pytest.raises(ConflictError):
        store.append("c", batch, expected_version=1)
    assert store.load("c").version == 1


@pytest.mark.parametrize("conversation_id", ["", "x" * 201, "a\x00b", "a\nb", "\ud800"])
def test_append_refuses_an_unusable_conversation_id(store: SqlTrackerStore, conversation_id: str) -> None:
    with pytest.raises(InvalidInputError, match="conversation id: got"):
        store.append(conversation_id, [SlotSet("a", 1)], expected_version=0)


@pytest.mark.parametrize("conversation_id", ["a\x00b", "\ud800"])
def test_load_of_an_unusable_id_finds_nothing(store: SqlTrackerStore, conversation_id: str) -> None:
    assert store.load(conversation_id).version == 0


@pytest.mark.parametrize("text", ["nul \x00 inside", "half \ud800 a pair", "'; DROP TABLE events; --", "😀"])
def test_strange_text_survives(store: SqlTrackerStore, text: str) -> None:
    recorded = store.append("c", [user_said(text), BotUttered(text)], expected_version=0)

    assert store.recorded("c") == recorded


def test_value_that_is_not_json_is_refused(store: SqlTrackerStore) -> None:
    with pytest.raises(InvalidInputError, match="slot_set: got a value that is not JSON"):
        store.append("c", [SlotSet("a", float("nan"))], expected_version=0)


def test_two_writers_racing_give_one_conflict(store: SqlTrackerStore) -> None:
    store.append("c", [SlotSet("start", 0)], expected_version=0)
    barrier = threading.Barrier(2)

    def write(value: int) -> bool:
        barrier.wait()
        try:
            store.append("c", [SlotSet("winner", value)], expected_version=1)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(write, [1, 2]))

    assert sorted(outcomes) == [False, True]
    assert store.load("c").version == 2


def test_two_writers_beginning_one_conversation_give_one_conflict(store: SqlTrackerStore) -> None:
    barrier = threading.Barrier(2)

    def write(value: int) -> bool:
        barrier.wait()
        try:
            store.append("new", [SlotSet("winner", value)], expected_version=0)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(write, [1, 2]))

    assert sorted(outcomes) == [False, True]
    assert store.load("new").version == 1


def test_forty_threads_write_their_conversations(store: SqlTrackerStore) -> None:
    def talk(number: int) -> int:
        for version in range(5):
            store.append(f"c{number}", [SlotSet("n", version)], expected_version=version)
        return store.load(f"c{number}").version

    with ThreadPoolExecutor(40) as pool:
        assert set(pool.map(talk, range(40))) == {5}


def test_append_keeps_the_summary(store: SqlTrackerStore, sessions: Sessions) -> None:
    conversations = ConversationStore(sessions)
    turn = [user_said("where is it?"), BotUttered("On its way."), HandoffRequested("asked")]

    recorded = store.append("c", turn, expected_version=0)

    summary = conversations.find("c")
    assert summary is not None
    assert (summary.mode, summary.last_text, summary.last_sequence) == ("handoff_requested", "On its way.", 3)
    assert summary.num_customer_turns == 1
    assert summary.last_at == recorded[-1].recorded_at
    assert summary.channel == "web"


def test_append_keeps_the_mode_over_turns(store: SqlTrackerStore, sessions: Sessions) -> None:
    conversations = ConversationStore(sessions)
    store.append("c", [AgentJoined("a", "Ann")], expected_version=0)
    store.append("c", [user_said("thank you")], expected_version=1)

    summary = conversations.find("c")

    assert summary is not None
    assert summary.mode == "agent"


def test_append_to_a_created_conversation_keeps_its_channel(
    store: SqlTrackerStore, sessions: Sessions
) -> None:
    conversations = ConversationStore(sessions)
    conversations.create("c", "shop", None)
    store.append("c", [user_said("hi")], expected_version=0)

    found = conversations.find("c")

    assert found is not None
    assert found.channel == "shop"


def test_load_sees_what_another_process_appended(sessions: Sessions) -> None:
    here, there = SqlTrackerStore(sessions), SqlTrackerStore(sessions)
    here.append("c", [SlotSet("size", "M")], expected_version=0)
    assert here.load("c").slots == {"size": "M"}

    there.append("c", [SlotSet("size", "L")], expected_version=1)

    assert here.load("c").slots == {"size": "L"}
    assert here.load("c") == there.load("c")
