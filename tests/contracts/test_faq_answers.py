"""The summary of FAQ answers and their ratings, over every database."""

from __future__ import annotations

import pytest

from app.db.conversation_store import ConversationStore
from app.db.engine import Sessions
from app.db.faq_answers import FaqUsage
from app.db.faq_store import FaqStore
from app.db.tracker_store import SqlTrackerStore
from app.dialogue.errors import ConflictError
from app.dialogue.events import AnswerRated, BotUttered, Event, FaqSource
from tests.factories_db import TickingClock, user_said


def answer(entry_id: str = "returns", text: str = "30 days.") -> BotUttered:
    return BotUttered(text, faq=FaqSource(entry_id, "Returns?", "/help", 0, 2, 0.9))


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock()


@pytest.fixture
def trackers(sessions: Sessions, clock: TickingClock) -> SqlTrackerStore:
    return SqlTrackerStore(sessions, clock=clock)


@pytest.fixture
def faq(sessions: Sessions) -> FaqStore:
    return FaqStore(sessions)


@pytest.fixture
def conversations(sessions: Sessions) -> ConversationStore:
    return ConversationStore(sessions)


def test_nothing_was_answered_yet(faq: FaqStore) -> None:
    assert faq.usage() == {}


def test_answers_and_ratings_are_counted_per_entry(trackers: SqlTrackerStore, faq: FaqStore) -> None:
    trackers.append("a", [user_said("hi"), answer(), answer("sizes"), BotUttered("Bye.")], expected_version=0)
    trackers.append("b", [answer(), answer()], expected_version=0)
    trackers.append("a", [AnswerRated(2, is_helpful=True)], expected_version=4)
    trackers.append("b", [AnswerRated(2, is_helpful=False)], expected_version=2)

    assert faq.usage() == {"returns": FaqUsage(3, 1, 1), "sizes": FaqUsage(1, 0, 0)}


@pytest.mark.parametrize(("last", "expected"), [(True, FaqUsage(1, 1, 0)), (False, FaqUsage(1, 0, 1))])
def test_last_rating_of_an_answer_counts(
    trackers: SqlTrackerStore, faq: FaqStore, *, last: bool, expected: FaqUsage
) -> None:
    trackers.append("c", [answer(), AnswerRated(1, is_helpful=not last)], expected_version=0)
    trackers.append("c", [AnswerRated(1, is_helpful=last)], expected_version=2)

    assert faq.usage() == {"returns": expected}


def test_share_is_of_the_rated_answers() -> None:
    assert FaqUsage(10, 3, 1).helpful_share == 0.75
    assert FaqUsage(10, 0, 0).helpful_share is None


@pytest.mark.parametrize("text", ["nul \x00 inside", "half \ud800 a pair", "😀"])
def test_strange_text_is_no_obstacle(trackers: SqlTrackerStore, faq: FaqStore, text: str) -> None:
    trackers.append("c", [answer("returns", text), AnswerRated(1, is_helpful=True)], expected_version=0)

    assert faq.usage() == {"returns": FaqUsage(1, 1, 0)}


def test_refused_events_are_not_counted(trackers: SqlTrackerStore, faq: FaqStore) -> None:
    trackers.append("c", [user_said("hi", client_message_id="m1")], expected_version=0)

    with pytest.raises(ConflictError):
        trackers.append("c", [user_said("hi", client_message_id="m1"), answer()], expected_version=1)
    assert faq.usage() == {}


def test_line_counts_the_answers_that_did_not_help(
    trackers: SqlTrackerStore, conversations: ConversationStore
) -> None:
    ratings = [AnswerRated(1, is_helpful=False), AnswerRated(2, is_helpful=False)]
    trackers.append("c", [answer(), answer(), *ratings], expected_version=0)
    trackers.append("c", [AnswerRated(2, is_helpful=True)], expected_version=4)

    (line,) = conversations.summaries()

    assert line.num_unhelpful == 1
    assert line == conversations.find("c")


def test_list_can_be_narrowed_to_answers_that_did_not_help(
    trackers: SqlTrackerStore, conversations: ConversationStore
) -> None:
    trackers.append("good", [answer(), AnswerRated(1, is_helpful=True)], expected_version=0)
    trackers.append("bad", [answer(), AnswerRated(1, is_helpful=False)], expected_version=0)
    trackers.append("none", [user_said("hi")], expected_version=0)

    found = conversations.summaries(only_unhelpful=True)

    assert [line.conversation_id for line in found] == ["bad"]


def test_rating_leaves_the_visible_text_of_the_line(
    trackers: SqlTrackerStore, conversations: ConversationStore
) -> None:
    trackers.append("c", [user_said("hi"), answer()], expected_version=0)
    recorded = trackers.append("c", [AnswerRated(2, is_helpful=False)], expected_version=2)

    line = conversations.find("c")

    assert line is not None
    assert (line.last_text, line.num_customer_turns, line.mode) == ("30 days.", 1, "bot")
    assert (line.last_sequence, line.last_at) == (3, recorded[0].recorded_at)


def test_questions_of_answers_that_helped_are_known_once(trackers: SqlTrackerStore, faq: FaqStore) -> None:
    def turn(text: str, entry_id: str) -> list[Event]:
        return [user_said(text), BotUttered("Let me see."), answer(entry_id)]

    trackers.append("a", turn("how long?", "returns") + turn("too wide", "sizes"), expected_version=0)
    trackers.append("b", turn("how long?", "returns") + turn("/press", "sizes"), expected_version=0)
    trackers.append("c", turn("never rated", "returns") + turn("did not help", "returns"), expected_version=0)
    trackers.append(
        "a", [AnswerRated(3, is_helpful=True), AnswerRated(6, is_helpful=True)], expected_version=6
    )
    trackers.append(
        "b", [AnswerRated(3, is_helpful=True), AnswerRated(6, is_helpful=True)], expected_version=6
    )
    trackers.append("c", [AnswerRated(6, is_helpful=False)], expected_version=6)

    assert faq.helped_questions() == [("returns", "how long?"), ("sizes", "too wide")]
