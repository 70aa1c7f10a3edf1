from __future__ import annotations

from app.db.tracker_cache import TrackerCache
from app.dialogue.events import SessionStarted
from app.dialogue.tracker import Tracker


def tracker(conversation_id: str, version: int) -> Tracker:
    return Tracker(conversation_id, version=version, events=(SessionStarted(),) * version)


def test_an_unknown_conversation_gives_an_empty_tracker() -> None:
    assert TrackerCache().get("c") == Tracker("c")


def test_a_newer_tracker_replaces_an_older_one_and_never_the_other_way() -> None:
    cache = TrackerCache()

    cache.put(tracker("c", 2))
    cache.put(tracker("c", 3))
    cache.put(tracker("c", 1))

    assert cache.get("c").version == 3


def test_the_least_used_go_first_when_it_is_full() -> None:
    cache = TrackerCache(max_events=10)
    cache.put(tracker("a", 4))
    cache.put(tracker("b", 4))
    cache.get("a")

    cache.put(tracker("c", 4))

    assert [cache.get(name).version for name in "abc"] == [4, 0, 4]


def test_a_tracker_larger_than_the_cache_is_not_kept() -> None:
    cache = TrackerCache(max_events=10)

    cache.put(tracker("a", 11))

    assert cache.get("a").version == 0
