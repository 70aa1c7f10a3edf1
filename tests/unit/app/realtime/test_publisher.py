import asyncio
import threading
from datetime import UTC, datetime

from app.dialogue.events import AgentUttered, RecordedEvent
from app.realtime.hub import ConversationNews, Hub
from app.realtime.publisher import InProcessPublisher
from app.realtime.redis_publisher import MAX_WAITING_NOTICES, Notice, RedisPublisher

EVENT = RecordedEvent(5, datetime(2026, 1, 1, tzinfo=UTC), AgentUttered("hello", "a1", "Ada"))
NO_REDIS = "redis://127.0.0.1:1/0"


def in_thread(publish: threading.Thread) -> None:
    publish.start()
    publish.join()


def test_publisher_delivers_from_another_thread() -> None:
    hub = Hub()
    publisher = InProcessPublisher(hub)

    async def scenario() -> ConversationNews:
        await publisher.start()
        with hub.following("c1") as feed:
            in_thread(threading.Thread(target=publisher.publish, args=("c1", [EVENT])))
            return await feed.next()

    assert asyncio.run(scenario()).events == (EVENT,)


def test_publisher_delivers_corrections() -> None:
    hub = Hub()
    publisher = InProcessPublisher(hub)

    async def scenario() -> ConversationNews:
        await publisher.start()
        with hub.following("c1") as feed:
            publisher.publish_correction("c1", 3)
            return await feed.next()

    assert asyncio.run(scenario()).corrected == {3}


def test_publish_does_nothing_before_the_start() -> None:
    InProcessPublisher(Hub()).publish("c1", [EVENT])


def test_publish_does_not_raise_when_the_loop_is_closed() -> None:
    publisher = InProcessPublisher(Hub())
    asyncio.run(publisher.start())

    publisher.publish("c1", [EVENT])


def test_redis_publisher_delivers_here_at_once_without_redis() -> None:
    hub = Hub()
    publisher = RedisPublisher(hub, NO_REDIS)

    async def scenario() -> ConversationNews:
        await publisher.start()
        try:
            with hub.following("c1") as feed:
                publisher.publish("c1", [EVENT])
                return await feed.next()
        finally:
            await publisher.stop()

    assert asyncio.run(scenario()).events == (EVENT,)


def test_redis_publisher_bounds_what_waits_for_redis() -> None:
    publisher = RedisPublisher(Hub(), NO_REDIS)
    notice = Notice(kind="gap", server_id="s1")

    for _ in range(MAX_WAITING_NOTICES + 1):
        publisher._enqueue(notice)

    assert publisher._waiting.qsize() == MAX_WAITING_NOTICES
    assert publisher._has_dropped


def deliver(data: bytes) -> list[ConversationNews]:
    hub = Hub()
    publisher = RedisPublisher(hub, NO_REDIS)

    async def scenario() -> list[ConversationNews]:
        with hub.following("c1") as feed:
            publisher._deliver(data)
            feed.put_typing(is_typing=True)
            return [await feed.next()]

    return asyncio.run(scenario())


def test_notice_of_another_server_names_the_newest_event() -> None:
    notice = Notice(kind="events", server_id="other", conversation_id="c1", first_sequence=1, last_sequence=4)

    assert deliver(notice.model_dump_json().encode())[0].newest_sequence == 4


def test_notice_of_a_gap_makes_sockets_read() -> None:
    assert deliver(Notice(kind="gap", server_id="other").model_dump_json().encode())[0].must_read


def test_notice_of_a_correction_names_the_turn() -> None:
    notice = Notice(kind="correction", server_id="other", conversation_id="c1", last_sequence=3)

    assert deliver(notice.model_dump_json().encode())[0].corrected == {3}


def test_unreadable_notice_is_ignored() -> None:
    assert deliver(b"\xff{not json")[0].newest_sequence == 0
