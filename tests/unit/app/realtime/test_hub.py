import asyncio
from datetime import UTC, datetime

from app.dialogue.events import AgentUttered, RecordedEvent
from app.realtime.hub import MAX_CHANGED_CONVERSATIONS, ConversationFeed, Hub

AT = datetime(2026, 1, 1, tzinfo=UTC)


def recorded(sequence: int) -> RecordedEvent:
    return RecordedEvent(sequence, AT, AgentUttered(f"text {sequence}", "a1", "Ada"))


def test_feed_gives_events_in_order_when_they_were_announced_out_of_order() -> None:
    hub = Hub()

    async def scenario() -> tuple[RecordedEvent, ...]:
        with hub.following("c1") as feed:
            hub.announce_events("c1", 4, [recorded(3), recorded(4)])
            hub.announce_events("c1", 2, [recorded(1), recorded(2)])
            return (await feed.next()).events

    assert [item.sequence for item in asyncio.run(scenario())] == [1, 2, 3, 4]


def test_feed_keeps_the_newest_number_but_not_the_events_when_it_is_full() -> None:
    async def scenario() -> tuple[int, int]:
        feed = ConversationFeed("c1", max_events=2)
        feed.put_events(2, [recorded(1), recorded(2)])
        feed.put_events(3, [recorded(3)])
        news = await feed.next()
        return len(news.events), news.newest_sequence

    assert asyncio.run(scenario()) == (2, 3)


def test_feed_gives_only_the_latest_typing_state() -> None:
    async def scenario() -> bool | None:
        feed = ConversationFeed("c1")
        feed.put_typing(is_typing=True)
        feed.put_typing(is_typing=False)
        return (await feed.next()).is_typing

    assert asyncio.run(scenario()) is False


def test_feed_forgets_what_was_taken() -> None:
    async def scenario() -> tuple[bool, frozenset[int]]:
        feed = ConversationFeed("c1")
        feed.request_read()
        feed.put_correction(7)
        await feed.next()
        feed.put_events(1, [recorded(1)])
        news = await feed.next()
        return news.must_read, news.corrected

    assert asyncio.run(scenario()) == (False, frozenset())


def test_hub_tells_only_the_followers_of_the_conversation() -> None:
    hub = Hub()

    async def scenario() -> tuple[int, bool]:
        with hub.following("c1") as mine, hub.following("c2") as other:
            hub.announce_events("c1", 1, [recorded(1)])
            waiting = asyncio.ensure_future(other.next())
            news = await mine.next()
            is_told = waiting.done()
            waiting.cancel()
            return news.newest_sequence, is_told

    assert asyncio.run(scenario()) == (1, False)


def test_hub_forgets_a_conversation_when_the_last_follower_leaves() -> None:
    hub = Hub()

    async def scenario() -> list[int]:
        with hub.following("c1"):
            with hub.following("c1"):
                counts = [hub.num_followers("c1")]
            counts.append(hub.num_followers("c1"))
        return [*counts, hub.num_followers("c1")]

    assert asyncio.run(scenario()) == [2, 1, 0]


def test_staff_feed_gives_a_changed_conversation_once_and_the_latest_last() -> None:
    hub = Hub()

    async def scenario() -> tuple[str, ...]:
        with hub.watching() as feed:
            for conversation_id in ("c1", "c2", "c1"):
                hub.announce_events(conversation_id, 1, [recorded(1)])
            return await feed.next()

    assert asyncio.run(scenario()) == ("c2", "c1")


def test_staff_feed_is_bounded() -> None:
    hub = Hub()

    async def scenario() -> tuple[str, ...]:
        with hub.watching() as feed:
            for number in range(MAX_CHANGED_CONVERSATIONS + 1):
                hub.announce_events(f"c{number}", 1)
            return await feed.next()

    changed = asyncio.run(scenario())

    assert len(changed) == MAX_CHANGED_CONVERSATIONS
    assert changed[0] == "c1"


def test_hub_counts_connected_staff() -> None:
    hub = Hub()

    async def scenario() -> tuple[int, int]:
        with hub.watching():
            inside = hub.num_staff
        return inside, hub.num_staff

    assert asyncio.run(scenario()) == (1, 0)


def test_gap_makes_every_socket_read_the_store() -> None:
    hub = Hub()

    async def scenario() -> tuple[bool, tuple[str, ...]]:
        with hub.following("c1") as feed, hub.watching() as staff:
            hub.announce_gap()
            return (await feed.next()).must_read, await staff.next()

    assert asyncio.run(scenario()) == (True, ("c1",))
